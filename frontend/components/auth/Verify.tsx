'use client'

import { useState } from 'react'
import { Button, buttonClass } from '@/components/ui/Button'
import { Failure } from '@/components/ui/Notice'
import { PageLink } from '@/components/ui/PageLink'
import { useSession } from '@/contexts/SessionContext'
import { useForm } from '@/hooks/useForm'
import { api } from '@/services/api'
import { useToken } from './address'

/** Proves an address by the link in the mail. A click is asked for: mail scanners open links too. */
export function Verify() {
  const { status, reload } = useSession()
  const token = useToken('token')
  const [done, setDone] = useState(false)
  const { busy, error, submit } = useForm(async () => {
    await api.post('/auth/email/verify/confirm', { body: { token: token ?? '' } })
    setDone(true)
    if (status === 'in') await reload()
  })
  if (done) {
    return (
      <>
        <h1 className="title mb-2 text-3xl">Your address is verified</h1>
        <p className="mb-6 text-ink-2">Invitations for it show up in the console now.</p>
        <PageLink page="/dashboard" className={buttonClass('main')}>
          Go to the console
        </PageLink>
      </>
    )
  }
  return (
    <>
      <h1 className="title mb-2 text-3xl">Verify your address</h1>
      <p className="mb-6 text-ink-2">{token ? 'This proves that the mails sent to your address reach you.' : 'Open this page by the link in the mail. You can ask for another in your profile.'}</p>
      {token && (
        <form className="flex flex-col gap-4" onSubmit={submit}>
          {error && <Failure error={error} />}
          <Button type="submit" look="main" busy={busy}>
            Verify
          </Button>
        </form>
      )}
    </>
  )
}
