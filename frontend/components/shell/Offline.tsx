'use client'

import { useSyncExternalStore } from 'react'

function subscribe(listener: () => void) {
  window.addEventListener('online', listener)
  window.addEventListener('offline', listener)
  return () => {
    window.removeEventListener('online', listener)
    window.removeEventListener('offline', listener)
  }
}

/** Says that there is no connection, for as long as there is none. */
export function Offline() {
  const online = useSyncExternalStore(subscribe, () => navigator.onLine, () => true)
  return (
    <div role="status" aria-live="polite">
      {!online && <p className="bg-wait-soft px-4 py-2 text-center text-sm text-ink">You are offline. What is shown may be old; it is read again once the connection is back.</p>}
    </div>
  )
}
