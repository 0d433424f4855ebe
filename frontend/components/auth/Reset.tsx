'use client'

import { useState } from 'react'
import { Button, buttonClass } from '@/components/ui/Button'
import { TextField } from '@/components/ui/Field'
import { Failure, Notice } from '@/components/ui/Notice'
import { PageLink } from '@/components/ui/PageLink'
import { useForm } from '@/hooks/useForm'
import { api } from '@/services/api'
import { useToken } from './address'

/** Asks for a link; or, opened by that link, sets the password. */
export function Reset() {
  const token = useToken('token')
  return token ? <SetPassword token={token} /> : <AskForLink />
}

function AskForLink() {
  const [email, setEmail] = useState('')
  const [sent, setSent] = useState(false)
  const { busy, error, submit } = useForm(async () => {
    await api.post('/auth/password/reset', { body: { email: email.trim() } })
    setSent(true)
  })
  return (
    <>
      <h1 className="title text-3xl">Forgot the password?</h1>
      <p className="mt-2 mb-7 text-ink-2">We send a link that sets a new one. It works once, for an hour.</p>
      {sent ? (
        <Notice title="Look into your mail">If {email} has an account, a link is on its way.</Notice>
      ) : (
        <form className="flex flex-col gap-4" onSubmit={submit}>
          <TextField label="E-mail" type="email" required autoComplete="username" autoFocus value={email} onChange={(e) => setEmail(e.target.value)} error={error?.about('/email')} />
          {error && error.violations.length === 0 && <Failure error={error} />}
          <Button type="submit" look="main" busy={busy}>
            Send the link
          </Button>
        </form>
      )}
      <p className="mt-6 text-ink-2">
        <PageLink page="/auth/login" className="underline decoration-line-2 underline-offset-3 hover:text-ink">
          Back to sign in
        </PageLink>
      </p>
    </>
  )
}

function SetPassword({ token }: { token: string }) {
  const [password, setPassword] = useState('')
  const [done, setDone] = useState(false)
  const { busy, error, submit } = useForm(async () => {
    await api.post('/auth/password/reset/confirm', { body: { token, password } })
    setDone(true)
  })
  if (done) {
    return (
      <>
        <h1 className="title mb-4 text-3xl">Your password is set</h1>
        <p className="mb-6 text-ink-2">All your sessions have ended. Sign in with the new password.</p>
        <PageLink page="/auth/login" className={buttonClass('main')}>
          Sign in
        </PageLink>
      </>
    )
  }
  return (
    <>
      <h1 className="title mb-7 text-3xl">Choose a new password</h1>
      <form className="flex flex-col gap-4" onSubmit={submit}>
        <TextField
          label="New password"
          type="password"
          required
          minLength={10}
          autoComplete="new-password"
          autoFocus
          value={password}
          onChange={(e) => setPassword(e.target.value)}
          error={error?.about('/password')}
          hint="10 characters or more. All your sessions end."
        />
        {error && error.violations.length === 0 && <Failure error={error} />}
        <Button type="submit" look="main" busy={busy}>
          Set the password
        </Button>
      </form>
    </>
  )
}
