'use client'

import { useState } from 'react'
import { Button } from '@/components/ui/Button'
import { Choices } from '@/components/ui/Choices'
import { TextArea } from '@/components/ui/Field'
import { Failure } from '@/components/ui/Notice'
import { Section } from '@/components/ui/Parts'
import { useToast } from '@/components/ui/Toasts'
import { useTenantManagement } from '@/contexts/TenantManagementContext'
import { useForm } from '@/hooks/useForm'
import { useTenant } from '@/hooks/useTenant'
import type { Schemas } from '@/services/api'

type Policy = Schemas['JoinPolicy']

/** Who may join without an invitation. */
export function JoinPolicy() {
  const { tenant, can } = useTenant()
  const { setConfig } = useTenantManagement()
  const say = useToast()
  const stored = tenant?.config.join_policy ?? 'closed'
  const storedDomains = (tenant?.config.allowed_email_domains ?? []).join('\n')
  const [policy, setPolicy] = useState<Policy | null>(null)
  const [domains, setDomains] = useState<string | null>(null)
  const chosen = policy ?? stored
  const { busy, error, submit } = useForm(async () => {
    // The domains first: a policy without them would let nobody in, or the wrong people.
    if (chosen === 'domain' && domains !== null) await setConfig('allowed_email_domains', listOf(domains))
    if (policy !== null) await setConfig('join_policy', policy)
    setPolicy(null)
    setDomains(null)
    say('Saved.')
  })
  return (
    <Section title="Joining" lead="Who may come in without being invited.">
      <form className="flex flex-col gap-4" onSubmit={submit}>
        <Choices
          legend="Who may join"
          bare
          value={chosen}
          onChoose={setPolicy}
          disabled={!can('admin')}
          choices={[
            { value: 'closed', label: 'Nobody', hint: 'Admins add and invite people' },
            { value: 'domain', label: 'People of certain mail domains', hint: 'Once their address is verified' },
            { value: 'open', label: 'Everybody', hint: 'The workspace is listed at registration' },
          ]}
        />
        {chosen === 'domain' && (
          <TextArea label="Mail domains" rows={3} disabled={!can('admin')} value={domains ?? storedDomains} onChange={(e) => setDomains(e.target.value)} placeholder="example.com" hint="One a line." error={error?.violations[0]?.detail} spellCheck={false} />
        )}
        {error && <Failure error={error} />}
        {can('admin') && (
          <div>
            <Button type="submit" look="main" busy={busy} disabled={policy === null && domains === null}>
              Save
            </Button>
          </div>
        )}
      </form>
    </Section>
  )
}

function listOf(text: string): string[] {
  return [...new Set(text.toLowerCase().split(/[\s,;]+/).map((domain) => domain.replace(/^@/, '')).filter(Boolean))]
}
