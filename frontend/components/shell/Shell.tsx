'use client'

import { usePathname } from 'next/navigation'
import type { ReactNode } from 'react'
import { TenantSwitcher } from '@/components/dashboard/TenantSwitcher'
import { Icon, type IconName } from '@/components/ui/Icon'
import { Mark, Skeleton } from '@/components/ui/Parts'
import { useSession } from '@/contexts/SessionContext'
import { useTenant } from '@/hooks/useTenant'
import { Accent } from './Accent'
import { Offline } from './Offline'
import { TabLink } from '@/components/ui/TabLink'
import { ThemePicker } from './ThemePicker'

interface Place {
  page: string
  name: string
  icon: IconName
}

/** The places that the person may go to. */
function usePlaces(): Place[] {
  const { can, status } = useTenant()
  const { user } = useSession()
  const places: Place[] = [{ page: '/dashboard', name: 'Overview', icon: 'overview' }]
  if (status === 'ready' || status === 'loading') places.push({ page: '/members', name: 'Members', icon: 'members' })
  if (can('admin')) places.push({ page: '/audit', name: 'Audit log', icon: 'audit' })
  if (status === 'ready' || status === 'loading') places.push({ page: '/settings', name: 'Settings', icon: 'settings' })
  if (user?.role === 'platform_admin') places.push({ page: '/platform', name: 'Platform', icon: 'platform' })
  return places
}

/** What stands around every page of somebody who is signed in. */
export function Shell({ children }: { children: ReactNode }) {
  const places = usePlaces()
  return (
    <div className="min-h-dvh md:grid md:grid-cols-[15.5rem_minmax(0,1fr)]">
      <Accent />
      <a href="#main" className="sr-only z-50 rounded-md bg-ink px-3 py-2 text-paper focus:not-sr-only focus:fixed focus:top-3 focus:left-3">
        Skip to the page
      </a>
      <aside className="sticky top-0 z-30 hidden h-dvh flex-col border-r border-line bg-sunken/60 md:flex">
        <div className="p-3">
          <TenantSwitcher />
        </div>
        <nav aria-label="Console" className="flex flex-col gap-0.5 px-3">
          {places.map((place) => (
            <SideLink key={place.page} {...place} />
          ))}
        </nav>
        <Person />
      </aside>
      <div className="flex min-w-0 flex-col">
        <header className="sticky top-0 z-20 flex items-center gap-2 border-b border-line bg-paper/90 px-3 py-2 backdrop-blur md:hidden">
          <div className="min-w-0 flex-1">
            <TenantSwitcher />
          </div>
          <ThemePicker />
        </header>
        <Offline />
        <main id="main" tabIndex={-1} className="mx-auto w-full max-w-6xl flex-1 px-4 pt-7 pb-28 outline-none sm:px-8 md:pt-11 md:pb-16">
          {children}
        </main>
      </div>
      <nav aria-label="Console" className="fixed inset-x-0 bottom-0 z-20 flex justify-around border-t border-line bg-paper/95 pb-[env(safe-area-inset-bottom)] backdrop-blur md:hidden">
        {[...places, { page: '/profile', name: 'You', icon: 'profile' as const }].map((place) => (
          <BottomLink key={place.page} {...place} />
        ))}
      </nav>
    </div>
  )
}

function SideLink({ page, name, icon }: Place) {
  const here = usePathname() === page
  return (
    <TabLink
      page={page}
      aria-current={here ? 'page' : undefined}
      className="flex h-9 items-center gap-2.5 rounded-md px-2.5 text-ink-2 transition-colors duration-120 hover:bg-line/60 hover:text-ink aria-[current]:bg-surface aria-[current]:font-medium aria-[current]:text-ink aria-[current]:shadow-[0_0_0_1px_var(--line)]"
    >
      <Icon name={icon} className={`size-4 ${here ? 'text-accent-text' : ''}`} />
      {name}
    </TabLink>
  )
}

function BottomLink({ page, name, icon }: Place) {
  const here = usePathname() === page
  return (
    <TabLink
      page={page}
      aria-current={here ? 'page' : undefined}
      className="flex min-w-14 flex-col items-center gap-0.5 px-1 pt-2 pb-1.5 text-[0.6875rem] text-ink-2 aria-[current]:font-medium aria-[current]:text-accent-text"
    >
      <Icon name={icon} className="size-5" />
      {name}
    </TabLink>
  )
}

function Person() {
  const { user } = useSession()
  const here = usePathname() === '/profile'
  return (
    <div className="mt-auto flex items-center gap-1 border-t border-line p-3">
      <TabLink page="/profile" aria-current={here ? 'page' : undefined} className="flex min-w-0 flex-1 items-center gap-2.5 rounded-md px-1.5 py-1 hover:bg-line/60 aria-[current]:bg-surface">
        {user ? (
          <>
            <Mark name={user.name || user.email} />
            <span className="min-w-0">
              <span className="block truncate leading-tight font-medium">{user.name || 'You'}</span>
              <span className="block truncate text-xs text-ink-3">{user.email}</span>
            </span>
          </>
        ) : (
          <>
            <Skeleton className="size-7 rounded-full" />
            <span className="flex flex-1 flex-col gap-1.5">
              <Skeleton className="h-3 w-2/3" />
              <Skeleton className="h-2.5 w-full" />
            </span>
          </>
        )}
      </TabLink>
      <ThemePicker />
    </div>
  )
}
