/**
 * The browser's session: cookies that JavaScript cannot read. All tabs share it, so
 * all of them must agree on who renews it: a refresh token that is used twice ends
 * the session.
 */

const lock = 'tenantgate:session'
const renewedKey = 'tenantgate.renewed'
const hintKey = 'tenantgate.session'

let running: Promise<boolean> | undefined

/**
 * Renews the session once, however many calls and tabs ask for it. A call says
 * when it was sent: where another tab has renewed since, there is nothing to do.
 * It resolves to whether there is a session now, and rejects where nobody can tell.
 */
export function renew(sentAt: number, post: () => Promise<boolean>): Promise<boolean> {
  running ??= exclusively(async () => {
    if (Number(read(renewedKey)) > sentAt) return true
    const renewed = await post()
    if (renewed) write(renewedKey, String(Date.now()))
    return renewed
  }).finally(() => {
    running = undefined
  })
  return running
}

/** Runs act while no other tab runs it. Without the lock (no secure context) only this tab is held back. */
async function exclusively<T>(act: () => Promise<T>): Promise<T> {
  if (typeof navigator === 'undefined' || !navigator.locks) return act()
  return await navigator.locks.request(lock, act)
}

/** Remembers, for all tabs, whether somebody is signed in here: a hint, never a proof. */
export function remember(signedIn: boolean): void {
  // Always the same text: other tabs hear of changes, and answering one with another
  // would have two tabs wake each other without end.
  write(hintKey, signedIn ? 'yes' : '')
}

/** Whether somebody was signed in here when last heard of. */
export function remembered(): boolean {
  return read(hintKey) !== ''
}

/** Calls back when another tab signs in or out. The result ends it. */
export function onOtherTab(signedIn: (yes: boolean) => void): () => void {
  const listen = (event: StorageEvent) => {
    if (event.key === hintKey) signedIn(Boolean(event.newValue))
  }
  window.addEventListener('storage', listen)
  return () => window.removeEventListener('storage', listen)
}

function read(key: string): string {
  try {
    return window.localStorage.getItem(key) ?? ''
  } catch {
    return '' // storage may be forbidden
  }
}

function write(key: string, value: string): void {
  try {
    if (value) window.localStorage.setItem(key, value)
    else window.localStorage.removeItem(key)
  } catch {
    // storage may be forbidden: then tabs know nothing of each other
  }
}
