'use client'

import { useState } from 'react'
import { DeletedTenants } from '@/components/dashboard/DeletedTenants'
import { JoinList, TenantList } from '@/components/dashboard/TenantList'
import { Button } from '@/components/ui/Button'
import { later } from '@/components/ui/Later'
import { Failure, RequestID } from '@/components/ui/Notice'
import { useSession } from '@/contexts/SessionContext'
import { useTenant } from '@/hooks/useTenant'
import { useTenants } from '@/hooks/useTenants'

const CreateTenant = later(() => import('@/components/dashboard/CreateTenant'))

/** For a tab that has chosen no tenant. */
export function NoTenant() {
  const { tenants, invitations } = useTenants()
  const { user } = useSession()
  const [creating, setCreating] = useState(false)
  const nothing = tenants?.length === 0 && invitations.length === 0
  return (
    <Choosing title={nothing ? 'You are in no workspace yet' : 'Where do you want to work?'}>
      {nothing && <p className="text-ink-2">Create one, or ask an admin of yours to invite {user?.email}.</p>}
      {nothing && user && !user.email_verified && <p className="text-ink-2">Invitations show up here once your address is verified; see your profile.</p>}
      <JoinList />
      <TenantList />
      <DeletedTenants />
      <div>
        <Button look={nothing ? 'main' : 'plain'} onClick={() => setCreating(true)}>
          Create a workspace
        </Button>
      </div>
      {creating && <CreateTenant onClose={() => setCreating(false)} />}
    </Choosing>
  )
}

/** For a tab whose tenant cannot be shown: removed, refused, suspended, or nobody knows. */
export function Unavailable() {
  const { status, error, refresh, reference } = useTenant()
  const { tenants } = useTenants()
  const name = tenants?.find((tenant) => tenant.id === reference || tenant.slug === reference)?.name
  const others = tenants?.filter((tenant) => tenant.id !== reference && tenant.slug !== reference) ?? []
  if (status === 'failed') {
    return (
      <Choosing title="This workspace cannot be shown right now">
        {error && <Failure error={error} retry={() => void refresh()} />}
      </Choosing>
    )
  }
  const said = {
    removed: ['You are no longer a member of this workspace', 'An admin removed you, or the workspace was deleted. What you were looking at has been taken off this page.'],
    suspended: [`${name ?? 'This workspace'} is suspended`, 'Nobody can work in it until the platform’s operators activate it again. Its data is kept.'],
    refused: ['There is no such workspace, or you are not a member of it', 'Check the address, or ask one of its admins to add you.'],
  }[status as 'removed' | 'suspended' | 'refused']
  return (
    <Choosing title={said?.[0] ?? ''}>
      <div role="alert" className="text-ink-2">
        {said?.[1]}
        {error?.requestId && <RequestID id={error.requestId} />}
      </div>
      {others.length > 0 && <p className="eyebrow mt-2">Go on in another one</p>}
      <TenantList without={reference ?? undefined} />
      <DeletedTenants />
      <div>
        <Button onClick={() => void refresh()}>Look again</Button>
      </div>
    </Choosing>
  )
}

function Choosing({ title, children }: { title: string; children: React.ReactNode }) {
  return (
    <div className="appear mx-auto flex max-w-lg flex-col gap-4 md:pt-10">
      <h1 className="title text-2xl md:text-3xl">{title}</h1>
      {children}
    </div>
  )
}
