'use client'

import { useDeferredValue, useState } from 'react'
import { Button } from '@/components/ui/Button'
import { Confirm } from '@/components/ui/Confirm'
import { Select, TextField } from '@/components/ui/Field'
import { later } from '@/components/ui/Later'
import { ListSheet } from '@/components/ui/ListSheet'
import { Empty } from '@/components/ui/Notice'
import { PageHead } from '@/components/ui/Parts'
import { useTenantManagement } from '@/contexts/TenantManagementContext'
import { useSeats } from '@/hooks/useSeats'
import { useTenant } from '@/hooks/useTenant'
import { useTenantList } from '@/hooks/useTenantData'
import { count } from '@/lib/words'
import { api, type Schemas } from '@/services/api'
import { MemberRow } from './MemberRow'

type Role = Schemas['Role']

const Invitations = later<object>(() => import('./Invitations').then((part) => ({ default: part.Invitations })))
const AddPeople = later(() => import('./AddPeople'))

export function Members() {
  const { tenant, can } = useTenant()
  const { leaveTenant } = useTenantManagement()
  const seats = useSeats()
  const [adding, setAdding] = useState(false)
  const [leaving, setLeaving] = useState(false)
  if (!tenant) return null
  const full = seats.data?.available === 0
  return (
    <>
      <PageHead title="Members" lead={seats.data ? `${count(seats.data.count, 'person', 'people')} of ${seats.data.max_users.toLocaleString()} seats` : ' '}>
        <Button look="quiet" onClick={() => setLeaving(true)}>
          Leave
        </Button>
        {can('admin') && (
          <Button look="main" onClick={() => setAdding(true)}>
            Add people
          </Button>
        )}
      </PageHead>
      <People />
      {can('admin') && <Invitations />}
      {adding && <AddPeople full={full} onClose={() => setAdding(false)} />}
      {leaving && (
        <Confirm title={`Leave ${tenant.name}?`} verb="Leave" onConfirm={leaveTenant} onClose={() => setLeaving(false)}>
          You lose access at once, in all your tabs and on all your devices. To come back you have to be added again.
        </Confirm>
      )}
    </>
  )
}

/** The members, found by name or address and by role. */
function People() {
  const [search, setSearch] = useState('')
  const [role, setRole] = useState<Role | ''>('')
  const q = useDeferredValue(search.trim())
  const list = useTenantList(
    `members ${role} ${q}`,
    (id, cursor) => api.get('/tenants/{id}/members', { path: { id }, query: { q: q || undefined, role: role || undefined, cursor } }),
    (page) => page.members,
  )
  return (
    <section aria-label="Members">
      <div className="mb-3 flex gap-2">
        <div className="min-w-0 flex-1 sm:max-w-72">
          <TextField label="Search members" bare type="search" placeholder="Name or address" value={search} onChange={(e) => setSearch(e.target.value)} />
        </div>
        <Select label="Role" bare value={role} onChange={(e) => setRole(e.target.value as Role | '')}>
          <option value="">All roles</option>
          <option value="admin">Admins</option>
          <option value="member">Members</option>
          <option value="viewer">Viewers</option>
        </Select>
      </div>
      <ListSheet list={list} loading="Loading members" empty={<Empty title="Nobody matches">{q ? `No name or address here begins with “${q}”.` : 'Nobody has this role.'}</Empty>}>
        {(member) => <MemberRow key={member.id} member={member} />}
      </ListSheet>
    </section>
  )
}
