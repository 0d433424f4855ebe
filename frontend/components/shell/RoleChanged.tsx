'use client'

import { Button } from '@/components/ui/Button'
import { Notice } from '@/components/ui/Notice'
import { useTenant } from '@/hooks/useTenant'

/** Says that the person's role was changed while they were here. */
export function RoleChanged() {
  const { roleBefore, role, tenant, acknowledgeRole } = useTenant()
  if (!roleBefore || !role || !tenant) return null
  return (
    <div className="mb-6">
      <Notice
        tone="wait"
        title={`You are now ${role === 'admin' ? 'an' : 'a'} ${role} of ${tenant.name}`}
        action={
          <Button small onClick={acknowledgeRole}>
            All right
          </Button>
        }
      >
        You were {roleBefore === 'admin' ? 'an' : 'a'} {roleBefore} a moment ago. The pages show what you may do now.
      </Notice>
    </div>
  )
}
