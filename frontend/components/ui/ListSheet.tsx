import type { ReactNode } from 'react'
import type { List } from '@/hooks/useTenantData'
import { Button } from './Button'
import { Failure } from './Notice'
import { Sheet, SkeletonRows } from './Parts'

/**
 * A paged list on a sheet: rows that are not there yet, the rows, what stands for
 * none, what went wrong, and a button for the next page.
 */
export function ListSheet<T>({ list, loading, empty, children }: {
  list: Pick<List<T>, 'items' | 'error' | 'more' | 'loadingMore' | 'refresh'>
  /** What screen readers are told while nothing is there yet. */
  loading: string
  empty: ReactNode
  /** The row of one item, an <li> with a key. */
  children: (item: T) => ReactNode
}) {
  const { items, error, more } = list
  return (
    <>
      {error && error.violations.length === 0 && (
        <div className="mb-3">
          <Failure error={error} retry={list.refresh} />
        </div>
      )}
      {(items || !error) && (
        <Sheet>
          {!items && <SkeletonRows label={loading} />}
          {items?.length === 0 && empty}
          {items && items.length > 0 && <ul className="divide-y divide-line">{items.map(children)}</ul>}
        </Sheet>
      )}
      {more && (
        <div className="mt-3 text-center">
          <Button busy={list.loadingMore} onClick={more}>
            Show more
          </Button>
        </div>
      )}
    </>
  )
}
