'use client'

import { useId, useLayoutEffect, useRef, type ReactNode } from 'react'
import { createPortal } from 'react-dom'
import { focusNear } from '@/lib/focus'

/**
 * A dialog that stands before everything: the browser keeps the focus in it, closes
 * it with Escape, and brings the focus back to where it was. It hangs at the body: in
 * what a turned tablet hides it would be gone from sight, and the page blocked.
 */
export function Dialog({ title, onClose, children, wide }: { title: string; onClose: () => void; children: ReactNode; wide?: boolean }) {
  const dialog = useRef<HTMLDialogElement>(null)
  const heading = useId()

  // Before it leaves the page: then nothing has the focus for a moment.
  useLayoutEffect(() => {
    const element = dialog.current
    if (!element || element.open) return
    const before = document.activeElement
    element.showModal()
    return () => {
      element.close()
      if (before) focusNear(before)
    }
  }, [])

  return createPortal(
    <dialog
      ref={dialog}
      aria-labelledby={heading}
      onCancel={(event) => {
        event.preventDefault()
        onClose()
      }}
      onMouseDown={(event) => {
        if (event.target === dialog.current) onClose()
      }}
      className={`appear max-h-[calc(100dvh-2rem)] w-[calc(100vw-2rem)] ${wide ? 'max-w-xl' : 'max-w-md'} overflow-auto rounded-lg border border-line bg-surface shadow-(--shadow)`}
    >
      <div className="flex flex-col gap-4 p-6">
        <h2 id={heading} className="title text-xl">
          {title}
        </h2>
        {children}
      </div>
    </dialog>,
    document.body,
  )
}
