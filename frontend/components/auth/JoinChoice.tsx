'use client'

import { useState } from 'react'
import useSWR from 'swr'
import { Choices } from '@/components/ui/Choices'
import { TextField } from '@/components/ui/Field'
import { Failure } from '@/components/ui/Notice'
import { Skeleton } from '@/components/ui/Parts'
import { api, isProblem, type Schemas } from '@/services/api'

/** Chooses one of the tenants that list themselves for registration. */
export function JoinChoice({ value, onChoose, error: refused }: { value: string | null; onChoose: (slug: string | null) => void; error?: string }) {
  const [search, setSearch] = useState('')
  const { data, error, mutate } = useSWR('listed', async () => (await api.get('/tenants', { query: { limit: 100 } })).tenants as Schemas['TenantName'][], { shouldRetryOnError: false })
  if (isProblem(error)) return <Failure error={error} retry={() => void mutate()} />
  if (!data) return <Skeleton className="h-24" />
  const words = search.trim().toLowerCase()
  const shown = data.filter((tenant) => tenant.name.toLowerCase().includes(words) || tenant.slug.includes(words)).slice(0, 12)
  return (
    <div className="flex flex-col gap-2">
      {(data.length > 6 || search) && (
        <TextField
          label="Search open workspaces"
          bare
          type="search"
          placeholder="Search"
          value={search}
          onChange={(e) => {
            setSearch(e.target.value)
            onChoose(null)
          }}
        />
      )}
      {shown.length === 0 ? (
        <p className="text-ink-2">{search ? 'No open workspace matches.' : 'No workspace is open to everybody right now. Ask for an invitation.'}</p>
      ) : (
        <Choices legend="Open workspaces" bare value={value ?? ''} onChoose={onChoose} choices={shown.map((tenant) => ({ value: tenant.slug, label: tenant.name, hint: tenant.slug }))} />
      )}
      {refused && <p className="text-sm text-bad">{refused}</p>}
    </div>
  )
}
