import type { Metadata } from 'next'
import { Settings } from '@/components/settings/Settings'
import { InTenant } from '@/components/shell/Guard'

export const metadata: Metadata = { title: 'Settings' }

export default function Page() {
  return (
    <InTenant>
      <Settings />
    </InTenant>
  )
}
