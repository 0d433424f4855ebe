import type { ReactNode } from 'react'
import { SignedIn } from '@/components/shell/Guard'
import { Shell } from '@/components/shell/Shell'

export default function ConsoleLayout({ children }: { children: ReactNode }) {
  return (
    <Shell>
      <SignedIn>{children}</SignedIn>
    </Shell>
  )
}
