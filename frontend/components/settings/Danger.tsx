'use client'

import { useState } from 'react'
import { Button } from '@/components/ui/Button'
import { Confirm } from '@/components/ui/Confirm'
import { Section } from '@/components/ui/Parts'
import { useTenantManagement } from '@/contexts/TenantManagementContext'
import { useTenant } from '@/hooks/useTenant'

/** Deleting the workspace; it can be brought back for 30 days. */
export function Danger() {
  const { tenant } = useTenant()
  const { deleteTenant } = useTenantManagement()
  const [asking, setAsking] = useState(false)
  if (!tenant) return null
  return (
    <Section title="Delete" lead="Those who were its admins can restore it for 30 days: it stands in their switcher.">
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
          onConfirm={deleteTenant}
          onClose={() => setAsking(false)}
        >
          Nobody gets in any more, from the moment you confirm. What it holds is purged after 30 days.
        </Confirm>
      )}
    </Section>
  )
}
