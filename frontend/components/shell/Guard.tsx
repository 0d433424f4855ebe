'use client'

import { usePathname, useRouter } from 'next/navigation'
import { useEffect, type ReactNode } from 'react'
import { later } from '@/components/ui/Later'
import { Failure } from '@/components/ui/Notice'
import { Skeleton } from '@/components/ui/Parts'
import { useSession } from '@/contexts/SessionContext'
import { useTenant } from '@/hooks/useTenant'

const RoleChanged = later<object>(() => import('./RoleChanged').then((part) => ({ default: part.RoleChanged })))
const NoTenant = later<object>(() => import('./TenantStates').then((states) => ({ default: states.NoTenant })))
const Unavailable = later<object>(() => import('./TenantStates').then((states) => ({ default: states.Unavailable })))

/** Lets people in who are signed in; others sign in first and come back here. */
export function SignedIn({ children }: { children: ReactNode }) {
  const { status, error, reload } = useSession()
  const router = useRouter()
  const pathname = usePathname()
  useEffect(() => {
    if (status === 'out') router.replace(`/auth/login?next=${encodeURIComponent(pathname)}`)
  }, [status, pathname, router])
  if (status === 'failed' && error) return <Failure error={error} retry={() => void reload()} />
  if (status !== 'in') return <PageSkeleton />
  return children
}

/** Shows its page while the tab has a tenant, and says plainly where it has none (any more). */
export function InTenant({ children }: { children: ReactNode }) {
  const { status, tenant, roleBefore } = useTenant()
  switch (status) {
    case 'ready':
      // By the tenant's id: nothing of one tenant's page lives on in another's.
      return (
        <div key={tenant!.id} className="appear">
          {roleBefore && <RoleChanged />}
          {children}
        </div>
      )
    case 'loading':
      return <PageSkeleton />
    case 'none':
      return <NoTenant />
    default:
      return <Unavailable />
  }
}

/** The shape of a page. */
export function PageSkeleton() {
  return (
    <div role="status" aria-label="Loading">
      <Skeleton className="h-9 w-56 md:h-11" />
      <Skeleton className="mt-3 mb-8 h-3.5 w-72 max-w-full" />
      <div className="grid gap-5 lg:grid-cols-2">
        <Skeleton className="h-52 rounded-lg" />
        <Skeleton className="h-52 rounded-lg" />
      </div>
    </div>
  )
}
