'use client'

import { createContext, useCallback, useEffect, useMemo, useRef, useState, type ReactNode } from 'react'
import useSWR, { useSWRConfig } from 'swr'
import { api, ApiError, isProblem, type Schemas } from '@/services/api'
import { selectedTenant, selectTenant } from '@/services/selection'
import { useSession } from './SessionContext'

export type Tenant = Schemas['CurrentTenant']
export type Role = Schemas['Role']

/**
 * What this tab knows of its tenant.
 *
 * - `loading`: not known yet; nothing of another tenant is shown.
 * - `ready`: `tenant` and `role` are there.
 * - `none`: no tenant is chosen.
 * - `removed`: the person was a member a moment ago and is not any more.
 * - `refused`: there is no such tenant, or the person is no member of it.
 * - `suspended`: the tenant is.
 * - `failed`: the gateway could not tell; `error` says why.
 */
export type TenantStatus = 'loading' | 'ready' | 'none' | 'removed' | 'refused' | 'suspended' | 'failed'

export interface TenantState {
  status: TenantStatus
  tenant: Tenant | null
  role: Role | null
  /** Whether the role includes that one: viewer < member < admin. */
  can: (role: Role) => boolean
  /** The role before the last change of it that came from elsewhere, until it is acknowledged. */
  roleBefore: Role | null
  acknowledgeRole: () => void
  error: ApiError | null
  /** What the tab has chosen: id or slug. */
  reference: string | null
  /** Moves this tab, and no other, to a tenant. What was shown of the old one is gone at once. */
  choose: (reference: string | null) => void
  /** Asks for the tenant again. */
  refresh: () => Promise<void>
}

const order: Role[] = ['viewer', 'member', 'admin']

/** How often an open page asks whether its person is still let in, in milliseconds. */
export const watchInterval = 4_000

export const TenantContext = createContext<TenantState | null>(null)

/**
 * Knows the tenant that this tab works in, and watches it: who is removed or
 * demoted while the page is open is told within seconds. Needs a SessionProvider
 * above it.
 */
export function TenantProvider({ children }: { children: ReactNode }) {
  const { user } = useSession()
  const { mutate: mutateAll } = useSWRConfig()
  const [reference, setReference] = useState<string | null>(() => (typeof window === 'undefined' ? null : selectedTenant()))
  const chosen = user ? (reference ?? user.current_tenant_id) : null

  // A tab that has not chosen keeps what it started with, whatever others switch to.
  useEffect(() => {
    if (chosen && chosen !== selectedTenant()) selectTenant(chosen)
    if (chosen && !reference) setReference(chosen)
  }, [chosen, reference])

  const { data, error, isLoading, mutate } = useSWR<Tenant, unknown>(
    chosen && user ? ['tenant', chosen, user.id] : null,
    () => api.get('/tenant', { tenant: chosen }),
    { refreshInterval: watchInterval, dedupingInterval: 500, focusThrottleInterval: 500, shouldRetryOnError: retryable, keepPreviousData: false },
  )
  const problem = isProblem(error) ? error : null
  const refused = problem !== null && problem.status === 403
  const tenant = !refused && data ? data : null

  const seen = useSeen(tenant, chosen)
  const { roleBefore, acknowledgeRole } = useRoleChange(tenant)

  // A refusal anywhere is a reason to look again; and what was read while it
  // was allowed is not kept for somebody who is out.
  useEffect(
    () =>
      api.onRefused((refusal, path) => {
        if (path === '/tenant') return // that is the look itself
        if (refusal.code === 'not_a_member' || refusal.code === 'role_required' || refusal.code === 'tenant_suspended') void mutate()
      }),
    [mutate],
  )
  // SWR asks no more after an error. A suspension ends, and the page with it.
  const suspended = problem?.code === 'tenant_suspended'
  useEffect(() => {
    if (!suspended) return
    const timer = window.setInterval(() => void mutate().catch(() => undefined), watchInterval)
    return () => window.clearInterval(timer)
  }, [suspended, mutate])
  useEffect(() => {
    if (refused) void mutateAll((key) => Array.isArray(key) && key[0] === seen, undefined, { revalidate: false })
  }, [refused, seen, mutateAll])

  const choose = useCallback((next: string | null) => {
    selectTenant(next)
    setReference(next)
  }, [])

  const state = useMemo<TenantState>(() => {
    const role = tenant?.role ?? null
    return {
      status: statusOf(user !== null && chosen === null, tenant, problem, seen !== null, isLoading),
      tenant,
      role,
      can: (least) => role !== null && order.indexOf(role) >= order.indexOf(least),
      roleBefore,
      acknowledgeRole,
      error: problem,
      reference: chosen,
      choose,
      refresh: async () => void (await mutate().catch(() => undefined)),
    }
  }, [user, chosen, tenant, problem, seen, isLoading, roleBefore, acknowledgeRole, choose, mutate])

  return <TenantContext value={state}>{children}</TenantContext>
}

/** Refusals stand until something changes; everything else is worth another try. */
function retryable(error: unknown): boolean {
  return isProblem(error) && (error.status === 0 || error.status === 429 || error.status >= 500)
}

function statusOf(nothingChosen: boolean, tenant: Tenant | null, problem: ApiError | null, seen: boolean, loading: boolean): TenantStatus {
  if (nothingChosen) return 'none'
  if (tenant) return tenant.status === 'suspended' ? 'suspended' : 'ready'
  if (problem?.code === 'tenant_suspended') return 'suspended'
  if (problem?.status === 403 || problem?.code === 'tenant_required') return seen ? 'removed' : 'refused'
  return problem && !loading ? 'failed' : 'loading'
}

/** The id of the tenant that was shown last under this choice, or null. */
function useSeen(tenant: Tenant | null, chosen: string | null): string | null {
  const [seen, setSeen] = useState<{ chosen: string | null; id: string } | null>(null)
  if (tenant && (seen?.id !== tenant.id || seen.chosen !== chosen)) setSeen({ chosen, id: tenant.id })
  return seen && seen.chosen === chosen ? seen.id : null
}

/** Remembers the role before it changed, as long as the tenant stays the same. */
function useRoleChange(tenant: Tenant | null) {
  const last = useRef<{ id: string; role: Role | null } | null>(null)
  const [roleBefore, setRoleBefore] = useState<Role | null>(null)
  useEffect(() => {
    if (!tenant) return
    const before = last.current
    last.current = { id: tenant.id, role: tenant.role }
    if (before?.id !== tenant.id) setRoleBefore(null)
    else if (before.role !== tenant.role) setRoleBefore(before.role)
  }, [tenant])
  const acknowledgeRole = useCallback(() => setRoleBefore(null), [])
  return { roleBefore, acknowledgeRole }
}
