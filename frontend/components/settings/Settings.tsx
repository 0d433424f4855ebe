'use client'

import { Notice } from '@/components/ui/Notice'
import { later } from '@/components/ui/Later'
import { PageHead } from '@/components/ui/Parts'
import { useTenant } from '@/hooks/useTenant'
import { General } from './General'

// Below the fold.
const Branding = later<object>(() => import('./Branding').then((part) => ({ default: part.Branding })))
const JoinPolicy = later<object>(() => import('./JoinPolicy').then((part) => ({ default: part.JoinPolicy })))
const Domain = later<object>(() => import('./Domain').then((part) => ({ default: part.Domain })))
const Danger = later<object>(() => import('./Danger').then((part) => ({ default: part.Danger })))

export function Settings() {
  const { tenant, can } = useTenant()
  if (!tenant) return null
  return (
    <>
      <PageHead title="Settings" lead={`of ${tenant.name}`} />
      {!can('admin') && (
        <div className="mb-8">
          <Notice>Only admins can change these. You can look.</Notice>
        </div>
      )}
      <General />
      <Branding />
      <JoinPolicy />
      {can('admin') && <Domain />}
      {can('admin') && <Danger />}
    </>
  )
}
