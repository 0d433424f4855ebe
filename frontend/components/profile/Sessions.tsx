'use client'

import { useId, useState } from 'react'
import useSWR from 'swr'
import { Button } from '@/components/ui/Button'
import { Confirm } from '@/components/ui/Confirm'
import { Failure } from '@/components/ui/Notice'
import { Section, Sheet, SkeletonRows } from '@/components/ui/Parts'
import { useToast } from '@/components/ui/Toasts'
import { useSession } from '@/contexts/SessionContext'
import { useForm } from '@/hooks/useForm'
import { ago } from '@/lib/words'
import { api, isProblem, type Schemas } from '@/services/api'

/** Where the person is signed in, and how to end that. */
export function Sessions() {
  const { user, signOut } = useSession()
  const [everywhere, setEverywhere] = useState(false)
  const { data, error, mutate } = useSWR(['sessions', user?.id], async () => (await api.get('/me/sessions', { query: { limit: 100 } })).sessions, { shouldRetryOnError: false })
  return (
    <Section title="Sessions" lead="Browsers and programs that are signed in as you.">
      {isProblem(error) && <Failure error={error} retry={() => void mutate()} />}
      <Sheet>
        {!data && !error && <SkeletonRows rows={2} label="Loading sessions" />}
        {data && (
          <ul className="divide-y divide-line">
            {data.map((session) => (
              <SessionRow key={session.id} session={session} onEnded={() => void mutate()} />
            ))}
          </ul>
        )}
      </Sheet>
      <div>
        <Button look="danger" onClick={() => setEverywhere(true)}>
          Sign out everywhere
        </Button>
      </div>
      {everywhere && (
        <Confirm title="Sign out everywhere?" verb="Sign out everywhere" onConfirm={() => signOut(true)} onClose={() => setEverywhere(false)}>
          All your sessions end at once, this one too.
        </Confirm>
      )}
    </Section>
  )
}

function SessionRow({ session, onEnded }: { session: Schemas['Session']; onEnded: () => void }) {
  const say = useToast()
  const { busy, error, submit } = useForm(async () => {
    await api.delete('/me/sessions/{id}', { path: { id: session.id } })
    say('The session has ended.')
    onEnded()
  })
  const name = deviceOf(session.user_agent)
  const times = useId() // tells browsers of one kind apart
  return (
    <li className="flex flex-col gap-2 px-4 py-2.5">
      <div className="flex items-center gap-3">
        <p className="min-w-0 flex-1">
          <span className="block truncate" title={session.user_agent}>
            {name}
          </span>
          <span id={times} className="block text-sm text-ink-3">{session.current ? 'this one' : `used ${ago(session.last_used_at)}`}, signed in {ago(session.created_at)}</span>
        </p>
        {!session.current && (
          <Button small look="quiet" busy={busy} onClick={() => void submit()} aria-label={`End the session of ${name}`} aria-describedby={times}>
            End
          </Button>
        )}
      </div>
      {error && <Failure error={error} />}
    </li>
  )
}

/** "Firefox on Linux", where the client says so much. */
export function deviceOf(agent: string): string {
  const browser = /Edg\//.test(agent) ? 'Edge' : /Firefox\//.test(agent) ? 'Firefox' : /Chrome\/|Chromium\//.test(agent) ? 'Chrome' : /Safari\//.test(agent) ? 'Safari' : ''
  const system = /iPhone|iPad/.test(agent) ? 'iOS' : /Android/.test(agent) ? 'Android' : /Mac OS X/.test(agent) ? 'macOS' : /Windows/.test(agent) ? 'Windows' : /Linux/.test(agent) ? 'Linux' : ''
  if (browser && system) return `${browser} on ${system}`
  return browser || agent.split(' ')[0] || 'Unknown client'
}
