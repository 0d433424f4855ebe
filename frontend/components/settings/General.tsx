'use client'

import { useState } from 'react'
import { Button } from '@/components/ui/Button'
import { TextField } from '@/components/ui/Field'
import { Failure } from '@/components/ui/Notice'
import { Section } from '@/components/ui/Parts'
import { useToast } from '@/components/ui/Toasts'
import { useTenantManagement } from '@/contexts/TenantManagementContext'
import { useForm } from '@/hooks/useForm'
import { useTenant } from '@/hooks/useTenant'
import { useTenantData } from '@/hooks/useTenantData'
import { api } from '@/services/api'

/** Name and slug, changed together against the version that is shown. */
export function General() {
  const { tenant, can } = useTenant()
  const stored = useTenantData('tenant', (id) => api.get('/tenants/{id}', { path: { id } }))
  const version = stored.data?.version
  const { updateTenant } = useTenantManagement()
  const say = useToast()
  const [draft, setDraft] = useState<{ name: string; slug: string; version: number | undefined } | null>(null)
  const name = draft?.name ?? tenant?.name ?? ''
  const slug = draft?.slug ?? tenant?.slug ?? ''
  const { busy, error, submit } = useForm(async () => {
    if (!tenant || !draft) return
    try {
      await updateTenant({ name: name.trim(), slug }, draft.version)
      setDraft(null)
      say('Saved.')
    } catch (problem) {
      setDraft({ ...draft, version: (await api.get('/tenants/{id}', { path: { id: tenant.id } })).version }) // the next try is against what is shown now
      throw problem
    }
  })
  if (!tenant) return null
  const edit = (change: { name?: string; slug?: string }) => setDraft({ name, slug, version: draft?.version ?? version, ...change })
  return (
    <Section title="General" lead="The name is what people see. The address is part of every link to the workspace.">
      <form className="flex flex-col gap-4" onSubmit={submit}>
        <TextField label="Name" required maxLength={200} disabled={!can('admin')} value={name} onChange={(e) => edit({ name: e.target.value })} error={error?.about('/name')} />
        <TextField
          label="Address"
          required
          minLength={2}
          maxLength={63}
          pattern="[a-z0-9][a-z0-9\-]*[a-z0-9]"
          disabled={!can('admin')}
          value={slug}
          onChange={(e) => edit({ slug: e.target.value.toLowerCase() })}
          error={error?.about('/slug')}
          hint={draft && slug !== tenant.slug ? `Links that begin with /t/${tenant.slug} will stop working.` : `Its links begin with /t/${slug}`}
          autoCapitalize="none"
          spellCheck={false}
        />
        {error && error.violations.length === 0 && <Failure error={error} />}
        {can('admin') && (
          <div className="flex gap-2">
            <Button type="submit" look="main" busy={busy} disabled={!draft || !version}>
              Save
            </Button>
            {draft && <Button look="quiet" onClick={() => setDraft(null)}>Discard</Button>}
          </div>
        )}
      </form>
    </Section>
  )
}
