'use client'

import { Failure } from '@/components/ui/Notice'
import { Sheet, Skeleton } from '@/components/ui/Parts'
import { TabLink } from '@/components/ui/TabLink'
import { useSeats } from '@/hooks/useSeats'
import { useTenant } from '@/hooks/useTenant'
import { count } from '@/lib/words'
import type { Schemas } from '@/services/api'

/** One box a seat up to here; a bar above. */
const boxesUpTo = 60

/** Members, people who are asked in, and what is free. */
export function Seats() {
  const { can } = useTenant()
  const { data, error, refresh } = useSeats()
  return (
    <Sheet className="flex min-h-56 flex-col p-5">
      <h2 className="text-ink-3">Seats</h2>
      {data && <Taken seats={data} />}
      {!data && error && (
        <div className="my-auto">
          <Failure error={error} retry={refresh} />
        </div>
      )}
      {!data && !error && <Loading />}
      {data && (
        <p className="mt-auto pt-4 text-sm text-ink-2">
          {data.available > 0 ? `${count(data.available, 'seat')} free.` : 'No seat is free: nobody can be added before somebody leaves.'}{' '}
          {can('admin') && data.available > 0 && (
            <TabLink page="/members" className="text-accent-text underline decoration-1 underline-offset-3">
              Add people
            </TabLink>
          )}
        </p>
      )}
    </Sheet>
  )
}

function Taken({ seats }: { seats: Schemas['SeatCount'] }) {
  const pending = Math.max(0, seats.max_users - seats.available - seats.count)
  return (
    <>
      <p className="mt-1 flex items-baseline gap-2">
        <span className="title figures text-3xl">{seats.count.toLocaleString()}</span>
        <span className="text-ink-2">of {seats.max_users.toLocaleString()} taken{pending > 0 && `, ${pending.toLocaleString()} more held by invitations`}</span>
      </p>
      {seats.max_users <= boxesUpTo ? <Boxes members={seats.count} pending={pending} max={seats.max_users} /> : <Bar members={seats.count} pending={pending} max={seats.max_users} />}
    </>
  )
}

interface Share {
  members: number
  pending: number
  max: number
}

function Boxes({ members, pending, max }: Share) {
  return (
    <div aria-hidden className="mt-4 flex flex-wrap gap-[5px]">
      {Array.from({ length: max }, (_, seat) => (
        <span
          key={seat}
          className={`h-6 w-3 rounded-[3px] border ${
            seat < members ? 'border-accent bg-accent' : seat < members + pending ? 'border-accent-text bg-[repeating-linear-gradient(135deg,var(--accent-text)_0_1.5px,transparent_1.5px_4px)]' : 'border-line-2'
          }`}
        />
      ))}
    </div>
  )
}

function Bar({ members, pending, max }: Share) {
  return (
    <svg aria-hidden viewBox="0 0 1000 10" preserveAspectRatio="none" className="mt-5 h-2.5 w-full rounded-full bg-line">
      <rect width={(1000 * members) / max} height="10" fill="var(--accent)" />
      <rect x={(1000 * members) / max} width={(1000 * pending) / max} height="10" fill="var(--accent-text)" opacity="0.4" />
    </svg>
  )
}

function Loading() {
  return (
    <div role="status" aria-label="Loading seats">
      <Skeleton className="mt-2.5 h-8 w-40" />
      <Skeleton className="mt-5 h-6 w-full" />
    </div>
  )
}
