'use client'

import { useState } from 'react'
import { Button } from '@/components/ui/Button'
import { Confirm } from '@/components/ui/Confirm'
import { Section } from '@/components/ui/Parts'
import { useSession } from '@/contexts/SessionContext'
import { useTenantManagement } from '@/contexts/TenantManagementContext'
import { useTenant } from '@/hooks/useTenant'
import { rememberDeleted } from './deleted'

/** Deleting the workspace; it can be brought back for 30 days. */
export function Danger() {
  const { tenant, choose } = useTenant()
  const { deleteTenant } = useTenantManagement()
  const { user } = useSession()
  const [asking, setAsking] = useState(false)
  if (!tenant) return null
  return (
    <Section title="Delete" lead="It can be restored for 30 days, by those who were its admins.">
      <div>
        <Button look="danger" onClick={() => setAsking(true)}>
          Delete this workspace
        </Button>
      </div>
      {asking && (
        <Confirm
          title={`Delete ${tenant.name}?`}
          typed={tenant.slug}
          verb="Delete"
          onConfirm={async () => {
            await deleteTenant()
            rememberDeleted(user?.id ?? '', { id: tenant.id, name: tenant.name })
            choose(null)
          }}
          onClose={() => setAsking(false)}
        >
          Nobody gets in any more, from the moment you confirm. What it holds is purged after 30 days.
        </Confirm>
      )}
    </Section>
  )
}
