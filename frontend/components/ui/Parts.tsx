import { useId, type ReactNode } from 'react'
import { initials } from '@/lib/words'

/** The name of a page, and what can be done on it. */
export function PageHead({ title, children, lead }: { title: string; children?: ReactNode; lead?: ReactNode }) {
  return (
    <header className="mb-7 flex flex-wrap items-end justify-between gap-x-6 gap-y-4">
      <div className="min-w-0">
        <h1 className="title text-2xl md:text-3xl">{title}</h1>
        {lead && <p className="mt-1 text-ink-2">{lead}</p>}
      </div>
      {children && <div className="flex flex-wrap items-center gap-2">{children}</div>}
    </header>
  )
}

/** A part of a page, with its name on the left where there is room. */
export function Section({ title, lead, children }: { title: string; lead?: ReactNode; children: ReactNode }) {
  const heading = useId()
  return (
    <section aria-labelledby={heading} className="grid gap-x-12 gap-y-4 border-t border-line py-8 first-of-type:border-t-0 first-of-type:pt-0 lg:grid-cols-[15rem_minmax(0,34rem)]">
      <div>
        <h2 id={heading} className="text-lg font-semibold tracking-tight">{title}</h2>
        {lead && <div className="mt-1 text-sm text-ink-2">{lead}</div>}
      </div>
      <div className="flex min-w-0 flex-col gap-4">{children}</div>
    </section>
  )
}

/** Two letters in a circle; people are round and tenants are square. */
export function Mark({ name, square, logo, large }: { name: string; square?: boolean; logo?: string; large?: boolean }) {
  const size = large ? 'size-10 text-base' : 'size-7 text-[0.6875rem]'
  const form = square ? 'rounded-md bg-accent text-accent-ink' : 'rounded-full bg-sunken text-ink-2 ring-1 ring-line ring-inset'
  return (
    <span aria-hidden className={`grid shrink-0 place-items-center overflow-hidden font-semibold tracking-wide ${size} ${form}`}>
      {logo ? <img src={logo} alt="" className="size-full bg-surface object-contain" referrerPolicy="no-referrer" /> : initials(name)}
    </span>
  )
}

const roleLooks: Record<string, string> = {
  admin: 'border-accent-text text-accent-text',
  member: 'border-line-2 text-ink-2',
  viewer: 'border-line-2 border-dashed text-ink-2',
}

/** A role, told by its word first and its frame second. */
export function RoleTag({ role }: { role: string }) {
  return <span className={`inline-block rounded-full border px-2 text-xs leading-5 ${roleLooks[role] ?? roleLooks.member}`}>{role}</span>
}

/** A word with a dot, for states of things. */
export function Dot({ tone, children }: { tone: 'good' | 'wait' | 'bad' | 'off'; children: ReactNode }) {
  const colors = { good: 'bg-good', wait: 'bg-wait', bad: 'bg-bad', off: 'bg-line-2' }
  return (
    <span className="inline-flex items-center gap-2 whitespace-nowrap">
      <span aria-hidden className={`size-2 rounded-full ${colors[tone]}`} />
      {children}
    </span>
  )
}

/** Where something will be: the same height, so that nothing jumps. */
export function Skeleton({ className = '' }: { className?: string }) {
  return <span aria-hidden className={`skeleton block ${className}`} />
}

/** Rows that are not there yet. */
export function SkeletonRows({ rows = 6, label }: { rows?: number; label: string }) {
  return (
    <div role="status" aria-label={label} className="divide-y divide-line">
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} className="flex h-13 items-center gap-4 px-4">
          <Skeleton className="size-7 rounded-full" />
          <Skeleton className="h-3 w-1/3" />
          <Skeleton className="ml-auto h-3 w-16" />
        </div>
      ))}
    </div>
  )
}

/** A sheet of paper that rows lie on. */
export function Sheet({ children, className = '' }: { children: ReactNode; className?: string }) {
  return <div className={`overflow-hidden rounded-lg border border-line bg-surface ${className}`}>{children}</div>
}
