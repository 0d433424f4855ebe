import type { Metadata } from 'next'
import { Reset } from '@/components/auth/Reset'

export const metadata: Metadata = { title: 'New password' }

export default function Page() {
  return <Reset />
}
