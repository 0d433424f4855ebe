'use client'

import { lazy, Suspense, type ComponentType } from 'react'

/** A component that is fetched when it is first shown: what a click opens is no part of the page's first load. */
export function later<P extends object>(load: () => Promise<{ default: ComponentType<P> }>) {
  const Loaded = lazy(load)
  return function Later(props: P) {
    return (
      <Suspense>
        <Loaded {...props} />
      </Suspense>
    )
  }
}
