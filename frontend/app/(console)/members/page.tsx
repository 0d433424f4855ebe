import type { Metadata } from 'next'
import { Members } from '@/components/members/Members'
import { InTenant } from '@/components/shell/Guard'

export const metadata: Metadata = { title: 'Members' }

export default function Page() {
  return (
    <InTenant>
      <Members />
    </InTenant>
  )
}
