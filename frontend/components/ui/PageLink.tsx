'use client'

import { useRouter } from 'next/navigation'
import type { AnchorHTMLAttributes, MouseEvent } from 'react'

/**
 * A link to a page of this app: a plain click goes there without loading anew, by
 * `page`; everything else (a new tab, copying) by `href`. The page is fetched when
 * the pointer comes near, so that a first load brings no other page along.
 */
export function PageLink({ page, href = page, ...rest }: { page: string } & AnchorHTMLAttributes<HTMLAnchorElement>) {
  const router = useRouter()
  const follow = (event: MouseEvent<HTMLAnchorElement>) => {
    rest.onClick?.(event)
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
    event.preventDefault()
    router.push(page)
  }
  return <a {...rest} href={href} onClick={follow} onPointerEnter={() => router.prefetch(page)} />
}
