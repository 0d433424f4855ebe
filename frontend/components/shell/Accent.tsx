'use client'

import { useEffect } from 'react'
import { useTenant } from '@/hooks/useTenant'
import { accentOf, paint } from '@/lib/accent'

/** Gives the page the colour of its tenant. */
export function Accent() {
  const { tenant } = useTenant()
  const color = tenant?.config.branding?.colors?.primary
  useEffect(() => paint(accentOf(color)), [color])
  return null
}
