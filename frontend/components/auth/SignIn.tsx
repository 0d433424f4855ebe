'use client'

import { useRouter } from 'next/navigation'
import { useEffect, useState } from 'react'
import { Button } from '@/components/ui/Button'
import { TextField } from '@/components/ui/Field'
import { Failure } from '@/components/ui/Notice'
import { PageLink } from '@/components/ui/PageLink'
import { useSession } from '@/contexts/SessionContext'
import { useForm } from '@/hooks/useForm'
import { nextPlace } from './address'

export function SignIn() {
  const { status, signIn } = useSession()
  const router = useRouter()
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const { busy, error, submit } = useForm(async () => {
    await signIn(email.trim(), password)
  })

  useEffect(() => {
    if (status === 'in') router.replace(nextPlace())
  }, [status, router])

  return (
    <>
      <h1 className="title text-3xl">Sign in</h1>
      <form className="mt-7 flex flex-col gap-4" onSubmit={submit}>
        <TextField label="E-mail" type="email" required autoComplete="username" autoFocus value={email} onChange={(e) => setEmail(e.target.value)} error={error?.about('/email')} />
        <TextField label="Password" type="password" required autoComplete="current-password" value={password} onChange={(e) => setPassword(e.target.value)} error={error?.about('/password')} />
        {error && error.violations.length === 0 && <Failure error={error} />}
        <Button type="submit" look="main" busy={busy} className="mt-1">
          Sign in
        </Button>
      </form>
      <p className="mt-6 flex flex-wrap justify-between gap-x-4 gap-y-1 text-ink-2">
        <PageLink page="/auth/reset" className="underline decoration-line-2 underline-offset-3 hover:text-ink">
          Forgot the password?
        </PageLink>
        <PageLink page="/auth/register" className="underline decoration-line-2 underline-offset-3 hover:text-ink">
          Create an account
        </PageLink>
      </p>
    </>
  )
}
