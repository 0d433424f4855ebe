'use client'

import { useState, type FormEvent } from 'react'
import { isProblem, type ApiError } from '@/services/api'

/** A form that does one thing: whether it is under way, and what it was refused with. */
export function useForm(act: () => Promise<unknown>) {
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<ApiError | null>(null)
  const submit = async (event?: FormEvent) => {
    event?.preventDefault()
    if (busy) return
    setBusy(true)
    setError(null)
    try {
      await act()
    } catch (problem) {
      if (!isProblem(problem)) throw problem
      setError(problem)
    } finally {
      setBusy(false)
    }
  }
  return { busy, error, submit, setError }
}
