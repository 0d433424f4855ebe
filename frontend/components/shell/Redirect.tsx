'use client'

import { useRouter } from 'next/navigation'
import { useEffect } from 'react'
import { useSession } from '@/contexts/SessionContext'
import { Gate } from '@/components/ui/Icon'
import { Failure } from '@/components/ui/Notice'

/** Goes where the person belongs. */
export function Redirect() {
  const { status, error, reload } = useSession()
  const router = useRouter()
  useEffect(() => {
    if (status === 'in') router.replace('/dashboard')
    if (status === 'out') router.replace('/auth/login')
  }, [status, router])
  return (
    <main className="grid min-h-dvh place-items-center p-6">
      <h1 className="sr-only">Tenantgate</h1>
      {status === 'failed' && error ? <Failure error={error} retry={() => void reload()} /> : <Gate className="size-10 text-ink-3" />}
    </main>
  )
}
