import type { ReactNode } from 'react'
import type { ApiError } from '@/services/problem'
import { explain } from '@/lib/words'
import { Button } from './Button'

type Tone = 'plain' | 'bad' | 'wait' | 'good'

const tones: Record<Tone, string> = {
  plain: 'border-line bg-sunken',
  bad: 'border-bad/35 bg-bad-soft',
  wait: 'border-wait/35 bg-wait-soft',
  good: 'border-good/35 bg-sunken',
}

/** Something that has to be said in its place. */
export function Notice({ tone = 'plain', title, children, action }: { tone?: Tone; title?: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <div role={tone === 'bad' ? 'alert' : 'status'} className={`appear flex flex-wrap items-center gap-x-4 gap-y-2 rounded-lg border px-4 py-3 ${tones[tone]}`}>
      <div className="min-w-0 flex-1 basis-60">
        {title && <p className="font-medium">{title}</p>}
        {children && <div className="text-ink-2">{children}</div>}
      </div>
      {action}
    </div>
  )
}

/** What a call was refused with, by which name the gateway knows it, and another try. */
export function Failure({ error, retry }: { error: ApiError; retry?: () => void }) {
  return (
    <Notice
      tone="bad"
      action={
        retry && (
          <Button small onClick={retry}>
            Try again
          </Button>
        )
      }
    >
      {explain(error)}
      {error.requestId && <RequestID id={error.requestId} />}
    </Notice>
  )
}

/** What to tell support. */
export function RequestID({ id }: { id: string }) {
  return (
    <span className="mt-0.5 block text-xs text-ink-3">
      Request <code className="font-mono break-all select-all">{id}</code>
    </span>
  )
}

/** Nothing here, and why, and what to do about it. */
export function Empty({ title, children, action }: { title: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <div className="appear flex flex-col items-center gap-1 px-6 py-14 text-center">
      <p className="title text-xl">{title}</p>
      {children && <div className="max-w-sm text-ink-2">{children}</div>}
      {action && <div className="mt-3">{action}</div>}
    </div>
  )
}
