'use client'

import { useEffect, useState } from 'react'
import { Button } from '@/components/ui/Button'
import { Failure, Notice } from '@/components/ui/Notice'
import { useSession } from '@/contexts/SessionContext'
import { useTenantManagement } from '@/contexts/TenantManagementContext'
import { useForm } from '@/hooks/useForm'
import { useTenant } from '@/hooks/useTenant'
import { lastDeleted, rememberDeleted, type Deleted } from './deleted'

/** Offers the workspace back that was deleted here. */
export function Restore() {
  const { choose } = useTenant()
  const id = useSession().user?.id ?? ''
  const { restoreTenant } = useTenantManagement()
  const [deleted, setDeleted] = useState<Deleted | null>(null)
  useEffect(() => setDeleted(lastDeleted(id)), [id])
  const { busy, error, submit } = useForm(async () => {
    const restored = await restoreTenant(deleted!.id)
    rememberDeleted(id, null)
    choose(restored.id)
  })
  if (!deleted) return null
  return (
    <>
      <Notice
        title={`${deleted.name} was deleted`}
        action={
          <Button small busy={busy} onClick={() => void submit()}>
            Restore
          </Button>
        }
      >
        It can be brought back for 30 days.
      </Notice>
      {error && <Failure error={error} />}
    </>
  )
}
