'use client'

import { useRouter } from 'next/navigation'
import type { AnchorHTMLAttributes, MouseEvent } from 'react'
import { useTenant } from '@/hooks/useTenant'

/**
 * A link to a page of the console. A plain click stays in this tab, which knows its
 * tenant; a new tab does not, so the address says which tenant it is for.
 */
export function TabLink({ page, ...rest }: { page: string } & AnchorHTMLAttributes<HTMLAnchorElement>) {
  const router = useRouter()
  const { tenant } = useTenant()
  const follow = (event: MouseEvent<HTMLAnchorElement>) => {
    rest.onClick?.(event)
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
    event.preventDefault()
    router.push(page)
  }
  return <a {...rest} href={tenant ? `/t/${tenant.slug}${page}` : page} onClick={follow} onPointerEnter={() => router.prefetch(page)} />
}
