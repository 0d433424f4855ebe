'use client'

import { useEffect, useState } from 'react'

/** Where a person wanted to go before they were asked to sign in: a path of this console, or the overview. */
export function nextPlace(): string {
  const next = new URLSearchParams(window.location.search).get('next') ?? ''
  // One slash and no backslash: anything else could lead to another site.
  return /^\/(?![/\\])[\w/-]*$/.test(next) && !next.startsWith('/auth/') ? next : '/dashboard'
}

/** Takes a one-use token out of the fragment, "#invitation=…", and out of the address bar and history. */
export function takeToken(name: string): string | null {
  const token = new URLSearchParams(window.location.hash.slice(1)).get(name)
  if (token) window.history.replaceState(window.history.state, '', window.location.pathname + window.location.search)
  return token
}

/** The one-use token that the page was opened with, or that a link brought while it was open. */
export function useToken(name: string): string | null {
  const [token, setToken] = useState<string | null>(null)
  useEffect(() => {
    const take = () => setToken((before) => takeToken(name) ?? before)
    take()
    window.addEventListener('hashchange', take)
    return () => window.removeEventListener('hashchange', take)
  }, [name])
  return token
}
