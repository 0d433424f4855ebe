'use client'

import { useDeferredValue, useState } from 'react'
import useSWR from 'swr'
import { Button } from '@/components/ui/Button'
import { Confirm } from '@/components/ui/Confirm'
import { TextField } from '@/components/ui/Field'
import { ListSheet } from '@/components/ui/ListSheet'
import { Empty, Failure, Notice } from '@/components/ui/Notice'
import { Dot, Mark, PageHead } from '@/components/ui/Parts'
import { useToast } from '@/components/ui/Toasts'
import { useSession } from '@/contexts/SessionContext'
import { useTenantManagement } from '@/contexts/TenantManagementContext'
import { useForm } from '@/hooks/useForm'
import type { TenantEntry } from '@/hooks/useTenants'
import { api, isProblem } from '@/services/api'

/** All tenants there are, for those who run the platform. */
export function Platform() {
  const { user } = useSession()
  return (
    <>
      <PageHead title="Platform" lead="Every workspace there is" />
      {user?.role === 'platform_admin' ? <AllTenants /> : <Notice>Only platform admins see this page.</Notice>}
    </>
  )
}

function AllTenants() {
  const { user } = useSession()
  const [search, setSearch] = useState('')
  const [pages, setPages] = useState(1)
  const q = useDeferredValue(search.trim())
  const { data, error, isLoading, mutate } = useSWR(['platform', user?.id, q, pages], () => everyPage(q, pages), { keepPreviousData: true, shouldRetryOnError: false })
  const list = {
    items: data?.tenants,
    error: isProblem(error) ? error : null,
    more: data?.more ? () => setPages(pages + 1) : null,
    loadingMore: isLoading,
    refresh: () => void mutate(),
  }
  return (
    <>
      <div className="mb-3 sm:max-w-72">
        <TextField label="Search workspaces" bare type="search" placeholder="Name or address" value={search} onChange={(e) => setSearch(e.target.value)} />
      </div>
      <ListSheet list={list} loading="Loading workspaces" empty={<Empty title="Nothing matches" />}>
        {(tenant) => <TenantRow key={tenant.id} tenant={tenant} />}
      </ListSheet>
    </>
  )
}

/** So many pages; all of them (up to 5000 workspaces) where something is looked for. */
async function everyPage(q: string, pages: number) {
  const words = q.toLowerCase()
  const tenants: TenantEntry[] = []
  let cursor: string | undefined
  for (let page = 0; page < (q ? 50 : pages); page++) {
    const answer = await api.get('/tenants', { query: { scope: 'all', limit: 100, cursor } })
    tenants.push(...(answer.tenants as TenantEntry[]))
    cursor = answer.next_cursor ?? undefined
    if (!cursor) break
  }
  const found = tenants.filter((tenant) => tenant.name.toLowerCase().includes(words) || tenant.slug.includes(words))
  return { tenants: found, more: cursor !== undefined && !q }
}

const tones = { active: 'good', suspended: 'wait', deleted: 'off' } as const

function TenantRow({ tenant }: { tenant: TenantEntry }) {
  const { suspendTenant, activateTenant, restoreTenant } = useTenantManagement()
  const say = useToast()
  const [asking, setAsking] = useState(false)
  const back = useForm(async () => {
    const now = await (tenant.status === 'deleted' ? restoreTenant(tenant.id) : activateTenant(tenant.id))
    say(`${now.name} is ${now.status}.`)
  })
  return (
    <li className="px-4 py-2.5">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <Mark name={tenant.name} square />
        <p className="min-w-0 flex-1 basis-40">
          <span className="block truncate leading-tight font-medium">{tenant.name}</span>
          <span className="block truncate text-sm text-ink-3">{tenant.slug}</span>
        </p>
        <div className="flex items-center gap-3 max-sm:w-full max-sm:justify-between max-sm:pl-10">
          <span className="w-28 text-ink-2">
            <Dot tone={tones[tenant.status]}>{tenant.status}</Dot>
          </span>
          <span className="flex w-20 justify-end">
            {tenant.status === 'active' ? (
              <Button small look="quiet" onClick={() => setAsking(true)} aria-label={`Suspend ${tenant.name}`}>
                Suspend
              </Button>
            ) : (
              <Button small look="quiet" busy={back.busy} onClick={() => void back.submit()} aria-label={`${tenant.status === 'deleted' ? 'Restore' : 'Activate'} ${tenant.name}`}>
                {tenant.status === 'deleted' ? 'Restore' : 'Activate'}
              </Button>
            )}
          </span>
        </div>
      </div>
      {back.error && (
        <div className="mt-2">
          <Failure error={back.error} />
        </div>
      )}
      {asking && (
        <Confirm title={`Suspend ${tenant.name}?`} verb="Suspend" onConfirm={() => suspendTenant(tenant.id)} onClose={() => setAsking(false)}>
          None of its people are let in until it is activated again. Its data is kept.
        </Confirm>
      )}
    </li>
  )
}
