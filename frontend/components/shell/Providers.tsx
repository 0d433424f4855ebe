'use client'

import { useEffect, type ReactNode } from 'react'
import { SWRConfig } from 'swr'
import { SessionProvider, useSession } from '@/contexts/SessionContext'
import { TenantProvider } from '@/contexts/TenantContext'
import { TenantManagementProvider } from '@/contexts/TenantManagementContext'
import { ToastProvider } from '@/components/ui/Toasts'
import { followSystem } from '@/lib/theme'

/** Session, then what was read in it, then the tenant, then what can be done to it. */
export function Providers({ children }: { children: ReactNode }) {
  useEffect(() => followSystem(), [])
  return (
    <SessionProvider>
      <PersonalCache>
        <TenantProvider>
          <TenantManagementProvider>
            <ToastProvider>{children}</ToastProvider>
          </TenantManagementProvider>
        </TenantProvider>
      </PersonalCache>
    </SessionProvider>
  )
}

/** A new memory for each person: what one has read is never shown to the next. */
function PersonalCache({ children }: { children: ReactNode }) {
  const { user } = useSession()
  return (
    <SWRConfig key={user?.id ?? 'nobody'} value={{ provider: () => new Map(), revalidateOnFocus: true, errorRetryCount: 5 }}>
      {children}
    </SWRConfig>
  )
}
