'use client'

import { useState } from 'react'
import { Button } from '@/components/ui/Button'
import { Dialog } from '@/components/ui/Dialog'
import { TextField } from '@/components/ui/Field'
import { Failure } from '@/components/ui/Notice'
import { useToast } from '@/components/ui/Toasts'
import { useTenantManagement } from '@/contexts/TenantManagementContext'
import { slugOf } from '@/lib/words'
import { isProblem, type ApiError } from '@/services/api'

/** Name and slug of a new tenant; the slug follows the name until it is typed. */
export function useNewTenant() {
  const [name, setName] = useState('')
  const [typed, setTyped] = useState<string | null>(null)
  return { name, setName, slug: typed ?? slugOf(name), setSlug: (slug: string) => setTyped(slug.toLowerCase()) }
}

/** The two fields of a new tenant; `at` is where they stand in the body. */
export function NewTenantFields({ tenant, error, at = '' }: { tenant: ReturnType<typeof useNewTenant>; error: ApiError | null; at?: string }) {
  return (
    <>
      <TextField label="Name" required maxLength={200} autoFocus={at === ''} value={tenant.name} onChange={(e) => tenant.setName(e.target.value)} error={error?.about(`${at}/name`)} autoComplete="organization" />
      <TextField
        label="Address"
        required
        minLength={2}
        maxLength={63}
        pattern="[a-z0-9][a-z0-9\-]*[a-z0-9]"
        value={tenant.slug}
        onChange={(e) => tenant.setSlug(e.target.value)}
        error={error?.about(`${at}/slug`) ?? (error?.code === 'slug_taken' ? 'This address is taken. Choose another.' : undefined)}
        hint={`Its links begin with /t/${tenant.slug || '…'}`}
        autoCapitalize="none"
        spellCheck={false}
        autoComplete="off"
      />
    </>
  )
}

/** Makes a tenant, and moves this tab to it. */
export function CreateTenant({ onClose }: { onClose: () => void }) {
  const { createTenant } = useTenantManagement()
  const say = useToast()
  const tenant = useNewTenant()
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<ApiError | null>(null)

  const create = async () => {
    setBusy(true)
    setError(null)
    try {
      const made = await createTenant({ name: tenant.name.trim(), slug: tenant.slug })
      say(`${made.name} is ready.`)
      onClose()
    } catch (problem) {
      if (isProblem(problem)) setError(problem)
      setBusy(false)
    }
  }

  return (
    <Dialog title="Create a workspace" onClose={onClose}>
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          void create()
        }}
      >
        <p className="text-ink-2">You become its admin, and this tab moves to it.</p>
        <NewTenantFields tenant={tenant} error={error} />
        {error && error.code !== 'slug_taken' && <Failure error={error} />}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="main" busy={busy}>
            Create
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
