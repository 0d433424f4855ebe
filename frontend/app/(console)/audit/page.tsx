import type { Metadata } from 'next'
import { AuditLog } from '@/components/audit/AuditLog'
import { InTenant } from '@/components/shell/Guard'

export const metadata: Metadata = { title: 'Audit log' }

export default function Page() {
  return (
    <InTenant>
      <AuditLog />
    </InTenant>
  )
}
