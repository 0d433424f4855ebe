import type { Metadata } from 'next'
import { Overview } from '@/components/dashboard/Overview'
import { InTenant } from '@/components/shell/Guard'

export const metadata: Metadata = { title: 'Overview' }

export default function Page() {
  return (
    <InTenant>
      <Overview />
    </InTenant>
  )
}
