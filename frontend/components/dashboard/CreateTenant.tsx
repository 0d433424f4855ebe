'use client'

import { useState } from 'react'
import { Button } from '@/components/ui/Button'
import { Dialog } from '@/components/ui/Dialog'
import { Failure } from '@/components/ui/Notice'
import { useToast } from '@/components/ui/Toasts'
import { useTenantManagement } from '@/contexts/TenantManagementContext'
import { isProblem, type ApiError } from '@/services/api'
import { NewTenantFields, useNewTenant } from './NewTenant'

/** Makes a tenant, and moves this tab to it. */
export default function CreateTenant({ onClose }: { onClose: () => void }) {
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
