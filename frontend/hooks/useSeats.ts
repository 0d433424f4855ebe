'use client'

import { api } from '@/services/api'
import { useTenantData } from './useTenantData'

/** How many seats of the tab's tenant are taken, read again as members change. */
export function useSeats() {
  return useTenantData('seats', (tenant) => api.get('/tenant/users/count', { tenant }), { refreshInterval: 15_000 })
}
