import { render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, test, vi } from 'vitest'
import { Verify } from '@/components/auth/Verify'
import { Providers } from '@/components/shell/Providers'
import { useSession } from '@/contexts/SessionContext'
import { useTenantData } from '@/hooks/useTenantData'
import { remember } from '@/services/session'
import { acme, ann, standIn } from './gateway'

vi.mock('next/navigation', () => ({ useRouter: () => ({ replace: () => undefined, push: () => undefined, prefetch: () => undefined }) }))
window.matchMedia ??= ((query: string) => ({ matches: false, media: query, addEventListener: () => undefined, removeEventListener: () => undefined })) as unknown as typeof window.matchMedia

test('a link that somebody who is signed in opens keeps its token while they are looked up', async () => {
  remember(true)
  window.history.replaceState(null, '', '/auth/verify#token=tgv_1')
  const log = standIn({ 'GET /me': ann, 'GET /tenant': acme, 'POST /auth/email/verify/confirm': '' })
  render(<Providers><Verify /></Providers>)
  await vi.waitFor(() => expect(log.some((sent) => sent.url === '/tenant')).toBe(true)) // by now it is known who is here
  await userEvent.click(screen.getByRole('button', { name: 'Verify' }))
  await screen.findByText('Your address is verified')
  expect(log.find((sent) => sent.url.endsWith('/confirm'))?.body).toEqual({ token: 'tgv_1' })
  expect(window.location.hash).toBe('')
})

test('what one person has read is never shown to the next, not even in the same tenant', async () => {
  window.history.replaceState(null, '', '/dashboard')
  const bea = { ...ann, id: 'u2', email: 'bea@acme.test', name: 'Bea' }
  let me = ann
  let answer: ((secret: string) => void) | undefined
  standIn({
    'GET /me': () => me,
    'GET /tenant': acme,
    'POST /auth/logout': '',
    'POST /auth/login': { tenant: acme },
  })
  function Who() {
    const { user, signOut, signIn } = useSession()
    const { data } = useTenantData('secret', async () => (me === ann ? 'what Ann may see' : new Promise<string>((resolve) => (answer = resolve))))
    return (
      <>
        <p>{`${user?.name ?? 'nobody'}: ${data ?? 'nothing'}`}</p>
        <button onClick={() => void signOut()}>out</button>
        <button onClick={() => void signIn('bea@acme.test', 'x')}>in</button>
      </>
    )
  }
  render(<Providers><Who /></Providers>)
  await screen.findByText('Ann: what Ann may see')
  await userEvent.click(screen.getByText('out'))
  await screen.findByText('nobody: nothing')
  me = bea
  await userEvent.click(screen.getByText('in'))
  await vi.waitFor(() => expect(answer).toBeDefined())
  expect(screen.getByText('Bea: nothing')).toBeInTheDocument()
  answer?.('what Bea may see')
  await screen.findByText('Bea: what Bea may see')
})
