'use client'

import { createContext, useCallback, useContext, useState, type ReactNode } from 'react'

const ToastContext = createContext<(text: string) => void>(() => undefined)

/** Says short things that need no answer, to eyes and screen readers. */
export function ToastProvider({ children }: { children: ReactNode }) {
  const [toasts, setToasts] = useState<{ id: number; text: string }[]>([])
  const say = useCallback((text: string) => {
    const id = Date.now() + Math.random()
    setToasts((all) => [...all.slice(-2), { id, text }])
    window.setTimeout(() => setToasts((all) => all.filter((toast) => toast.id !== id)), 5000)
  }, [])
  return (
    <ToastContext value={say}>
      {children}
      <div role="status" aria-live="polite" className="pointer-events-none fixed inset-x-0 bottom-20 z-50 flex flex-col items-center gap-2 px-4 md:bottom-6">
        {toasts.map((toast) => (
          <p key={toast.id} className="appear rounded-md bg-ink px-4 py-2 text-paper shadow-(--shadow)">
            {toast.text}
          </p>
        ))}
      </div>
    </ToastContext>
  )
}

/** Says something short, once. */
export function useToast(): (text: string) => void {
  return useContext(ToastContext)
}
