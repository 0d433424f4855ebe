'use client'

import { useState } from 'react'
import { Button } from '@/components/ui/Button'
import { Confirm } from '@/components/ui/Confirm'
import { Select } from '@/components/ui/Field'
import { Failure } from '@/components/ui/Notice'
import { Mark, RoleTag } from '@/components/ui/Parts'
import { useToast } from '@/components/ui/Toasts'
import { useSession } from '@/contexts/SessionContext'
import { useTenantManagement } from '@/contexts/TenantManagementContext'
import { useTenant } from '@/hooks/useTenant'
import { dayOf } from '@/lib/words'
import { isProblem, type ApiError, type Schemas } from '@/services/api'

type Role = Schemas['Role']

/** One member; admins change the role here, and remove people. */
export function MemberRow({ member }: { member: Schemas['Member'] }) {
  const { can, tenant } = useTenant()
  const { user } = useSession()
  const { changeRole, removeMember } = useTenantManagement()
  const say = useToast()
  const [wanted, setWanted] = useState<Role | null>(null)
  const [removing, setRemoving] = useState(false)
  const [error, setError] = useState<ApiError | null>(null)
  const me = user?.id === member.user_id
  const name = member.name || member.email

  const change = async (role: Role) => {
    setWanted(role)
    setError(null)
    try {
      await changeRole(member.id, role)
      say(`${me ? 'You are' : `${name} is`} now ${role}.`)
    } catch (problem) {
      if (isProblem(problem)) setError(problem)
    } finally {
      setWanted(null)
    }
  }

  return (
    <li className="px-4 py-2.5">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <Mark name={name} />
        <div className="min-w-0 flex-1 basis-40">
          <p className="truncate leading-tight font-medium">
            {name} {me && <span className="font-normal text-ink-3">(you)</span>}
          </p>
          <p className="truncate text-sm text-ink-3">{member.email}</p>
        </div>
        {member.status === 'suspended' && <span className="text-sm text-wait">suspended</span>}
        <p className="figures w-28 text-right text-sm text-ink-3 max-md:hidden">{dayOf(member.joined_at)}</p>
        {can('admin') ? (
          <div className="flex items-center gap-1 max-sm:w-full max-sm:justify-between max-sm:pl-[29px]">
            <Select
              label={`Role of ${name}`}
              bare
              value={wanted ?? member.role}
              aria-busy={wanted !== null}
              onChange={(e) => void change(e.target.value as Role)}
              className="!min-h-8 !w-auto !border-transparent hover:!border-line-2"
            >
              <option value="admin">admin</option>
              <option value="member">member</option>
              <option value="viewer">viewer</option>
            </Select>
            <Button small look="quiet" onClick={() => setRemoving(true)} aria-label={`Remove ${name}`} className={me ? 'invisible max-sm:hidden' : ''}>
              Remove
            </Button>
          </div>
        ) : (
          <RoleTag role={member.role} />
        )}
      </div>
      {error && (
        <div className="mt-2">
          <Failure error={error} />
        </div>
      )}
      {removing && (
        <Confirm
          title={`Remove ${name}?`}
          typed={member.email}
          verb="Remove"
          onConfirm={async () => {
            await removeMember(member.id)
            say(`${name} was removed.`)
          }}
          onClose={() => setRemoving(false)}
        >
          {name} loses access to {tenant?.name} the moment you confirm: the next request is refused, wherever it comes from.
        </Confirm>
      )}
    </li>
  )
}
