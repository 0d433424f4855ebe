'use client'

import { useEffect, useState } from 'react'
import { Button } from '@/components/ui/Button'
import { Labelled, TextField } from '@/components/ui/Field'
import { Failure } from '@/components/ui/Notice'
import { Section } from '@/components/ui/Parts'
import { useToast } from '@/components/ui/Toasts'
import { useTenantManagement } from '@/contexts/TenantManagementContext'
import { useForm } from '@/hooks/useForm'
import { useTenant } from '@/hooks/useTenant'
import { accentOf, ownAccent, paint, parse } from '@/lib/accent'
import type { Schemas } from '@/services/api'
import { Preview } from './Preview'

type Look = Schemas['Branding']

/** Colours that were looked at in both themes. */
const suggestions = ['#1d6b58', '#1f5c99', '#6b4fa0', '#a33b5e', '#b4532a', '#7a6a1c', '#3d4852']

/** Name, logo and colour; the whole page shows the colour while it is chosen. */
export function Branding() {
  const { tenant, can } = useTenant()
  const { setConfig, resetConfig } = useTenantManagement()
  const say = useToast()
  const stored = tenant?.config.branding
  const [draft, setDraft] = useState<Look | null>(null)
  const look = draft ?? stored ?? {}
  const color = look.colors?.primary ?? ownAccent
  const { busy, error, submit } = useForm(async () => {
    await setConfig('branding', pruned(look))
    setDraft(null)
    say('Saved. Everybody sees it within seconds.')
  })
  const reset = useForm(async () => {
    await resetConfig('branding')
    setDraft(null)
    say('Back to the console’s own look.')
  })

  const storedColor = stored?.colors?.primary
  useEffect(() => {
    paint(accentOf(draft ? color : storedColor))
    return () => paint(accentOf(storedColor))
  }, [draft, color, storedColor])

  if (!tenant) return null
  const edit = (change: Partial<Look>) => setDraft({ ...look, ...change })
  return (
    <Section title="Branding" lead="One colour, for buttons, links and marks. Where it would be hard to read it is darkened or lightened just enough.">
      <Preview name={look.name || tenant.name} logo={look.logo_url} color={color} />
      {can('admin') && (
        <form className="flex flex-col gap-4" onSubmit={submit}>
          <Labelled label="Colour" error={error?.about('/value/colors/primary')}>
            {(control) => (
              <div className="flex flex-wrap items-center gap-2">
                <input
                  {...control}
                  type="color"
                  value={parse(color) ? color : ownAccent}
                  onChange={(e) => edit({ colors: { ...look.colors, primary: e.target.value } })}
                  className="h-9 w-14 cursor-pointer rounded-md border border-line-2 bg-surface p-1"
                />
                {suggestions.map((suggestion) => (
                  <Swatch key={suggestion} color={suggestion} chosen={color === suggestion} onChoose={() => edit({ colors: { ...look.colors, primary: suggestion } })} />
                ))}
              </div>
            )}
          </Labelled>
          <TextField label="Short name" maxLength={100} placeholder={tenant.name} value={look.name ?? ''} onChange={(e) => edit({ name: e.target.value })} hint="Stands in the switcher, where the full name is long." error={error?.about('/value/name')} />
          <TextField label="Logo" type="url" pattern="https://.*" maxLength={2048} placeholder="https://…" value={look.logo_url ?? ''} onChange={(e) => edit({ logo_url: e.target.value })} hint="A square image on https." error={error?.about('/value/logo_url')} />
          {(error ?? reset.error) && <Failure error={(error ?? reset.error)!} />}
          <div className="flex gap-2">
            <Button type="submit" look="main" busy={busy} disabled={!draft}>
              Save
            </Button>
            {draft ? (
              <Button look="quiet" onClick={() => setDraft(null)}>
                Discard
              </Button>
            ) : (
              stored && (
                <Button look="quiet" busy={reset.busy} onClick={() => void reset.submit()}>
                  Use the default
                </Button>
              )
            )}
          </div>
        </form>
      )}
    </Section>
  )
}

function Swatch({ color, chosen, onChoose }: { color: string; chosen: boolean; onChoose: () => void }) {
  return (
    <button type="button" onClick={onChoose} aria-label={`Colour ${color}`} aria-pressed={chosen} className="rounded-full p-0.5 ring-ink-2 aria-pressed:ring-2">
      <svg aria-hidden viewBox="0 0 24 24" className="size-6">
        <circle cx="12" cy="12" r="12" fill={color} />
      </svg>
    </button>
  )
}

/** Without what was left empty: the API refuses an empty name. */
function pruned(look: Look): Look {
  const { name, logo_url, ...rest } = look
  return { ...rest, ...(name?.trim() && { name: name.trim() }), ...(logo_url?.trim() && { logo_url: logo_url.trim() }) }
}
