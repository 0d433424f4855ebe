'use client'

import { useEffect, useState, type ReactNode } from 'react'
import { SWRConfig } from 'swr'
import { SessionProvider, useSession } from '@/contexts/SessionContext'
import { TenantProvider } from '@/contexts/TenantContext'
import { TenantManagementProvider } from '@/contexts/TenantManagementContext'
import { ToastProvider } from '@/components/ui/Toasts'
import { followSystem } from '@/lib/theme'

/** Session, then what was read in it, then the tenant, then what can be done to it. */
export function Providers({ children }: { children: ReactNode }) {
  useEffect(() => followSystem(), [])
  useEffect(() => {
    const keep = (has: EventTarget | null) => void import('@/lib/focus').then((focus) => focus.keepFocus(has as Element))
    if (document.activeElement !== document.body) keep(document.activeElement)
    else document.addEventListener('focusin', (event) => keep(event.target), { once: true }) // no part of the page's first load
  }, [])
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

/**
 * A new memory for each person: what one has read is never shown to the next. The
 * pages begin anew with it, but not where it is only now known who has been here all
 * along: what a page has taken out of the address bar would be lost.
 */
function PersonalCache({ children }: { children: ReactNode }) {
  const { user, status } = useSession()
  const id = user?.id ?? 'nobody'
  const settled = status === 'in' || status === 'out'
  const [person, setPerson] = useState({ id: '', turn: 0 })
  if (settled && id !== person.id) setPerson({ id, turn: person.id ? person.turn + 1 : 0 })
  return (
    <SWRConfig key={person.turn} value={{ provider: () => new Map(), revalidateOnFocus: true, errorRetryCount: 5 }}>
      {children}
    </SWRConfig>
  )
}
