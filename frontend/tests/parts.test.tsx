import { render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, test, vi } from 'vitest'
import { queryOf } from '@/components/audit/AuditLog'
import { nextPlace, takeToken } from '@/components/auth/address'
import { deviceOf } from '@/components/profile/Sessions'
import { Button } from '@/components/ui/Button'
import Confirm from '@/components/ui/ConfirmDialog'
import { ListSheet } from '@/components/ui/ListSheet'
import { Failure } from '@/components/ui/Notice'
import { accentOf, contrast, parse } from '@/lib/accent'
import { addressesIn } from '@/lib/addresses'
import { slugOf } from '@/lib/words'
import { ApiError } from '@/services/problem'
import { sharedPlace } from '@/services/selection'

test('a failure tells what, by which request, and offers another try', async () => {
  const retry = vi.fn()
  render(<Failure error={new ApiError('rate_limited', '', 429, 'abc123', [], 30)} retry={retry} />)
  expect(screen.getByRole('alert')).toHaveTextContent('Wait 30 seconds')
  expect(screen.getByText('abc123')).toBeInTheDocument()
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }))
  expect(retry).toHaveBeenCalledOnce()
})

test('a list draws rows to come, rows, none, what went wrong, and the next page', async () => {
  const list = { items: undefined as string[] | undefined, error: null as ApiError | null, more: null as (() => void) | null, loadingMore: false, refresh: vi.fn() }
  const draw = (change: Partial<typeof list>) => (
    <ListSheet list={{ ...list, ...change }} loading="Loading names" empty={<p>nobody</p>}>
      {(name) => <li key={name}>{name}</li>}
    </ListSheet>
  )
  const { rerender, container } = render(draw({}))
  expect(screen.getByRole('status', { name: 'Loading names' })).toBeInTheDocument()
  rerender(draw({ items: [] }))
  expect(container).toHaveTextContent(/^nobody$/)
  const more = vi.fn()
  rerender(draw({ items: ['Ada'], more }))
  expect(screen.getByRole('listitem')).toHaveTextContent('Ada')
  await userEvent.click(screen.getByRole('button', { name: 'Show more' }))
  expect(more).toHaveBeenCalledOnce()
  // What is there stays beside what went wrong; where nothing is, nothing is drawn around it.
  const error = new ApiError('membership_unavailable', '', 503, 'r1')
  rerender(draw({ items: ['Ada'], error }))
  expect(screen.getByRole('listitem')).toBeInTheDocument()
  rerender(draw({ error }))
  expect(screen.queryByRole('list')).toBeNull()
  expect(screen.queryByRole('status')).toBeNull()
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }))
  expect(list.refresh).toHaveBeenCalledOnce()
})

test('a confirmation waits for the word', async () => {
  const act = vi.fn(async () => undefined)
  const close = vi.fn()
  render(<Confirm title="Remove Bob?" typed="bob@acme.test" verb="Remove" onConfirm={act} onClose={close}>Gone.</Confirm>)
  expect(screen.getByRole('button', { name: 'Remove' })).toHaveAttribute('aria-disabled', 'true')
  await userEvent.type(screen.getByLabelText('Type bob@acme.test to confirm'), 'bob@acme.tes{Enter}')
  expect(act).not.toHaveBeenCalled()
  await userEvent.type(screen.getByLabelText('Type bob@acme.test to confirm'), 't{Enter}')
  expect(act).toHaveBeenCalledOnce()
  expect(close).toHaveBeenCalledOnce()
})

test('a confirmation that is refused says so and stays', async () => {
  const close = vi.fn()
  render(<Confirm title="Leave?" verb="Leave" onConfirm={() => Promise.reject(new ApiError('last_admin', '', 409, 'r1'))} onClose={close}>Bye.</Confirm>)
  await userEvent.click(screen.getByRole('button', { name: 'Leave' }))
  expect(await screen.findByRole('alert')).toHaveTextContent('at least one admin')
  expect(close).not.toHaveBeenCalled()
})

test('a busy button keeps the focus and does nothing', async () => {
  const act = vi.fn()
  render(<Button busy onClick={act}>Save</Button>)
  await userEvent.click(screen.getByRole('button'))
  expect(act).not.toHaveBeenCalled()
  expect(screen.getByRole('button')).toHaveFocus()
})

test.each(['#1d6b58', '#ffffff', '#000000', '#ffee00', '#777777', '#0f766e', '#f59e0b', 'nonsense'])('an accent of %s can be read everywhere', (color) => {
  const accent = accentOf(color)
  const rgb = (hex: string) => parse(hex)!
  expect(contrast(rgb(accent.ink), rgb(accent.fill))).toBeGreaterThanOrEqual(4.5)
  expect(contrast(rgb(accent.light), [245, 243, 240])).toBeGreaterThanOrEqual(4.5)
  expect(contrast(rgb(accent.dark), [34, 32, 30])).toBeGreaterThanOrEqual(4.5)
})

test('addresses are found in whatever is pasted', () => {
  expect(addressesIn('Ada <Ada@Example.com>, bob@example.com;eve@example.com\nada@example.com\nnobody at all')).toEqual({
    addresses: ['ada@example.com', 'bob@example.com', 'eve@example.com'],
    rest: ['nobody at all'],
  })
})

test('a shared address names tenant and page, and nothing else does', () => {
  expect(sharedPlace('/t/acme')).toEqual({ slug: 'acme', page: '/dashboard' })
  expect(sharedPlace('/t/acme/members')).toEqual({ slug: 'acme', page: '/members' })
  for (const path of ['/t/', '/t/Acme', '/t/acme/a/b', '/t/acme//evil.test', '/dashboard']) expect(sharedPlace(path)).toBeNull()
})

test.each([
  ['/members', '/members'],
  ['//evil.test', '/dashboard'],
  ['/\\evil.test', '/dashboard'],
  ['https://evil.test', '/dashboard'],
  ['/auth/login', '/dashboard'],
  ['javascript:alert(1)', '/dashboard'],
])('after signing in, %s leads to %s', (next, place) => {
  window.history.replaceState(null, '', `/auth/login?next=${encodeURIComponent(next)}`)
  expect(nextPlace()).toBe(place)
})

test('a token is taken out of the address bar', () => {
  window.history.replaceState(null, '', '/auth/reset#token=secret')
  expect(takeToken('token')).toBe('secret')
  expect(window.location.href).not.toContain('secret')
  expect(takeToken('token')).toBeNull()
})

test('days of the filter include both ends', () => {
  const query = queryOf({ action: '', actor: 'half an addr', from: '2026-11-01', to: '2026-11-01' })
  expect(new Date(query.to!).getTime() - new Date(query.from!).getTime()).toBe(24 * 3600 * 1000)
  expect(query.actor).toBeUndefined()
})

test('names of things', () => {
  expect(slugOf('Société Générale, Ltd.')).toBe('societe-generale-ltd')
  expect(deviceOf('Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0')).toBe('Firefox on Linux')
  expect(deviceOf('curl/8.1')).toBe('curl/8.1')
})
