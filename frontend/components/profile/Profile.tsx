'use client'

import { useState } from 'react'
import { Button } from '@/components/ui/Button'
import { TextField } from '@/components/ui/Field'
import { Failure, Notice } from '@/components/ui/Notice'
import { PageHead, Section } from '@/components/ui/Parts'
import { useToast } from '@/components/ui/Toasts'
import { useSession } from '@/contexts/SessionContext'
import { useForm } from '@/hooks/useForm'
import { api } from '@/services/api'
import { Sessions } from './Sessions'

export function Profile() {
  const { user, signOut } = useSession()
  const out = useForm(() => signOut())
  if (!user) return null
  return (
    <>
      <PageHead title="Profile" lead={user.email}>
        <Button busy={out.busy} onClick={() => void out.submit()}>
          Sign out
        </Button>
      </PageHead>
      {out.error && <Failure error={out.error} />}
      {!user.email_verified && <Unverified email={user.email} />}
      <Name />
      <Password />
      <Sessions />
    </>
  )
}

function Unverified({ email }: { email: string }) {
  const [sent, setSent] = useState(false)
  const { busy, error, submit } = useForm(async () => {
    await api.post('/auth/email/verify')
    setSent(true)
  })
  return (
    <div className="mb-8 flex flex-col gap-2">
      <Notice
        tone="wait"
        title="Your address is not verified"
        action={
          !sent && (
            <Button small busy={busy} onClick={() => void submit()}>
              Send the link
            </Button>
          )
        }
      >
        {sent ? `A link is on its way to ${email}.` : 'Until it is, invitations do not show up here.'}
      </Notice>
      {error && <Failure error={error} />}
    </div>
  )
}

function Name() {
  const { user, reload } = useSession()
  const say = useToast()
  const [name, setName] = useState<string | null>(null)
  const { busy, error, submit } = useForm(async () => {
    await api.patch('/me', { body: { name: (name ?? '').trim() } })
    await reload()
    setName(null)
    say('Saved.')
  })
  return (
    <Section title="Name" lead="As others in your workspaces see it.">
      <form className="flex flex-col gap-4" onSubmit={submit}>
        <TextField label="Your name" required maxLength={200} autoComplete="name" value={name ?? user?.name ?? ''} onChange={(e) => setName(e.target.value)} error={error?.about('/name')} />
        {error && error.violations.length === 0 && <Failure error={error} />}
        <div>
          <Button type="submit" look="main" busy={busy} disabled={name === null}>
            Save
          </Button>
        </div>
      </form>
    </Section>
  )
}

function Password() {
  const say = useToast()
  const { user } = useSession()
  const [current, setCurrent] = useState('')
  const [next, setNext] = useState('')
  const { busy, error, submit } = useForm(async () => {
    await api.post('/me/password', { body: { current_password: current, new_password: next } })
    setCurrent('')
    setNext('')
    say('Your password is changed.')
  })
  return (
    <Section title="Password" lead="Your other sessions end when you change it.">
      <form className="flex flex-col gap-4" onSubmit={submit}>
        <input type="email" autoComplete="username" value={user?.email ?? ''} readOnly hidden />
        <TextField label="Current password" type="password" required autoComplete="current-password" value={current} onChange={(e) => setCurrent(e.target.value)} error={error?.about('/current_password') && 'This is not your password.'} />
        <TextField label="New password" type="password" required minLength={10} autoComplete="new-password" value={next} onChange={(e) => setNext(e.target.value)} error={error?.about('/new_password')} hint="10 characters or more." />
        {error && error.violations.length === 0 && <Failure error={error} />}
        <div>
          <Button type="submit" look="main" busy={busy} disabled={!current || !next}>
            Change the password
          </Button>
        </div>
      </form>
    </Section>
  )
}
