/**
 * Which tenant this tab works in. sessionStorage is the tab's own: choosing here
 * moves no other tab, and a reload stays where it was.
 */
const key = 'tenantgate.tenant'

/** The id or slug of the tab's tenant, or null. */
export function selectedTenant(): string | null {
  try {
    return window.sessionStorage.getItem(key)
  } catch {
    return null // storage may be forbidden: then the tenant is the person's current one
  }
}

/** Chooses the tab's tenant; null: none. */
export function selectTenant(reference: string | null): void {
  try {
    if (reference) window.sessionStorage.setItem(key, reference)
    else window.sessionStorage.removeItem(key)
  } catch {
    // see above
  }
}

/** The tenant and the page that a shareable URL names, `/t/{slug}/members`. */
export function sharedPlace(pathname: string): { slug: string; page: string } | null {
  const match = /^\/t\/([a-z0-9][a-z0-9-]{0,61}[a-z0-9])(?:\/([a-z]+))?\/?$/.exec(pathname)
  return match ? { slug: match[1]!, page: `/${match[2] ?? 'dashboard'}` } : null
}
