import { act, render, screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { SWRConfig } from 'swr'
import { expect, test, vi } from 'vitest'
import { DeletedTenants } from '@/components/dashboard/DeletedTenants'
import { TenantSwitcher } from '@/components/dashboard/TenantSwitcher'
import { TenantInfo } from '@/components/dashboard/TenantInfo'
import { Seats } from '@/components/dashboard/Seats'
import { SharedPlace } from '@/components/shell/SharedPlace'
import { ToastProvider } from '@/components/ui/Toasts'
import { SessionProvider } from '@/contexts/SessionContext'
import { TenantProvider, watchInterval } from '@/contexts/TenantContext'
import { TenantManagementProvider, useTenantManagement } from '@/contexts/TenantManagementContext'
import { useTenant } from '@/hooks/useTenant'
import { useTenantData } from '@/hooks/useTenantData'
import { selectTenant, selectedTenant } from '@/services/selection'
import { acme, ann, globex, Refusal, standIn, tenant } from './gateway'

const replace = vi.fn()
vi.mock('next/navigation', () => ({ useRouter: () => ({ replace, push: () => undefined, prefetch: () => undefined }) }))

function Around({ children }: { children: React.ReactNode }) {
  return (
    <SessionProvider>
      <SWRConfig value={{ provider: () => new Map() }}>
        <TenantProvider>
          <TenantManagementProvider>{children}</TenantManagementProvider>
        </TenantProvider>
      </SWRConfig>
    </SessionProvider>
  )
}

/** GET /tenants: these, and none that are deleted. */
const listing = (...tenants: object[]) => ({ query }: { query: { scope?: string } }) => ({ tenants: query.scope === 'deleted' ? [] : tenants, next_cursor: null })
const none = { invitations: [], next_cursor: null }
const ordinary = {
  'GET /me': ann,
  'GET /tenants': listing(acme, globex),
  'GET /me/invitations': none,
  'GET /tenant': ({ tenant }: { tenant?: string }) => (tenant === 't2' || tenant === 'globex' ? globex : acme),
  'POST /tenants/t2/switch': { tenant: globex, role: 'viewer', expires_in: 900 },
}

function Probe() {
  const { status, tenant, role, roleBefore, refresh } = useTenant()
  const { data } = useTenantData('secret', async (id) => `secret of ${id}`)
  return (
    <>
      <p>{`${status} ${tenant?.name ?? '-'} ${role ?? '-'} before:${roleBefore ?? '-'}`}</p>
      <p>{data ?? 'no data'}</p>
      <button onClick={() => void refresh()}>look</button>
    </>
  )
}

test('a tab starts with the person’s default and then keeps it', async () => {
  const log = standIn(ordinary)
  render(<Probe />, { wrapper: Around })
  await screen.findByText('ready Acme admin before:-')
  expect(selectedTenant()).toBe('t1')
  expect(log.find((sent) => sent.url === '/tenant')?.tenant).toBe('t1')
})

test('the tab’s own choice comes before the person’s default', async () => {
  selectTenant('t2')
  standIn(ordinary)
  render(<Probe />, { wrapper: Around })
  await screen.findByText('ready Globex viewer before:-')
})

test('switching takes the old tenant’s data away before it asks for the new', async () => {
  let onScreen = ''
  const log = standIn({
    ...ordinary,
    'POST /tenants/t2/switch': () => {
      onScreen = document.body.textContent ?? ''
      return { tenant: globex, role: 'viewer', expires_in: 900 }
    },
  })
  function Switch() {
    const { switchTenant } = useTenantManagement()
    return <button onClick={() => void switchTenant('t2')}>switch</button>
  }
  render(<><Probe /><Switch /></>, { wrapper: Around })
  await screen.findByText('secret of t1')
  await userEvent.click(screen.getByText('switch'))
  await screen.findByText('secret of t2')
  expect(onScreen).not.toContain('secret of t1')
  expect(onScreen).not.toContain('Acme')
  expect(log.find((sent) => sent.url === '/tenants/t2/switch')?.tenant).toBe('t2')
})

test('a switch that is refused goes back to where the tab was', async () => {
  standIn({ ...ordinary, 'POST /tenants/t2/switch': new Refusal(403, 'tenant_suspended') })
  function Switch() {
    const { switchTenant } = useTenantManagement()
    return <button onClick={() => void switchTenant('t2').catch(() => undefined)}>switch</button>
  }
  render(<><Probe /><Switch /></>, { wrapper: Around })
  await screen.findByText('ready Acme admin before:-')
  await userEvent.click(screen.getByText('switch'))
  await screen.findByText('ready Acme admin before:-')
  expect(selectedTenant()).toBe('t1')
})

test('removed while open: within seconds, and without a click, the tenant and what was read of it are gone', async () => {
  let member = true
  standIn({ ...ordinary, 'GET /tenant': () => (member ? acme : new Refusal(403, 'not_a_member')) })
  render(<Probe />, { wrapper: Around })
  await screen.findByText('secret of t1')
  member = false
  await screen.findByText('removed - - before:-', undefined, { timeout: 2 * watchInterval })
  expect(screen.queryByText('secret of t1')).toBeNull()
}, 15_000)

test('a shared address comes before what the tab had chosen', async () => {
  selectTenant('t1')
  window.history.replaceState(null, '', '/t/globex/members')
  standIn(ordinary)
  render(<><SharedPlace /><Probe /></>, { wrapper: Around })
  await screen.findByText('ready Globex viewer before:-')
  expect(selectedTenant()).toBe('globex')
  expect(replace).toHaveBeenCalledWith('/members')
})

test('what a tab chooses is kept where no other tab looks', () => {
  selectTenant('t2')
  expect({ ...window.localStorage }).toEqual({})
  window.sessionStorage.clear() // as in another tab
  expect(selectedTenant()).toBeNull()
})

test('refused at first sight is not removed', async () => {
  standIn({ ...ordinary, 'GET /tenant': new Refusal(403, 'not_a_member') })
  render(<Probe />, { wrapper: Around })
  await screen.findByText('refused - - before:-')
})

test('suspended, and a gateway that cannot tell, are told apart', async () => {
  standIn({ ...ordinary, 'GET /tenant': new Refusal(403, 'tenant_suspended') })
  const first = render(<Probe />, { wrapper: Around })
  await screen.findByText('suspended - - before:-')
  first.unmount()
  standIn({ ...ordinary, 'GET /tenant': new Refusal(503, 'membership_unavailable') })
  render(<Probe />, { wrapper: Around })
  await screen.findByText('failed - - before:-')
})

test('a role that was changed elsewhere is told', async () => {
  let role = 'admin'
  standIn({ ...ordinary, 'GET /tenant': () => ({ ...acme, role }) })
  render(<Probe />, { wrapper: Around })
  await screen.findByText('ready Acme admin before:-')
  role = 'viewer'
  await userEvent.click(screen.getByText('look'))
  await screen.findByText('ready Acme viewer before:admin')
})

test('the switcher searches once there are more than ten', async () => {
  const many = Array.from({ length: 12 }, (_, i) => tenant(`t${i + 1}`, i === 0 ? 'Acme' : `Tenant ${i}`, i === 0 ? 'acme' : `tenant-${i}`, 'viewer'))
  standIn({ ...ordinary, 'GET /tenants': listing(...many) })
  render(<TenantSwitcher />, { wrapper: Around })
  await userEvent.click(await screen.findByRole('button', { name: /^Workspace: Acme/ }))
  const search = await screen.findByRole('searchbox', { name: 'Search workspaces' })
  await waitFor(() => expect(search).toHaveFocus())
  await userEvent.type(search, 'tenant 11')
  expect(screen.getAllByRole('listitem')).toHaveLength(1)
  await userEvent.type(search, '0')
  expect(screen.getByText(/No workspace matches/)).toBeInTheDocument()
})

test('the switcher goes by arrows, and Escape brings the focus back', async () => {
  standIn(ordinary)
  render(<TenantSwitcher />, { wrapper: Around })
  const button = await screen.findByRole('button', { name: /^Workspace: Acme/ })
  await userEvent.click(button)
  await waitFor(() => expect(screen.getByRole('button', { name: /^Acme/ })).toHaveFocus())
  expect(screen.queryByRole('searchbox')).toBeNull()
  await userEvent.keyboard('{ArrowDown}')
  expect(screen.getByRole('button', { name: /^Globex/ })).toHaveFocus()
  await userEvent.keyboard('{Escape}')
  expect(button).toHaveFocus()
  expect(screen.queryByRole('dialog')).toBeNull()
})

test('pending invitations can be joined from the switcher', async () => {
  const invitation = { id: 'i1', tenant: { id: 't2', name: 'Globex', slug: 'globex' }, role: 'viewer', invited_by: null, created_at: '2026-01-01T00:00:00Z', expires_at: '2026-01-08T00:00:00Z' }
  const log = standIn({ ...ordinary, 'GET /me/invitations': { invitations: [invitation], next_cursor: null }, 'POST /invitations/accept': { tenant: globex, member: {} } })
  render(<><TenantSwitcher /><Probe /></>, { wrapper: Around })
  await userEvent.click(await screen.findByRole('button', { name: /^Workspace: Acme/ }))
  await userEvent.click(await screen.findByRole('button', { name: 'Join Globex' }))
  await screen.findByText('ready Globex viewer before:-')
  expect(log.find((sent) => sent.url === '/invitations/accept')?.body).toEqual({ id: 'i1' })
})

test('what one has deleted can be restored from the switcher', async () => {
  let deleted = [{ ...globex, status: 'deleted', role: 'admin' }]
  const log = standIn({
    ...ordinary,
    'GET /tenants': ({ query }: { query: { scope?: string } }) => ({ tenants: query.scope === 'deleted' ? deleted : [acme], next_cursor: null }),
    'POST /tenants/t2/restore': () => {
      deleted = []
      return globex
    },
  })
  render(<><TenantSwitcher /><Probe /></>, { wrapper: Around })
  await userEvent.click(await screen.findByRole('button', { name: /^Workspace: Acme/ }))
  await userEvent.click(await screen.findByRole('button', { name: 'Restore Globex' }))
  await screen.findByText('ready Globex viewer before:-')
  expect(log.some((sent) => sent.url === '/tenants/t2/switch')).toBe(true)
  await userEvent.click(await screen.findByRole('button', { name: /^Workspace: Globex/ }))
  await waitFor(() => expect(screen.queryByRole('button', { name: 'Restore Globex' })).toBeNull())
})

test('one that was suspended when it was deleted is restored as it was, and nobody is moved there', async () => {
  const log = standIn({
    ...ordinary,
    'GET /tenants': ({ query }: { query: { scope?: string } }) => ({ tenants: query.scope === 'deleted' ? [globex] : [acme], next_cursor: null }),
    'POST /tenants/t2/restore': { ...globex, status: 'suspended' },
  })
  render(<ToastProvider><DeletedTenants /><Probe /></ToastProvider>, { wrapper: Around })
  await userEvent.click(await screen.findByRole('button', { name: 'Restore Globex' }))
  await screen.findByText('Globex is back, and suspended as it was.')
  expect(log.some((sent) => sent.url === '/tenants/t2/switch')).toBe(false)
  expect(selectedTenant()).toBe('t1')
})

test.each(['delete', 'leave'])('after %s the tab is without a tenant, whatever the person’s default was', async (verb) => {
  let there = true
  const go = () => {
    there = false
  }
  standIn({
    ...ordinary,
    'GET /me': async () => {
      await new Promise((resolve) => setTimeout(resolve, 20)) // the page is drawn meanwhile
      return { ...ann, current_tenant_id: there ? 't1' : null }
    },
    'GET /tenant': () => (there ? acme : new Refusal(403, 'not_a_member')),
    'DELETE /tenants/t1': go,
    'POST /tenants/t1/leave': go,
  })
  function End() {
    const { deleteTenant, leaveTenant } = useTenantManagement()
    return <button onClick={() => void (verb === 'delete' ? deleteTenant() : leaveTenant())}>end it</button>
  }
  render(<><Probe /><End /></>, { wrapper: Around })
  await screen.findByText('secret of t1')
  await userEvent.click(screen.getByText('end it'))
  await screen.findByText('none - - before:-')
  expect(screen.queryByText('secret of t1')).toBeNull()
  expect(selectedTenant()).toBeNull()
})

test('the end of a suspension is seen without a click', async () => {
  let shut = true
  standIn({ ...ordinary, 'GET /tenant': () => (shut ? new Refusal(403, 'tenant_suspended') : acme) })
  render(<><TenantSwitcher /><Probe /></>, { wrapper: Around })
  await screen.findByText('suspended - - before:-')
  // Which one it is stays in sight.
  await screen.findByRole('button', { name: /^Workspace: Acme/ })
  shut = false
  await screen.findByText('ready Acme admin before:-', undefined, { timeout: 2 * watchInterval })
}, 15_000)

test('the parts say what there is to know of the tenant', async () => {
  standIn({ ...ordinary, 'GET /tenant/users/count': { tenant_id: 't1', count: 3, max_users: 5, available: 0 } })
  render(<><TenantInfo /><Seats /></>, { wrapper: Around })
  await screen.findByText('/t/acme')
  await screen.findByText(/No seat is free/)
  expect(screen.getByText(/2 more held by invitations/)).toBeInTheDocument()
  await act(async () => undefined)
})
