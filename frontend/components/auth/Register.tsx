'use client'

import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { NewTenantFields, useNewTenant } from '@/components/dashboard/NewTenant'
import { Button } from '@/components/ui/Button'
import { Choices } from '@/components/ui/Choices'
import { TextField } from '@/components/ui/Field'
import { Failure, Notice } from '@/components/ui/Notice'
import { PageLink } from '@/components/ui/PageLink'
import { useSession } from '@/contexts/SessionContext'
import { useForm } from '@/hooks/useForm'
import { api, type Schemas } from '@/services/api'
import { useToken } from './address'
import { JoinChoice } from './JoinChoice'

type Way = 'create' | 'join'

/** Makes an account: in a new workspace, in one that takes people, or by invitation. */
export function Register() {
  const { register, status } = useSession()
  const router = useRouter()
  const invitation = useToken('invitation')
  const [way, setWay] = useState<Way>('create')
  const [join, setJoin] = useState<string | null>(null)
  const tenant = useNewTenant()
  const [name, setName] = useState('')
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const [awaiting, setAwaiting] = useState(false)

  const place = (): Schemas['RegistrationTenant'] => {
    if (invitation) return { invitation }
    return way === 'create' ? { create: { name: tenant.name.trim(), slug: tenant.slug } } : { join: join ?? '' }
  }
  const { busy, error, submit } = useForm(async () => {
    const made = await register({ name: name.trim(), email: email.trim(), password, tenant: place() })
    if (made.awaiting) setAwaiting(true)
    else router.replace('/dashboard')
  })

  if (status === 'in' && invitation && !busy) return <AcceptHere token={invitation} />
  if (awaiting) return <Awaiting email={email} />
  const fieldErrors = error?.code === 'validation_failed' || error?.code === 'slug_taken'

  return (
    <>
      <h1 className="title text-3xl">{invitation ? 'Accept your invitation' : 'Create an account'}</h1>
      {invitation && <p className="mt-2 text-ink-2">Use the address that the invitation was sent to. If it has an account already, its password is all you need.</p>}
      <form className="mt-7 flex flex-col gap-4" onSubmit={submit}>
        <TextField label="Your name" required maxLength={200} autoComplete="name" value={name} onChange={(e) => setName(e.target.value)} error={error?.about('/name')} />
        <TextField label="E-mail" type="email" required autoComplete="username" value={email} onChange={(e) => setEmail(e.target.value)} error={error?.about('/email')} />
        <TextField
          label="Password"
          type="password"
          required
          minLength={10}
          autoComplete="new-password"
          value={password}
          onChange={(e) => setPassword(e.target.value)}
          error={error?.about('/password')}
          hint="10 characters or more. A few unrelated words are good."
        />
        {!invitation && (
          <>
            <Choices
              legend="Workspace"
              value={way}
              onChoose={setWay}
              choices={[
                { value: 'create', label: 'Create a new one', hint: 'You become its admin' },
                { value: 'join', label: 'Join one that is open', hint: 'Or use the link in your invitation' },
              ]}
            />
            {way === 'create' ? <NewTenantFields tenant={tenant} error={error} at="/tenant/create" /> : <JoinChoice value={join} onChoose={setJoin} error={error?.about('/tenant/join')} />}
          </>
        )}
        {error && (!fieldErrors || error.code === 'validation_failed') && <Failure error={error} />}
        <Button type="submit" look="main" busy={busy} disabled={!invitation && way === 'join' && !join} className="mt-1">
          {invitation ? 'Join' : 'Create the account'}
        </Button>
      </form>
      <p className="mt-6 text-ink-2">
        Have an account?{' '}
        <PageLink page="/auth/login" className="underline decoration-line-2 underline-offset-3 hover:text-ink">
          Sign in
        </PageLink>
      </p>
    </>
  )
}

/** For somebody who is signed in already: one click. */
function AcceptHere({ token }: { token: string }) {
  const { user, signOut, reload } = useSession()
  const { busy, error, submit } = useForm(async () => {
    const { tenant } = await api.post('/invitations/accept', { body: { token } })
    await reload()
    window.location.assign(`/t/${tenant.slug}`)
  })
  return (
    <>
      <h1 className="title text-3xl">Accept your invitation</h1>
      <p className="mt-2 text-ink-2">You are signed in as {user?.email}. The invitation must be for this address.</p>
      <form className="mt-6 flex flex-col gap-3" onSubmit={submit}>
        {error && <Failure error={error} />}
        <Button type="submit" look="main" busy={busy}>
          Join
        </Button>
        <Button onClick={() => void signOut()}>Use another account</Button>
      </form>
    </>
  )
}

function Awaiting({ email }: { email: string }) {
  return (
    <>
      <h1 className="title mb-4 text-3xl">One more step</h1>
      <Notice title={`We sent a mail to ${email}`}>This workspace takes people whose address is verified. Follow the link in the mail, and you are in.</Notice>
      <p className="mt-6">
        <PageLink page="/dashboard" className="underline underline-offset-3">
          Go on without a workspace
        </PageLink>
      </p>
    </>
  )
}
