'use client'

import { useState } from 'react'
import { Button } from '@/components/ui/Button'
import { Failure } from '@/components/ui/Notice'
import { Mark, RoleTag, Sheet, SkeletonRows } from '@/components/ui/Parts'
import { useToast } from '@/components/ui/Toasts'
import { useTenantManagement } from '@/contexts/TenantManagementContext'
import { useTenants, type MyInvitation } from '@/hooks/useTenants'
import { isProblem, type ApiError } from '@/services/api'

/** The person's tenants, to go to one; without the one whose id or slug is given. */
export function TenantList({ without }: { without?: string }) {
  const { tenants, error, refresh } = useTenants()
  const { switchTenant } = useTenantManagement()
  const [refused, setRefused] = useState<ApiError | null>(null)
  if (error) return <Failure error={error} retry={() => void refresh()} />
  if (!tenants) return <SkeletonRows rows={2} label="Loading workspaces" />
  const shown = tenants.filter((tenant) => tenant.id !== without && tenant.slug !== without)
  return (
    <>
      {refused && <Failure error={refused} />}
      {shown.length > 0 && (
        <Sheet>
          <ul className="divide-y divide-line">
            {shown.map((tenant) => (
              <li key={tenant.id}>
                <button
                  type="button"
                  onClick={() => void switchTenant(tenant.id).catch((problem: unknown) => isProblem(problem) && setRefused(problem))}
                  className="flex w-full items-center gap-3 px-4 py-3 text-left hover:bg-sunken focus-visible:-outline-offset-2"
                >
                  <Mark name={tenant.name} square />
                  <span className="min-w-0 flex-1 truncate font-medium">{tenant.name}</span>
                  {tenant.status === 'suspended' ? <span className="text-sm text-wait">suspended</span> : tenant.role && <RoleTag role={tenant.role} />}
                </button>
              </li>
            ))}
          </ul>
        </Sheet>
      )}
    </>
  )
}

/** Who asks the person in, with a button to join. */
export function JoinList({ onJoined }: { onJoined?: () => void }) {
  const { invitations } = useTenants()
  if (invitations.length === 0) return null
  return (
    <ul className="flex flex-col gap-1" aria-label="Pending invitations">
      {invitations.map((invitation) => (
        <JoinRow key={invitation.id} invitation={invitation} onJoined={onJoined} />
      ))}
    </ul>
  )
}

function JoinRow({ invitation, onJoined }: { invitation: MyInvitation; onJoined?: () => void }) {
  const { acceptInvitation, switchTenant } = useTenantManagement()
  const say = useToast()
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<ApiError | null>(null)
  const join = async () => {
    setBusy(true)
    setError(null)
    try {
      const { tenant } = await acceptInvitation({ id: invitation.id })
      await switchTenant(tenant.id)
      say(`You joined ${tenant.name}.`)
      onJoined?.()
    } catch (problem) {
      if (isProblem(problem)) setError(problem)
    } finally {
      setBusy(false)
    }
  }
  return (
    <li className="flex flex-col gap-2">
      <div className="flex items-center gap-3 rounded-md px-2 py-1.5">
        <Mark name={invitation.tenant.name} square />
        <span className="min-w-0 flex-1">
          <span className="block truncate leading-tight">{invitation.tenant.name}</span>
          <span className="block truncate text-xs text-ink-3">
            {invitation.invited_by ? `${invitation.invited_by.name || invitation.invited_by.email} asks you in` : 'You are asked in'} as {invitation.role}
          </span>
        </span>
        <Button small look="main" busy={busy} onClick={() => void join()} aria-label={`Join ${invitation.tenant.name}`}>
          Join
        </Button>
      </div>
      {error && <Failure error={error} />}
    </li>
  )
}
