'use client'

import { useState } from 'react'
import { Button } from '@/components/ui/Button'
import { TextField } from '@/components/ui/Field'
import { Icon } from '@/components/ui/Icon'
import { Failure } from '@/components/ui/Notice'
import { Section, Skeleton } from '@/components/ui/Parts'
import { useToast } from '@/components/ui/Toasts'
import { useTenantManagement } from '@/contexts/TenantManagementContext'
import { useForm } from '@/hooks/useForm'
import { useTenantData } from '@/hooks/useTenantData'
import { dayOf } from '@/lib/words'
import { api, type Schemas } from '@/services/api'

/** The workspace's own host, and the proof that it is theirs. */
export function Domain() {
  const { updateTenant, verifyDomain } = useTenantManagement()
  const say = useToast()
  const proof = useTenantData('domain', (id) => api.get('/tenants/{id}/domain', { path: { id } }))
  const [domain, setDomain] = useState('')
  const ask = useForm(async () => {
    await updateTenant({ domain: domain.trim().toLowerCase() })
    setDomain('')
  })
  const giveUp = useForm(async () => {
    await updateTenant({ domain: null })
    say('The domain was given up.')
  })
  const verify = useForm(async () => {
    const proven = await verifyDomain()
    say(`${proven.domain} is yours.`)
  })
  return (
    <Section title="Domain" lead="A host of your own, whose requests are this workspace’s. It is yours once a TXT record in its DNS says so.">
      {proof.error && <Failure error={proof.error} retry={proof.refresh} />}
      {proof.loading && !proof.data && <Skeleton className="h-9" />}
      {proof.data?.domain && (
        <div className="flex flex-wrap items-center justify-between gap-2">
          <p>
            <span className="font-medium">{proof.data.domain}</span>
            <span className="block text-sm text-ink-3">{proof.data.verified_at ? `Proven on ${dayOf(proof.data.verified_at)}` : 'Set by an operator'}</span>
          </p>
          <Button small look="danger" busy={giveUp.busy} onClick={() => void giveUp.submit()}>
            Give up
          </Button>
        </div>
      )}
      {proof.data?.pending_domain && <Pending proof={proof.data} busy={verify.busy} onVerify={() => void verify.submit()} />}
      {(verify.error ?? giveUp.error) && <Failure error={(verify.error ?? giveUp.error)!} />}
      {proof.data && (
        <form className="flex items-end gap-2" onSubmit={ask.submit}>
          <div className="flex-1">
            <TextField label={proof.data.domain || proof.data.pending_domain ? 'Another domain' : 'Domain'} required placeholder="calls.example.com" value={domain} onChange={(e) => setDomain(e.target.value)} error={ask.error?.about('/domain')} autoCapitalize="none" spellCheck={false} />
          </div>
          <Button type="submit" busy={ask.busy} disabled={!domain.trim()}>
            Set up
          </Button>
        </form>
      )}
      {ask.error && ask.error.violations.length === 0 && <Failure error={ask.error} />}
    </Section>
  )
}

function Pending({ proof, busy, onVerify }: { proof: Schemas['DomainProof']; busy: boolean; onVerify: () => void }) {
  return (
    <div className="flex flex-col gap-3 rounded-lg border border-line bg-sunken p-4">
      <p>
        To prove that <span className="font-medium">{proof.pending_domain}</span> is yours, add this record to its DNS:
      </p>
      <dl className="grid grid-cols-[auto_minmax(0,1fr)] items-start gap-x-4 gap-y-1.5 text-sm">
        <dt className="text-ink-3">Type</dt>
        <dd className="font-mono">TXT</dd>
        <dt className="text-ink-3">Name</dt>
        <dd>
          <Copyable text={proof.txt_name ?? ''} />
        </dd>
        <dt className="text-ink-3">Value</dt>
        <dd>
          <Copyable text={proof.txt_value ?? ''} />
        </dd>
      </dl>
      <div>
        <Button look="main" busy={busy} onClick={onVerify}>
          Check the record
        </Button>
      </div>
    </div>
  )
}

function Copyable({ text }: { text: string }) {
  const say = useToast()
  return (
    <span className="flex items-start gap-1">
      <code className="font-mono break-all select-all">{text}</code>
      <button type="button" aria-label={`Copy ${text}`} onClick={() => void navigator.clipboard?.writeText(text).then(() => say('Copied.'))} className="rounded p-0.5 text-ink-3 hover:text-ink">
        <Icon name="copy" className="size-3.5" />
      </button>
    </span>
  )
}
