'use client'

import useSWR from 'swr'
import { Button } from '@/components/ui/Button'
import { Failure } from '@/components/ui/Notice'
import { Mark } from '@/components/ui/Parts'
import { useToast } from '@/components/ui/Toasts'
import { useSession } from '@/contexts/SessionContext'
import { useTenantManagement } from '@/contexts/TenantManagementContext'
import { useForm } from '@/hooks/useForm'
import type { TenantEntry } from '@/hooks/useTenants'
import { api } from '@/services/api'

/** The deleted tenants that the person may restore, each with a button; nothing where there are none. */
export function DeletedTenants({ onRestored }: { onRestored?: () => void }) {
  const { user } = useSession()
  const { data } = useSWR(user && ['tenants', user.id, 'deleted'], async () => (await api.get('/tenants', { query: { scope: 'deleted', limit: 100 } })).tenants as TenantEntry[])
  if (!data || data.length === 0) return null
  return (
    <ul aria-label="Deleted workspaces" className="flex flex-col gap-1">
      {data.map((tenant) => (
        <DeletedRow key={tenant.id} tenant={tenant} onRestored={onRestored} />
      ))}
    </ul>
  )
}

function DeletedRow({ tenant, onRestored }: { tenant: TenantEntry; onRestored?: () => void }) {
  const { restoreTenant, switchTenant } = useTenantManagement()
  const say = useToast()
  const { busy, error, submit } = useForm(async () => {
    const back = await restoreTenant(tenant.id)
    if (back.status === 'active') await switchTenant(back.id)
    say(back.status === 'active' ? `${back.name} is back.` : `${back.name} is back, and ${back.status} as it was.`)
    onRestored?.()
  })
  return (
    <li className="flex flex-col gap-2">
      <div className="flex items-center gap-3 rounded-md px-2 py-1.5">
        <Mark name={tenant.name} />
        <span className="min-w-0 flex-1">
          <span className="block truncate leading-tight">{tenant.name}</span>
          <span className="block truncate text-xs text-ink-3">deleted; kept for 30 days</span>
        </span>
        <Button small busy={busy} onClick={() => void submit()} aria-label={`Restore ${tenant.name}`}>
          Restore
        </Button>
      </div>
      {error && <Failure error={error} />}
    </li>
  )
}
