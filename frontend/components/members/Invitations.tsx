'use client'

import { useState } from 'react'
import { Button } from '@/components/ui/Button'
import { ListSheet } from '@/components/ui/ListSheet'
import { Failure } from '@/components/ui/Notice'
import { RoleTag } from '@/components/ui/Parts'
import { useToast } from '@/components/ui/Toasts'
import { useTenantManagement } from '@/contexts/TenantManagementContext'
import { useTenantList } from '@/hooks/useTenantData'
import { useForm } from '@/hooks/useForm'
import { ago } from '@/lib/words'
import { api, type Schemas } from '@/services/api'

/** Who has been asked in and has not come yet. Each of them holds a seat. */
export function Invitations() {
  const list = useTenantList(
    'invitations',
    (id, cursor) => api.get('/tenants/{id}/invitations', { path: { id }, query: { cursor } }),
    (page) => page.invitations,
  )
  if (list.items?.length === 0 || (!list.items && !list.error)) return null
  return (
    <section aria-labelledby="invitations" className="appear mt-10">
      <h2 id="invitations" className="text-lg font-semibold tracking-tight">
        Invitations
      </h2>
      <p className="mt-0.5 mb-3 text-sm text-ink-2">Each holds a seat until it is accepted, taken back or has expired.</p>
      <ListSheet list={list} loading="Loading invitations" empty={null}>
        {(invitation) => <InvitationRow key={invitation.id} invitation={invitation} />}
      </ListSheet>
    </section>
  )
}

function InvitationRow({ invitation }: { invitation: Schemas['Invitation'] }) {
  const { resendInvitation, revokeInvitation } = useTenantManagement()
  const say = useToast()
  const [gone, setGone] = useState(false)
  const resend = useForm(async () => {
    await resendInvitation(invitation.id)
    say(`A new link is on its way to ${invitation.email}.`)
  })
  const revoke = useForm(async () => {
    await revokeInvitation(invitation.id)
    setGone(true)
    say(`The invitation of ${invitation.email} was taken back.`)
  })
  if (gone) return null
  const error = resend.error ?? revoke.error
  const by = invitation.invited_by
  return (
    <li className="px-4 py-2.5">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <div className="min-w-0 flex-1 basis-44">
          <p className="truncate leading-tight font-medium">{invitation.email}</p>
          <p className="truncate text-sm text-ink-3">
            {by ? `by ${by.name || by.email}, ` : ''}expires {ago(invitation.expires_at)}
          </p>
        </div>
        <RoleTag role={invitation.role} />
        <div className="flex">
          <Button small look="quiet" busy={resend.busy} onClick={() => void resend.submit()} aria-label={`Resend the mail to ${invitation.email}`}>
            Resend
          </Button>
          <Button small look="quiet" busy={revoke.busy} onClick={() => void revoke.submit()} aria-label={`Revoke the invitation of ${invitation.email}`}>
            Revoke
          </Button>
        </div>
      </div>
      {error && (
        <div className="mt-2">
          <Failure error={error} />
        </div>
      )}
    </li>
  )
}
