'use client'

import { useState } from 'react'
import { TextField } from '@/components/ui/Field'
import { slugOf } from '@/lib/words'
import type { ApiError } from '@/services/api'

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
