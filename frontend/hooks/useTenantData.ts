'use client'

import { useRef, useState } from 'react'
import useSWR, { type SWRConfiguration } from 'swr'
import { isProblem, type ApiError } from '@/services/api'
import { useTenant } from './useTenant'

/** One thing that has been asked for, and how that went. */
export interface Data<T> {
  data: T | undefined
  error: ApiError | null
  /** Nothing is there yet, and something is on its way. */
  loading: boolean
  refresh: () => void
}

/**
 * Something of this tab's tenant. Its key begins with the tenant's id, so what
 * belongs to one tenant is never shown in another.
 */
export function useTenantData<T>(name: string | null, ask: (tenant: string) => Promise<T>, options?: SWRConfiguration<T, unknown>): Data<T> {
  const { tenant } = useTenant()
  const key = tenant && name ? [tenant.id, name] : null
  const { data, error, isLoading, mutate } = useSWR<T, unknown>(key, () => ask(tenant!.id), { shouldRetryOnError: false, ...options })
  return { data, error: isProblem(error) ? error : null, loading: isLoading || !tenant, refresh: () => void mutate() }
}

interface Page {
  next_cursor: string | null
}

export interface List<T> extends Omit<Data<T[]>, 'data'> {
  items: T[] | undefined
  /** Asks for the next page; null where there is none. */
  more: (() => void) | null
  loadingMore: boolean
}

/**
 * A paged list of this tab's tenant, keyed as useTenantData keys. The scope names
 * the list and its filters. Reading again reads as many pages as are shown.
 */
export function useTenantList<P extends Page, T>(
  scope: string | null,
  ask: (tenant: string, cursor: string | undefined) => Promise<P>,
  itemsOf: (page: P) => T[],
): List<T> {
  const { tenant } = useTenant()
  const id = tenant?.id
  const key = id && scope ? [id, scope] : null
  const shown = useRef({ key: '', pages: 1 })
  const [loadingMore, setLoadingMore] = useState(false)
  const name = key?.join(' ') ?? ''
  const { data, error, isLoading, mutate } = useSWR<P[], unknown>(
    key,
    async () => {
      if (shown.current.key !== name) shown.current = { key: name, pages: 1 }
      const pages: P[] = []
      do {
        pages.push(await ask(id!, pages.at(-1)?.next_cursor ?? undefined))
      } while (pages.length < shown.current.pages && pages.at(-1)?.next_cursor)
      return pages
    },
    { shouldRetryOnError: false },
  )
  const cursor = data?.at(-1)?.next_cursor
  const more = async () => {
    setLoadingMore(true)
    try {
      const next = await ask(id!, cursor!)
      shown.current = { key: name, pages: (data?.length ?? 0) + 1 }
      await mutate((pages = []) => [...pages, next], { revalidate: false })
    } catch {
      void mutate() // says what is wrong in the place of the list
    } finally {
      setLoadingMore(false)
    }
  }
  return {
    items: data?.flatMap(itemsOf),
    error: isProblem(error) ? error : null,
    loading: isLoading || !id,
    loadingMore,
    more: cursor ? () => void more() : null,
    refresh: () => void mutate(),
  }
}
