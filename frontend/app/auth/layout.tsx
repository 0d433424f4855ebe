import type { ReactNode } from 'react'
import { GateDrawing } from '@/components/auth/GateDrawing'
import { Gate } from '@/components/ui/Icon'
import { ThemePicker } from '@/components/shell/ThemePicker'

export default function AuthLayout({ children }: { children: ReactNode }) {
  return (
    <div className="grid min-h-dvh lg:grid-cols-[minmax(0,1fr)_minmax(0,1.1fr)]">
      <div className="flex flex-col px-5 py-5 sm:px-10 sm:py-8">
        <header className="flex items-center justify-between">
          <a href="/" className="flex items-center gap-2 font-semibold tracking-tight">
            <Gate />
            Tenantgate
          </a>
          <ThemePicker />
        </header>
        <main className="mx-auto flex w-full max-w-sm flex-1 flex-col justify-center py-10 outline-none">{children}</main>
      </div>
      <GateDrawing />
    </div>
  )
}
