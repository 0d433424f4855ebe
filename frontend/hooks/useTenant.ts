'use client'

import { useContext } from 'react'
import { TenantContext, type TenantState } from '@/contexts/TenantContext'

/** The tenant that this tab works in, and the role in it. Only below a TenantProvider. */
export function useTenant(): TenantState {
  const state = useContext(TenantContext)
  if (!state) throw new Error('useTenant needs a TenantProvider above it')
  return state
}
