'use client'

import type { ReactNode } from 'react'
import { Dot, Sheet, Skeleton } from '@/components/ui/Parts'
import { useTenant } from '@/hooks/useTenant'
import { dayOf } from '@/lib/words'

const policies = { closed: 'by invitation alone', domain: 'people of certain mail domains', open: 'everybody' }

/** What there is to know of the tab's tenant. Needs a TenantProvider above it. */
export function TenantInfo() {
  const { tenant, status } = useTenant()
  if (!tenant) return status === 'loading' ? <TenantInfoSkeleton /> : null
  return (
    <Sheet>
      <h2 className="sr-only">About this workspace</h2>
      <dl className="grid divide-y divide-line">
        <Row name="Status">
          <Dot tone={tenant.status === 'active' ? 'good' : 'wait'}>{tenant.status}</Dot>
        </Row>
        <Row name="Address">
          <code className="font-mono text-sm">/t/{tenant.slug}</code>
        </Row>
        <Row name="Domain">{tenant.domain ?? <span className="text-ink-3">none</span>}</Row>
        <Row name="Open to">{policies[tenant.config.join_policy ?? 'closed']}</Row>
        <Row name="Since">{dayOf(tenant.created_at)}</Row>
      </dl>
    </Sheet>
  )
}

function Row({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="flex min-h-11 items-center gap-4 px-4 py-2">
      <dt className="w-24 shrink-0 text-ink-3">{name}</dt>
      <dd className="min-w-0 break-words">{children}</dd>
    </div>
  )
}

function TenantInfoSkeleton() {
  return (
    <div role="status" aria-label="Loading the workspace">
      <Sheet className="divide-y divide-line">
        {[0, 1, 2, 3, 4].map((row) => (
          <div key={row} className="flex h-11 items-center gap-4 px-4">
            <Skeleton className="h-3 w-16" />
            <Skeleton className="h-3 w-32" />
          </div>
        ))}
      </Sheet>
    </div>
  )
}
