'use client'

import { createContext, useCallback, useContext, useEffect, useMemo, useState, type ReactNode } from 'react'
import { api, ApiError, isProblem, type Schemas } from '@/services/api'
import { onOtherTab, remember, remembered } from '@/services/session'
import { selectTenant } from '@/services/selection'

export type Profile = Schemas['Profile']

/** Who uses this browser. */
export interface Session {
  /** `unknown` until the gateway has been asked; `failed` where it could not be. */
  status: 'unknown' | 'in' | 'out' | 'failed'
  user: Profile | null
  error: ApiError | null
  /** Asks the gateway (again) who this is. */
  reload: () => Promise<void>
  signIn: (email: string, password: string) => Promise<Schemas['SignedIn']>
  register: (registration: Omit<Schemas['Registration'], 'cookie'>) => Promise<Schemas['SignedIn']>
  /** Ends this session, or with everywhere all of the person's. */
  signOut: (everywhere?: boolean) => Promise<void>
}

const SessionContext = createContext<Session | null>(null)

/**
 * Knows who is signed in. The session is in cookies that no script can read, so
 * the gateway is asked; on pages for strangers only if somebody was signed in here before.
 */
export function SessionProvider({ children }: { children: ReactNode }) {
  const [state, setState] = useState<Pick<Session, 'status' | 'user' | 'error'>>({ status: 'unknown', user: null, error: null })

  const reload = useCallback(async () => {
    try {
      const user = await api.get('/me')
      remember(true)
      setState({ status: 'in', user, error: null })
    } catch (error) {
      if (isProblem(error) && error.signedOut) setState({ status: 'out', user: null, error: null })
      else if (isProblem(error)) setState((was) => (was.user ? was : { status: 'failed', user: null, error }))
    }
  }, [])

  useEffect(() => {
    // A page for strangers does not ask about people who were never here.
    if (window.location.pathname.startsWith('/auth/') && !remembered()) setState({ status: 'out', user: null, error: null })
    else void reload()
  }, [reload])

  useEffect(() => onOtherTab((yes) => (yes ? void reload() : setState({ status: 'out', user: null, error: null }))), [reload])

  // Whatever call finds the session gone says so for the whole page.
  useEffect(
    () =>
      api.onRefused((error) => {
        if (error.signedOut) setState({ status: 'out', user: null, error: null })
      }),
    [],
  )

  const session = useMemo<Session>(() => {
    const arrive = async (signedIn: Schemas['SignedIn']) => {
      selectTenant(signedIn.tenant?.id ?? null)
      await reload()
      return signedIn
    }
    return {
      ...state,
      reload,
      signIn: async (email, password) => arrive(await api.post('/auth/login', { body: { email, password, cookie: true } })),
      register: async (registration) => arrive(await api.post('/auth/register', { body: { ...registration, cookie: true } })),
      signOut: async (everywhere = false) => {
        try {
          await api.post('/auth/logout', { body: { all: everywhere } })
        } catch (error) {
          if (!isProblem(error) || !error.signedOut) throw error
        }
        remember(false)
        selectTenant(null)
        setState({ status: 'out', user: null, error: null })
      },
    }
  }, [state, reload])

  return <SessionContext value={session}>{children}</SessionContext>
}

/** Who uses this browser. Only below a SessionProvider. */
export function useSession(): Session {
  const session = useContext(SessionContext)
  if (!session) throw new Error('useSession needs a SessionProvider above it')
  return session
}
