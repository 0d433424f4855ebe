'use client'

import { useState } from 'react'
import { Button } from '@/components/ui/Button'
import { useToast } from '@/components/ui/Toasts'
import { useTenant } from '@/hooks/useTenant'
import { explain } from '@/lib/words'
import { api, isProblem } from '@/services/api'
import type { queryOf } from './AuditLog'

/** Saves what the filters leave as a file. */
export function ExportMenu({ query }: { query: ReturnType<typeof queryOf> }) {
  const { tenant } = useTenant()
  const say = useToast()
  const [busy, setBusy] = useState<'csv' | 'ndjson' | null>(null)
  const save = async (format: 'csv' | 'ndjson') => {
    if (!tenant) return
    setBusy(format)
    try {
      const text = await api.get('/tenants/{id}/audit', { path: { id: tenant.id }, query: { ...query, format }, as: 'text' })
      download(`audit-${tenant.slug}.${format}`, text as unknown as string)
    } catch (error) {
      if (isProblem(error)) say(explain(error))
    } finally {
      setBusy(null)
    }
  }
  return (
    <div role="group" aria-label="Export" className="flex gap-2">
      <Button busy={busy === 'csv'} onClick={() => void save('csv')} aria-label="Export as CSV">
        CSV
      </Button>
      <Button busy={busy === 'ndjson'} onClick={() => void save('ndjson')} aria-label="Export as NDJSON">
        NDJSON
      </Button>
    </div>
  )
}

function download(name: string, text: string) {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/plain' }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  URL.revokeObjectURL(url)
}
