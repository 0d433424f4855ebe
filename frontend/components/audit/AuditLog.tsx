'use client'

import { useDeferredValue, useRef, useState } from 'react'
import { buttonClass } from '@/components/ui/Button'
import { Select, TextField } from '@/components/ui/Field'
import { later } from '@/components/ui/Later'
import { ListSheet } from '@/components/ui/ListSheet'
import { Empty, Notice } from '@/components/ui/Notice'
import { PageHead } from '@/components/ui/Parts'
import { useTenant } from '@/hooks/useTenant'
import { useTenantList } from '@/hooks/useTenantData'
import { api, type Schemas } from '@/services/api'
import { ExportMenu } from './ExportMenu'

const Entry = later<{ entry: Schemas['AuditEntry'] }>(() => import('./Entry').then((part) => ({ default: part.Entry })))

/** What the log is filtered by; empty texts filter nothing. */
export interface AuditFilter {
  action: string
  actor: string
  /** Days, "2026-11-26", in the person's own time. */
  from: string
  to: string
}

const everything: AuditFilter = { action: '', actor: '', from: '', to: '' }

const kinds = [
  ['member.*', 'Members'],
  ['invitation.*', 'Invitations'],
  ['config.*', 'Settings'],
  ['tenant.*', 'Workspace'],
  ['user.*', 'Accounts'],
  ['session.*', 'Sessions'],
] as const

export function AuditLog() {
  const { can } = useTenant()
  if (!can('admin')) {
    return (
      <>
        <PageHead title="Audit log" />
        <Notice>Only admins read the audit log.</Notice>
      </>
    )
  }
  return <Log />
}

function Log() {
  const [typed, setTyped] = useState(everything)
  const first = useRef<HTMLSelectElement>(null)
  const filter = useDeferredValue(typed)
  const query = queryOf(filter)
  const list = useTenantList(
    `audit ${JSON.stringify(query)}`,
    (id, cursor) => api.get('/tenants/{id}/audit', { path: { id }, query: { ...query, cursor } }) as Promise<Schemas['AuditList']>,
    (page) => page.entries,
  )
  const set = (change: Partial<AuditFilter>) => setTyped({ ...typed, ...change })
  const clear = () => {
    setTyped(everything)
    first.current?.focus() // the button will be gone
  }
  const filtered = Object.values(typed).some(Boolean)
  return (
    <>
      <PageHead title="Audit log" lead="Who did what to whom, the newest first">
        <ExportMenu query={query} />
      </PageHead>
      <div role="group" aria-label="Filters" className="mb-4 grid grid-cols-2 items-end gap-2 sm:flex sm:flex-wrap">
        <Select ref={first} label="What" value={typed.action} onChange={(e) => set({ action: e.target.value })}>
          <option value="">Everything</option>
          {kinds.map(([value, name]) => (
            <option key={value} value={value}>
              {name}
            </option>
          ))}
        </Select>
        <TextField label="Who" placeholder="Address" type="email" value={typed.actor} onChange={(e) => set({ actor: e.target.value })} error={list.error?.about('/actor')} />
        <TextField label="From" type="date" value={typed.from} max={typed.to || undefined} onChange={(e) => set({ from: e.target.value })} />
        <TextField label="To" type="date" value={typed.to} min={typed.from || undefined} onChange={(e) => set({ to: e.target.value })} />
        {filtered && (
          <button type="button" className={buttonClass('quiet')} onClick={clear}>
            Clear
          </button>
        )}
      </div>
      <ListSheet
        list={list}
        loading="Loading the audit log"
        empty={<Empty title={filtered ? 'Nothing matches' : 'Nothing has happened yet'}>{filtered ? 'Try fewer filters.' : 'Changes to members and settings show up here.'}</Empty>}
      >
        {(entry) => <Entry key={entry.id} entry={entry} />}
      </ListSheet>
    </>
  )
}

/** The filter as the API takes it: days become the moments they begin and end at here. An address that is not typed out is left aside. */
export function queryOf(filter: AuditFilter) {
  const start = filter.from && new Date(`${filter.from}T00:00:00`)
  const end = filter.to && new Date(`${filter.to}T00:00:00`)
  if (end) end.setDate(end.getDate() + 1)
  return {
    action: filter.action || undefined,
    actor: /^\S+@\S+\.\S+$/.test(filter.actor) ? filter.actor.trim().toLowerCase() : undefined,
    from: start ? start.toISOString() : undefined,
    to: end ? end.toISOString() : undefined,
  }
}
