'use client'

import { lazy, Suspense, useEffect, useId, useRef, useState } from 'react'
import { Icon } from '@/components/ui/Icon'
import { Mark, Skeleton } from '@/components/ui/Parts'
import { useTenant } from '@/hooks/useTenant'
import { useTenants } from '@/hooks/useTenants'

// Fetched as soon as the pointer or the focus comes near, not with the page.
const loadPanel = () => import('./TenantPanel')
const TenantPanel = lazy(loadPanel)
const CreateTenant = lazy(() => import('./CreateTenant'))

/**
 * Shows the tab's tenant and moves the tab to another: the person's tenants with
 * their roles, a search where they are many, pending invitations, and a new one.
 * Needs a TenantManagementProvider above it.
 */
export function TenantSwitcher() {
  const { tenant, status, reference } = useTenant()
  const { tenants, invitations } = useTenants()
  // Of one that is shut or out of reach the name is known from the list.
  const shut = status === 'suspended' || status === 'failed' ? tenants?.find((entry) => entry.id === reference || entry.slug === reference) : undefined
  const [open, setOpen] = useState(false)
  const [creating, setCreating] = useState(false)
  const root = useRef<HTMLDivElement>(null)
  const button = useRef<HTMLButtonElement>(null)
  const panel = useId()

  useEffect(() => {
    if (!open) return
    const outside = (event: PointerEvent) => {
      if (!root.current?.contains(event.target as Node)) setOpen(false)
    }
    document.addEventListener('pointerdown', outside)
    return () => document.removeEventListener('pointerdown', outside)
  }, [open])

  const close = () => {
    setOpen(false)
    button.current?.focus()
  }

  return (
    <div ref={root} className="relative">
      <button
        ref={button}
        type="button"
        aria-haspopup="dialog"
        aria-expanded={open}
        aria-controls={open ? panel : undefined}
        onClick={() => setOpen(!open)}
        onPointerEnter={() => void loadPanel()}
        onFocus={() => void loadPanel()}
        className="flex h-12 w-full items-center gap-2.5 rounded-md px-2 text-left transition-colors duration-120 hover:bg-line/60 aria-expanded:bg-line/60"
      >
        {/* The name is read from what stands here, so that what is said is what is seen. */}
        <span className="sr-only">Workspace: </span>
        {tenant ? (
          <>
            <Mark name={tenant.config.branding?.name ?? tenant.name} square logo={tenant.config.branding?.logo_url} />
            <span className="min-w-0 flex-1">
              <span className="block truncate leading-tight font-semibold tracking-tight">{tenant.config.branding?.name ?? tenant.name}</span>
              <span className="block truncate text-xs text-ink-3">{tenant.role ?? 'not a member'}</span>
            </span>
          </>
        ) : status === 'loading' ? (
          <>
            <Skeleton className="size-7 rounded-md" />
            <Skeleton className="h-3.5 w-28" />
            <span className="sr-only">loading</span>
          </>
        ) : shut ? (
          <>
            <Mark name={shut.name} square />
            <span className="min-w-0 flex-1">
              <span className="block truncate leading-tight font-semibold tracking-tight">{shut.name}</span>
              <span className="block truncate text-xs text-wait">{status === 'suspended' ? 'suspended' : 'cannot be reached'}</span>
            </span>
          </>
        ) : (
          <span className="min-w-0 flex-1 truncate font-medium">Choose a workspace</span>
        )}
        {invitations.length > 0 && <span className="size-2 rounded-full bg-accent-text" title="You have invitations" />}
        <span className="sr-only">. Switch</span>
        <Icon name="updown" className="ml-auto size-4 text-ink-3" />
      </button>
      <Suspense>
        {open && (
          <TenantPanel
            id={panel}
            tenants={tenants}
            current={tenant?.id}
            onClose={close}
            onCreate={() => {
              // The dialog gives the focus back to what has it when it opens: the list will be gone by then.
              close()
              setCreating(true)
            }}
          />
        )}
        {creating && <CreateTenant onClose={() => setCreating(false)} />}
      </Suspense>
    </div>
  )
}
