'use client'

import { useEffect, useRef, useState } from 'react'
import { Button } from '@/components/ui/Button'
import { Dialog } from '@/components/ui/Dialog'
import { Select, TextArea } from '@/components/ui/Field'
import { Notice } from '@/components/ui/Notice'
import { Dot } from '@/components/ui/Parts'
import { useTenantManagement } from '@/contexts/TenantManagementContext'
import { addressesIn } from '@/lib/addresses'
import { count, explain } from '@/lib/words'
import { isProblem, type Schemas } from '@/services/api'

type Role = Schemas['Role']

interface Outcome {
  address: string
  tone: 'good' | 'wait' | 'bad'
  said: string
}

/** Adds as many people as are pasted, one after the other, and says what became of each. */
export default function AddPeople({ full, onClose }: { full: boolean; onClose: () => void }) {
  const { addMember, invite } = useTenantManagement()
  const [text, setText] = useState('')
  const [role, setRole] = useState<Role>('member')
  const [mailed, setMailed] = useState(false)
  const [busy, setBusy] = useState(false)
  const [outcomes, setOutcomes] = useState<Outcome[]>([])
  const { addresses, rest } = addressesIn(text)

  const addOne = async (address: string): Promise<Outcome> => {
    try {
      const added = mailed ? { invitation: await invite(address, role) } : await addMember(address, role)
      if ('member' in added) return { address, tone: 'good', said: `${added.member.name || address} is a ${role} now` }
      return { address, tone: 'wait', said: 'invited, a mail is on its way' }
    } catch (error) {
      if (!isProblem(error)) throw error
      return { address, tone: 'bad', said: error.about('/email') ?? explain(error) }
    }
  }

  const add = async () => {
    setBusy(true)
    setOutcomes([])
    const all: Outcome[] = []
    for (const address of addresses) {
      const outcome = await addOne(address)
      all.push(outcome)
      setOutcomes([...all])
    }
    setBusy(false)
    // What was refused, and what was no address, is there to be corrected.
    setText([...all.filter((outcome) => outcome.tone === 'bad').map((outcome) => outcome.address), ...rest].join('\n'))
  }

  const done = outcomes.length > 0 && !busy && text === ''
  const close = useRef<HTMLButtonElement>(null)
  useEffect(() => {
    if (done) close.current?.focus()
  }, [done])
  return (
    <Dialog title="Add people" onClose={onClose} wide>
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          if (addresses.length > 0 && !busy) void add()
        }}
      >
        {full && <Notice tone="wait" title="All seats are taken">Remove somebody, or take an invitation back, before you add people.</Notice>}
        <TextArea
          label="E-mail addresses"
          rows={4}
          autoFocus
          value={text}
          onChange={(e) => setText(e.target.value)}
          placeholder={'ada@example.com, Bob <bob@example.com>\neve@example.com'}
          hint={rest.length > 0 ? `Not an address: ${rest.slice(0, 3).join(', ')}` : 'Paste as many as you like, in any form.'}
          autoCapitalize="none"
          spellCheck={false}
        />
        <div className="grid gap-4 sm:grid-cols-2">
          <Select label="Role" value={role} onChange={(e) => setRole(e.target.value as Role)} hint={roleHints[role]}>
            <option value="viewer">viewer</option>
            <option value="member">member</option>
            <option value="admin">admin</option>
          </Select>
          <Select label="How" value={mailed ? 'mail' : 'direct'} onChange={(e) => setMailed(e.target.value === 'mail')} hint={mailed ? 'Everybody is asked first.' : 'Who has an account is in at once; others get a mail.'}>
            <option value="direct">Add</option>
            <option value="mail">Invite by mail</option>
          </Select>
        </div>
        <ul aria-live="polite" className="flex flex-col gap-1.5 empty:hidden">
          {outcomes.map((outcome) => (
            <li key={outcome.address} className="flex flex-wrap gap-x-2">
              <Dot tone={outcome.tone}>{outcome.address}</Dot>
              <span className="text-ink-2">{outcome.said}</span>
            </li>
          ))}
        </ul>
        <div className="flex justify-end gap-2">
          <Button ref={close} onClick={onClose}>{done ? 'Done' : 'Cancel'}</Button>
          {!done && (
            <Button type="submit" look="main" busy={busy} disabled={addresses.length === 0}>
              {addresses.length > 1 ? `Add ${count(addresses.length, 'person', 'people')}` : 'Add'}
            </Button>
          )}
        </div>
      </form>
    </Dialog>
  )
}

const roleHints: Record<Role, string> = {
  viewer: 'Sees everything, changes nothing.',
  member: 'Works in the workspace.',
  admin: 'Also manages people and settings.',
}
