'use client'

import type { AnchorHTMLAttributes } from 'react'
import { useTenant } from '@/hooks/useTenant'
import { PageLink } from './PageLink'

/**
 * A link to a page of the console. A plain click stays in this tab, which knows its
 * tenant; a new tab does not, so the address says which tenant it is for.
 */
export function TabLink({ page, ...rest }: { page: string } & AnchorHTMLAttributes<HTMLAnchorElement>) {
  const { tenant } = useTenant()
  return <PageLink page={page} href={tenant ? `/t/${tenant.slug}${page}` : page} {...rest} />
}
