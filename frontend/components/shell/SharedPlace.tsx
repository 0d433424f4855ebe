'use client'

import { useRouter } from 'next/navigation'
import { useEffect } from 'react'
import { Gate } from '@/components/ui/Icon'
import { useTenant } from '@/hooks/useTenant'
import { sharedPlace } from '@/services/selection'

/** Moves the tab to the tenant and page that the address names. */
export function SharedPlace() {
  const { choose } = useTenant()
  const router = useRouter()
  useEffect(() => {
    const place = sharedPlace(window.location.pathname)
    if (place) choose(place.slug)
    router.replace(place?.page ?? '/dashboard')
  }, [choose, router])
  return (
    <main className="grid min-h-dvh place-items-center p-6">
      <h1 className="sr-only">Opening a workspace</h1>
      <Gate className="size-10 text-ink-3" />
    </main>
  )
}
