'use client'

import { PageHead, RoleTag } from '@/components/ui/Parts'
import { useTenant } from '@/hooks/useTenant'
import { Calls } from './Calls'
import { Seats } from './Seats'
import { TenantInfo } from './TenantInfo'

export function Overview() {
  const { tenant, role } = useTenant()
  if (!tenant) return null
  return (
    <>
      <PageHead title={tenant.name} lead={<span className="inline-flex items-center gap-2">You are here as {role ? <RoleTag role={role} /> : 'a platform admin'}</span>} />
      <div className="mb-10 grid gap-5 lg:grid-cols-[minmax(0,1.15fr)_minmax(0,1fr)]">
        <TenantInfo />
        <Seats />
      </div>
      <Calls />
    </>
  )
}
