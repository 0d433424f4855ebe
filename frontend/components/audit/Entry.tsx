'use client'

import { Gate } from '@/components/ui/Icon'
import { RequestID } from '@/components/ui/Notice'
import { Mark } from '@/components/ui/Parts'
import { ago, minuteOf } from '@/lib/words'
import type { Schemas } from '@/services/api'

const verbs: Record<string, string> = {
  'member.added': 'added',
  'member.removed': 'removed',
  'member.changed': 'changed the role of',
  'member.left': 'left',
  'invitation.created': 'invited',
  'invitation.resent': 'resent the invitation to',
  'invitation.revoked': 'took back the invitation of',
  'invitation.accepted': 'accepted the invitation for',
  'config.set': 'set',
  'config.deleted': 'reset',
  'tenant.created': 'created the workspace',
  'tenant.changed': 'changed the workspace',
  'tenant.deleted': 'deleted the workspace',
  'tenant.restored': 'restored the workspace',
  'tenant.suspended': 'suspended the workspace',
  'tenant.activated': 'activated the workspace',
  'tenant.domain_proven': 'proved the domain',
  'user.switched': 'switched to the workspace',
  'user.registered': 'registered',
}

const uuid = /^[0-9a-f]{8}-[0-9a-f-]{27}$/

/** One thing that was done, with its details behind a click. */
export function Entry({ entry }: { entry: Schemas['AuditEntry'] }) {
  const who = entry.actor ? entry.actor.name || entry.actor.email || 'Somebody whose account is gone' : 'The gateway or an operator'
  const details = Object.entries(entry.detail)
  return (
    <li>
      <details className="group">
        <summary className="flex list-none items-center gap-3 px-4 py-2.5 hover:bg-sunken focus-visible:-outline-offset-2 [&::-webkit-details-marker]:hidden">
          {entry.actor ? <Mark name={who} /> : <GateMark />}
          <span className="min-w-0 flex-1">
            <span className="font-medium">{who}</span> <span className="text-ink-2">{verbs[entry.action] ?? entry.action}</span> <span className="break-words">{targetOf(entry)}</span>
          </span>
          <time dateTime={entry.at} title={minuteOf(entry.at)} className="figures shrink-0 text-sm text-ink-3">
            {ago(entry.at)}
          </time>
        </summary>
        <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1 border-t border-line bg-sunken px-4 py-3 text-sm sm:pl-14">
          <dt className="text-ink-3">Action</dt>
          <dd>
            <code className="font-mono">{entry.action}</code>
          </dd>
          <dt className="text-ink-3">When</dt>
          <dd>{minuteOf(entry.at)}</dd>
          {entry.actor && (
            <>
              <dt className="text-ink-3">Who</dt>
              <dd className="break-all">{entry.actor.email}</dd>
            </>
          )}
          {details.map(([name, value]) => (
            <Detail key={name} name={name} value={value} />
          ))}
          <dt className="text-ink-3">Target</dt>
          <dd className="font-mono break-all">{entry.target}</dd>
          {entry.request_id && (
            <dd className="col-span-2">
              <RequestID id={entry.request_id} />
            </dd>
          )}
        </dl>
      </details>
    </li>
  )
}

function Detail({ name, value }: { name: string; value: unknown }) {
  return (
    <>
      <dt className="text-ink-3 first-letter:uppercase">{name.replaceAll('_', ' ')}</dt>
      <dd className="break-all">{typeof value === 'string' ? value : <code className="font-mono">{JSON.stringify(value)}</code>}</dd>
    </>
  )
}

/** Stands where nobody's letters could. */
function GateMark() {
  return (
    <span aria-hidden className="grid size-7 shrink-0 place-items-center rounded-full bg-sunken text-ink-2 ring-1 ring-line ring-inset">
      <Gate className="size-3.5" />
    </span>
  )
}

/** Whom or what it was done to, by a name that people know. */
function targetOf(entry: Schemas['AuditEntry']): string {
  const email = entry.detail.email
  if (typeof email === 'string') return email
  if (entry.action.startsWith('tenant.') || entry.action === 'user.switched' || entry.action === 'member.left') return ''
  return uuid.test(entry.target) ? '' : entry.target
}
