'use client'

import { useState, type ReactNode } from 'react'
import { isProblem, type ApiError } from '@/services/api'
import { Button } from './Button'
import { Dialog } from './Dialog'
import { TextField } from './Field'
import { Failure } from './Notice'

/** Asks before something that cannot simply be undone; with `typed`, has that word typed first. */
export default function ConfirmDialog({ title, children, typed, verb, onConfirm, onClose }: {
  title: string
  children: ReactNode
  typed?: string
  verb: string
  onConfirm: () => Promise<unknown>
  onClose: () => void
}) {
  const [text, setText] = useState('')
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<ApiError | null>(null)
  const ready = !typed || text.trim().toLowerCase() === typed.toLowerCase()

  const confirm = async () => {
    if (!ready || busy) return
    setBusy(true)
    setError(null)
    try {
      await onConfirm()
      onClose()
    } catch (problem) {
      if (isProblem(problem)) setError(problem)
      setBusy(false)
    }
  }

  return (
    <Dialog title={title} onClose={onClose}>
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          void confirm()
        }}
      >
        <div className="text-ink-2">{children}</div>
        {typed && (
          <TextField
            label={`Type ${typed} to confirm`}
            value={text}
            onChange={(event) => setText(event.target.value)}
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            autoFocus
          />
        )}
        {error && <Failure error={error} />}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="danger" busy={busy} disabled={!ready}>
            {verb}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
