'use client'

import { createContext, useContext, useMemo, type ReactNode } from 'react'
import { flushSync } from 'react-dom'
import { useSWRConfig } from 'swr'
import { api, type Answer, type Schemas } from '@/services/api'
import { useTenant } from '@/hooks/useTenant'
import { useSession } from './SessionContext'

type Invitation = Schemas['Invitation']
type Member = Schemas['Member']
type Tenant = Schemas['Tenant']

/** What became of adding one address: a member at once, or somebody invited. */
export type Added = { member: Member } | { invitation: Invitation }

/**
 * What can be done to tenants and their people. Each operation throws an ApiError
 * where it is refused, and has whatever it changed read again. Operations without a
 * tenant in their arguments act on the one of this tab.
 */
export interface TenantManagement {
  /** Moves this tab to a tenant, and makes it the person's default; other tabs stay. */
  switchTenant: (id: string) => Promise<void>
  createTenant: (tenant: Schemas['NewTenant']) => Promise<Tenant>
  updateTenant: (change: Schemas['TenantChange'], version?: number) => Promise<Tenant>
  deleteTenant: () => Promise<void>
  restoreTenant: (id: string) => Promise<Tenant>
  suspendTenant: (id: string) => Promise<Tenant>
  activateTenant: (id: string) => Promise<Tenant>
  verifyDomain: () => Promise<Schemas['DomainProof']>

  addMember: (email: string, role: Schemas['Role']) => Promise<Added>
  changeRole: (member: string, role: Schemas['Role']) => Promise<Member>
  removeMember: (member: string) => Promise<void>
  leaveTenant: () => Promise<void>

  invite: (email: string, role: Schemas['Role']) => Promise<Invitation>
  resendInvitation: (invitation: string) => Promise<Invitation>
  revokeInvitation: (invitation: string) => Promise<void>
  /** By the token of the mail, or by the id of one of `useTenants().invitations`. */
  acceptInvitation: (by: Schemas['Acceptance']) => Promise<Schemas['Accepted']>

  setConfig: (key: string, value: unknown) => Promise<Answer<'put', '/tenants/{id}/config/{key}'>>
  resetConfig: (key: string) => Promise<void>
}

const TenantManagementContext = createContext<TenantManagement | null>(null)

/** Offers the operations on tenants. Needs a TenantProvider above it. */
export function TenantManagementProvider({ children }: { children: ReactNode }) {
  const { tenant, choose, refresh, reference } = useTenant()
  const { user, reload } = useSession()
  const { mutate } = useSWRConfig()
  const id = tenant?.id

  const management = useMemo<TenantManagement>(() => {
    const here = () => {
      if (!id) throw new Error('no tenant is chosen in this tab')
      return { id }
    }
    /** Has everything of the tenant, and the lists of tenants, read again. */
    const changed = async <T,>(result: T): Promise<T> => {
      void refresh()
      void mutate((key) => Array.isArray(key) && (key[0] === id || key[0] === 'tenants' || key[0] === 'invitations' || key[0] === 'platform'))
      return result
    }
    /** Leaves the tab without a tenant. First the default is asked for anew: until then it is the tenant that is gone. */
    const gone = async () => {
      await reload()
      choose(null)
      return changed(undefined)
    }
    const once = () => ({ idempotencyKey: crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}` })

    return {
      switchTenant: async (next) => {
        // First the old tenant's data leaves the screen, then the new one is asked for.
        flushSync(() => choose(next))
        try {
          await api.post('/tenants/{id}/switch', { path: { id: next } })
        } catch (error) {
          choose(reference)
          throw error
        }
        void mutate(['tenants', user?.id])
      },
      createTenant: async (body) => {
        const made = await api.post('/tenants', { body, ...once() })
        choose(made.id)
        return changed(made)
      },
      updateTenant: async (body, version) => changed(await api.patch('/tenants/{id}', { path: here(), body, version })),
      deleteTenant: async () => {
        await api.delete('/tenants/{id}', { path: here() })
        return gone()
      },
      restoreTenant: async (tenantID) => changed(await api.post('/tenants/{id}/restore', { path: { id: tenantID }, ...once() })),
      suspendTenant: async (tenantID) => changed(await api.post('/tenants/{id}/suspend', { path: { id: tenantID }, ...once() })),
      activateTenant: async (tenantID) => changed(await api.post('/tenants/{id}/activate', { path: { id: tenantID }, ...once() })),
      verifyDomain: async () => changed(await api.post('/tenants/{id}/domain/verify', { path: here(), ...once() })),

      addMember: async (email, role) => changed(await api.post('/tenants/{id}/members', { path: here(), body: { email, role }, ...once() })),
      changeRole: async (member, role) => changed(await api.patch('/tenants/{id}/members/{member}', { path: { ...here(), member }, body: { role } })),
      removeMember: async (member) => changed(await api.delete('/tenants/{id}/members/{member}', { path: { ...here(), member } })),
      leaveTenant: async () => {
        await api.post('/tenants/{id}/leave', { path: here(), ...once() })
        return gone()
      },

      invite: async (email, role) => changed(await api.post('/tenants/{id}/invitations', { path: here(), body: { email, role }, ...once() })),
      resendInvitation: async (invitation) =>
        changed(await api.post('/tenants/{id}/invitations/{invitation}/resend', { path: { ...here(), invitation }, ...once() })),
      revokeInvitation: async (invitation) =>
        changed(await api.post('/tenants/{id}/invitations/{invitation}/revoke', { path: { ...here(), invitation }, ...once() })),
      acceptInvitation: async (body) => changed(await api.post('/invitations/accept', { body, ...once() })),

      setConfig: async (key, value) => changed(await api.put('/tenants/{id}/config/{key}', { path: { ...here(), key }, body: { value } })),
      resetConfig: async (key) => changed(await api.delete('/tenants/{id}/config/{key}', { path: { ...here(), key } })),
    }
  }, [id, user, reference, choose, refresh, reload, mutate])

  return <TenantManagementContext value={management}>{children}</TenantManagementContext>
}

/** What can be done to tenants. Only below a TenantManagementProvider. */
export function useTenantManagement(): TenantManagement {
  const management = useContext(TenantManagementContext)
  if (!management) throw new Error('useTenantManagement needs a TenantManagementProvider above it')
  return management
}
