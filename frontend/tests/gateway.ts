import { AxiosError, AxiosHeaders, type InternalAxiosRequestConfig } from 'axios'
import { api } from '@/services/api'

/** A request as it would have gone out. */
export interface Sent {
  method: string
  url: string
  tenant: string | undefined
  query: Record<string, unknown>
  body: unknown
}

type Answering = (sent: Sent) => unknown | Refusal

/** What a stand-in answers with instead of a 200. */
export class Refusal {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly headers: Record<string, string> = {},
  ) {}
}

/**
 * Stands in for the gateway behind a component: answers by "VERB /path", 404 to the
 * rest. The truth about the gateway is in e2e/, against the real one.
 */
export function standIn(answers: Record<string, Answering | unknown>): Sent[] {
  const log: Sent[] = []
  api.http.defaults.adapter = async (config: InternalAxiosRequestConfig) => {
    const sent: Sent = {
      method: (config.method ?? 'get').toUpperCase(),
      url: config.url ?? '',
      tenant: config.headers.get('X-Tenant')?.toString(),
      query: (config.params ?? {}) as Record<string, unknown>,
      body: typeof config.data === 'string' ? JSON.parse(config.data) : config.data,
    }
    log.push(sent)
    const stored = answers[`${sent.method} ${sent.url}`] ?? new Refusal(404, 'not_found')
    const answer = await (typeof stored === 'function' ? (stored as Answering)(sent) : stored)
    const response = { config, headers: new AxiosHeaders(), status: 200, statusText: '', data: answer, request: {} }
    if (!(answer instanceof Refusal)) return response
    const data = { type: 'about:blank', title: '', status: answer.status, detail: `refused: ${answer.code}`, code: answer.code, request_id: 'f'.repeat(32) }
    throw new AxiosError('refused', AxiosError.ERR_BAD_REQUEST, config, {}, { ...response, status: answer.status, data, headers: new AxiosHeaders(answer.headers) })
  }
  return log
}

/** Somebody, and two tenants of theirs. */
export const ann = { id: 'u1', email: 'ann@acme.test', name: 'Ann', role: 'user', current_tenant_id: 't1', email_verified: true }
export const acme = tenant('t1', 'Acme', 'acme', 'admin')
export const globex = tenant('t2', 'Globex', 'globex', 'viewer')

export function tenant(id: string, name: string, slug: string, role: string) {
  return { id, name, slug, domain: null, status: 'active', max_users: 5, role, created_at: '2026-01-01T00:00:00Z', version: 1, config: {}, current: id === 't1' }
}
