'use client'

import useSWR from 'swr'
import { api, isProblem, type ApiError, type Schemas } from '@/services/api'
import { useSession } from '@/contexts/SessionContext'

export type TenantEntry = Schemas['TenantEntry']
export type MyInvitation = Schemas['MyInvitation']

export interface Tenants {
  /** The person's tenants, suspended ones included; undefined until they are known. */
  tenants: TenantEntry[] | undefined
  /** Who asks the person in. */
  invitations: MyInvitation[]
  error: ApiError | null
  refresh: () => Promise<void>
}

/** The person's tenants and pending invitations. Only below a SessionProvider. */
export function useTenants(): Tenants {
  const { user } = useSession()
  const tenants = useSWR(user && ['tenants', user.id], () => everyTenant())
  const invitations = useSWR(user && ['invitations', user.id], async () => (await api.get('/me/invitations', { query: { limit: 100 } })).invitations)
  return {
    tenants: tenants.data,
    invitations: invitations.data ?? [],
    error: isProblem(tenants.error) ? tenants.error : null,
    refresh: async () => {
      await Promise.allSettled([tenants.mutate(), invitations.mutate()])
    },
  }
}

/** All pages of the person's tenants; somebody in more than 2000 finds the rest by URL. */
async function everyTenant(): Promise<TenantEntry[]> {
  const all: TenantEntry[] = []
  let cursor: string | undefined
  for (let page = 0; page < 20; page++) {
    const answer = await api.get('/tenants', { query: { limit: 100, cursor } })
    all.push(...(answer.tenants as TenantEntry[]))
    if (!answer.next_cursor) break
    cursor = answer.next_cursor
  }
  return all
}
