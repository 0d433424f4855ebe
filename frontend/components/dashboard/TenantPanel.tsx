'use client'

import { useEffect, useRef, useState, type KeyboardEvent } from 'react'
import { Icon } from '@/components/ui/Icon'
import { Skeleton } from '@/components/ui/Parts'
import { useToast } from '@/components/ui/Toasts'
import { useTenantManagement } from '@/contexts/TenantManagementContext'
import type { TenantEntry } from '@/hooks/useTenants'
import { explain } from '@/lib/words'
import { isProblem } from '@/services/api'
import { DeletedTenants } from './DeletedTenants'
import { JoinList } from './TenantList'

/** From how many tenants on there is a search. */
const searchFrom = 10

/** The list that the switcher opens: tenants, invitations, and a new one. */
export default function TenantPanel({ id, tenants, current, onClose, onCreate }: { id: string; tenants: TenantEntry[] | undefined; current: string | undefined; onClose: () => void; onCreate: () => void }) {
  const { switchTenant } = useTenantManagement()
  const say = useToast()
  const [search, setSearch] = useState('')
  const panel = useRef<HTMLDivElement>(null)
  const searchable = (tenants?.length ?? 0) > searchFrom
  const words = search.trim().toLowerCase()
  const shown = tenants?.filter((tenant) => tenant.name.toLowerCase().includes(words) || tenant.slug.includes(words))

  // Once more when the list has come: what was there before was not it.
  const known = tenants !== undefined
  useEffect(() => {
    const first = panel.current?.querySelector<HTMLElement>('input, [aria-current=true], button')
    first?.focus()
  }, [known])

  const go = async (tenant: TenantEntry) => {
    onClose()
    if (tenant.id === current) return
    try {
      await switchTenant(tenant.id)
    } catch (error) {
      if (isProblem(error)) say(`${tenant.name}: ${explain(error)}`)
    }
  }

  /** Arrows go through the buttons, as in any list to choose from. */
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape') {
      event.stopPropagation()
      onClose()
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (!step || !panel.current) return
    event.preventDefault()
    const stops = [...panel.current.querySelectorAll<HTMLElement>('input, button')]
    const at = stops.indexOf(document.activeElement as HTMLElement)
    stops[(at + step + stops.length) % stops.length]?.focus()
  }

  return (
    <div
      id={id}
      ref={panel}
      role="dialog"
      aria-label="Switch workspace"
      onKeyDown={onKeyDown}
      onBlur={(event) => {
        if (event.relatedTarget && !panel.current?.contains(event.relatedTarget)) onClose()
      }}
      className="appear absolute top-full left-0 z-30 mt-1.5 w-[min(20rem,calc(100vw-1.5rem))] rounded-lg border border-line bg-surface shadow-(--shadow)"
    >
      {searchable && (
        <div className="flex items-center gap-2 border-b border-line px-3.5">
          <Icon name="search" className="size-4 text-ink-3" />
          <input
            type="search"
            value={search}
            onChange={(event) => setSearch(event.target.value)}
            onKeyDown={(event) => {
              if (event.key === 'Enter' && shown?.[0]) void go(shown[0])
            }}
            placeholder={`Search ${tenants!.length} workspaces`}
            aria-label="Search workspaces"
            className="h-11 w-full bg-transparent outline-none placeholder:text-ink-3"
          />
        </div>
      )}
      {(shown?.length ?? 0) > 0 && (
        <ul className="max-h-[min(22rem,50dvh)] overflow-y-auto p-1.5" aria-label="Your workspaces">
          {shown!.map((tenant) => (
            <li key={tenant.id}>
              <button
                type="button"
                aria-current={tenant.id === current}
                onClick={() => void go(tenant)}
                className="flex w-full items-center gap-2.5 rounded-md px-2 py-1.5 text-left hover:bg-sunken focus-visible:bg-sunken focus-visible:outline-offset-[-2px]"
              >
                <span className="min-w-0 flex-1 truncate">{tenant.name}</span>
                <span className={`text-xs ${tenant.status === 'suspended' ? 'text-wait' : 'text-ink-3'}`}>{tenant.status === 'suspended' ? 'suspended' : tenant.role}</span>
                <Icon name="check" className={`size-4 text-accent-text ${tenant.id === current ? '' : 'invisible'}`} />
              </button>
            </li>
          ))}
        </ul>
      )}
      {shown?.length === 0 && <p className="px-4 py-4 text-ink-2">{words ? `No workspace matches “${search.trim()}”.` : 'You are in no workspace yet.'}</p>}
      {!shown && <div className="p-4"><Skeleton className="h-4 w-2/3" /></div>}
      <div className="border-t border-line p-1.5 empty:hidden">
        <JoinList onJoined={onClose} />
        <DeletedTenants onRestored={onClose} />
        <button type="button" onClick={onCreate} className="flex w-full items-center gap-2.5 rounded-md px-2 py-1.5 text-left text-ink-2 hover:bg-sunken hover:text-ink focus-visible:outline-offset-[-2px]">
          <Icon name="plus" />
          Create a workspace
        </button>
      </div>
    </div>
  )
}
