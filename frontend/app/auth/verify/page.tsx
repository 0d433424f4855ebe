import type { Metadata } from 'next'
import { Verify } from '@/components/auth/Verify'

export const metadata: Metadata = { title: 'Verify your address' }

export default function Page() {
  return <Verify />
}
