import type { Metadata } from 'next'
import { Gate } from '@/components/ui/Icon'
import { buttonClass } from '@/components/ui/Button'

export const metadata: Metadata = { title: 'Not found' }

export default function NotFound() {
  return (
    <main className="grid min-h-dvh place-items-center p-6">
      <div className="flex max-w-sm flex-col items-start gap-3">
        <Gate className="size-10 text-ink-3" />
        <h1 className="title text-3xl">There is no such page</h1>
        <p className="text-ink-2">The address may have been typed wrong, or the page has moved.</p>
        <a href="/dashboard" className={buttonClass('plain')}>
          Back to the overview
        </a>
      </div>
    </main>
  )
}
