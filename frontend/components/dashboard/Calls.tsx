'use client'

import { Empty, Failure } from '@/components/ui/Notice'
import { Dot, Sheet, SkeletonRows } from '@/components/ui/Parts'
import { useTenant } from '@/hooks/useTenant'
import { useTenantData } from '@/hooks/useTenantData'
import { ago, count, minuteOf } from '@/lib/words'
import { api } from '@/services/api'

/** A call, as the demo call center behind the gateway tells of it. */
interface Call {
  id: string
  tenant_id: string
  queue: string
  agent?: string
  caller: string
  topic: string
  status: 'queued' | 'active' | 'ended'
  started_at: string
}

const states = {
  queued: { tone: 'wait', word: 'waiting' },
  active: { tone: 'good', word: 'talking' },
  ended: { tone: 'off', word: 'ended' },
} as const

/**
 * The calls of the tab's tenant. They come from the service behind the gateway,
 * which answers with those of the tenant that the gateway names to it.
 */
export function Calls() {
  const { tenant } = useTenant()
  const { data, error, loading, refresh } = useTenantData('calls', (id) => api.upstream<{ calls: Call[] }>('/calls', id), { refreshInterval: 10_000 })
  // The demo service has never heard of a workspace that was created here.
  const unknown = error !== null && (error.status === 401 || error.status === 404)
  const calls = data?.calls
  return (
    <section aria-labelledby="calls">
      <div className="mb-3 flex items-baseline justify-between gap-4">
        <h2 id="calls" className="text-lg font-semibold tracking-tight">
          Calls
        </h2>
        {calls && <p className="text-sm text-ink-3">{count(calls.filter((call) => call.status !== 'ended').length, 'open call')}</p>}
      </div>
      {error && !unknown && <Failure error={error} retry={refresh} />}
      <Sheet>
        {loading && <SkeletonRows rows={6} label="Loading calls" />}
        {(unknown || calls?.length === 0) && <Empty title="No calls yet">Once the call center takes calls for {tenant?.name}, they show up here.</Empty>}
        {calls && calls.length > 0 && <CallTable calls={calls} />}
      </Sheet>
    </section>
  )
}

function CallTable({ calls }: { calls: Call[] }) {
  return (
    <table className="w-full text-left">
      <thead className="text-sm text-ink-3 max-sm:sr-only">
        <tr className="border-b border-line">
          <th className="px-4 py-2 font-normal">Topic</th>
          <th className="px-4 py-2 font-normal">Caller</th>
          <th className="px-4 py-2 font-normal max-lg:hidden">Queue</th>
          <th className="px-4 py-2 font-normal">Agent</th>
          <th className="px-4 py-2 font-normal">State</th>
          <th className="px-4 py-2 text-right font-normal">Started</th>
        </tr>
      </thead>
      <tbody className="divide-y divide-line">
        {calls.map((call) => (
          <CallRow key={call.id} call={call} />
        ))}
      </tbody>
    </table>
  )
}

function CallRow({ call }: { call: Call }) {
  const state = states[call.status] ?? states.ended
  return (
    <tr className="max-sm:grid max-sm:grid-cols-[minmax(0,1fr)_auto] max-sm:gap-x-3 max-sm:px-4 max-sm:py-2.5">
      <td className="sm:px-4 sm:py-2.5">{call.topic}</td>
      <td className="figures text-ink-2 max-sm:order-3 max-sm:text-sm sm:px-4 sm:py-2.5">{call.caller}</td>
      <td className="text-ink-2 max-lg:hidden sm:px-4 sm:py-2.5">{call.queue}</td>
      <td className="text-ink-2 max-sm:hidden sm:px-4 sm:py-2.5">{call.agent ?? '–'}</td>
      <td className="text-ink-2 max-sm:order-2 sm:px-4 sm:py-2.5">
        <Dot tone={state.tone}>{state.word}</Dot>
      </td>
      <td className="figures text-right whitespace-nowrap text-ink-3 max-sm:order-4 max-sm:text-sm sm:px-4 sm:py-2.5">
        <time dateTime={call.started_at} title={minuteOf(call.started_at)}>
          {ago(call.started_at)}
        </time>
      </td>
    </tr>
  )
}
