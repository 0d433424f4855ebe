'use client'

/** A workspace that a person deleted in this browser, to be brought back. */
export interface Deleted {
  id: string
  name: string
}

const keyOf = (user: string) => `tenantgate.deleted.${user}`

/** The one that was deleted last here, or null. A list of all is not in the API. */
export function lastDeleted(user: string): Deleted | null {
  try {
    const stored = JSON.parse(window.localStorage.getItem(keyOf(user)) ?? 'null') as Deleted | null
    return typeof stored?.id === 'string' && typeof stored.name === 'string' ? stored : null
  } catch {
    return null
  }
}

/** Remembers it; null forgets it. */
export function rememberDeleted(user: string, tenant: Deleted | null): void {
  try {
    if (tenant) window.localStorage.setItem(keyOf(user), JSON.stringify(tenant))
    else window.localStorage.removeItem(keyOf(user))
  } catch {
    // then it is restored by the API
  }
}
