import axios, { type AxiosInstance, type AxiosResponse } from 'axios'
import { ApiError, lacksSession, problemOf } from './problem'
import { remember, renew } from './session'
import type { components, paths } from './schema'

export { ApiError, isProblem } from './problem'

/** The shapes of the contract, by name: `Schemas['Tenant']`. */
export type Schemas = components['schemas']

type Verb = 'get' | 'post' | 'put' | 'patch' | 'delete'
type Full<P extends string> = P extends `/api/v1${infer Rest}` ? Rest : never

/** The paths of the contract under /api/v1 that have the verb. */
export type Path<V extends Verb> = {
  [P in keyof paths]: paths[P][V] extends { responses: unknown } ? Full<P> : never
}[keyof paths]

type Operation<V extends Verb, P extends string> = `/api/v1${P}` extends keyof paths ? paths[`/api/v1${P}`][V] : never
type Content<T> = T extends { content: { 'application/json': infer Body } } ? Body : undefined
type Answers<O> = O extends { responses: infer R } ? { [S in keyof R & (200 | 201 | 202 | 204)]: Content<R[S]> } : never
type Parameters<O, Where extends string> = O extends { parameters: { [W in Where]?: infer T } } ? Exclude<T, undefined> : never
type RequestBody<O> = O extends { requestBody?: infer B } ? Content<Exclude<B, undefined>> : undefined

/** What the operation answers where all is well. */
export type Answer<V extends Verb, P extends string> = Answers<Operation<V, P>>[keyof Answers<Operation<V, P>>]

type Names<P extends string> = P extends `${string}{${infer Name}}${infer Rest}` ? Name | Names<Rest> : never

/** What a call says besides verb and path. */
export interface Call<V extends Verb, P extends string> {
  /** What stands for the names in braces. */
  path?: Record<Names<P>, string>
  query?: Parameters<Operation<V, P>, 'query'>
  body?: RequestBody<Operation<V, P>>
  /** The tenant, id or slug, as X-Tenant. Paths under /tenants/{id} name theirs by themselves. */
  tenant?: string | null
  /** The version that must still be there (If-Match). */
  version?: number
  /** The same key makes repeating a POST harmless. */
  idempotencyKey?: string
  /** `text`: the answer as it came, where it is no JSON. */
  as?: 'text'
  signal?: AbortSignal
}

/** A call as it is sent, whatever its types were. */
interface Sent {
  query?: unknown
  body?: unknown
  tenant?: string | null
  version?: number
  idempotencyKey?: string
  as?: 'text'
  signal?: AbortSignal
}

type Refused = (error: ApiError, path: string) => void

/**
 * The gateway's API, typed from the contract. A call that is refused with 401 renews
 * the session and is sent once more; one that fails throws an ApiError.
 */
export class Api {
  readonly http: AxiosInstance
  private readonly listeners = new Set<Refused>()

  constructor(baseURL = '') {
    this.http = axios.create({
      baseURL: `${baseURL}/api/v1`,
      withCredentials: true,
      timeout: 20_000,
      headers: { Accept: 'application/json' },
      paramsSerializer: (query) => new URLSearchParams(defined(query as Record<string, unknown>)).toString(),
    })
  }

  get<P extends Path<'get'>>(path: P, call: Call<'get', P> = {}) {
    return this.send('get', path, call)
  }
  post<P extends Path<'post'>>(path: P, call: Call<'post', P> = {}) {
    return this.send('post', path, call)
  }
  put<P extends Path<'put'>>(path: P, call: Call<'put', P> = {}) {
    return this.send('put', path, call)
  }
  patch<P extends Path<'patch'>>(path: P, call: Call<'patch', P> = {}) {
    return this.send('patch', path, call)
  }
  delete<P extends Path<'delete'>>(path: P, call: Call<'delete', P> = {}) {
    return this.send('delete', path, call)
  }

  /** Asks a service behind the gateway, which is not in the contract. */
  async upstream<T>(path: string, tenant: string, signal?: AbortSignal): Promise<T> {
    const answer = await this.request('get', path, { tenant, signal })
    return answer.data as T
  }

  /** Hears of every refusal, the last one of each call. The result ends it. */
  onRefused(listener: Refused): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  private async send<V extends Verb, P extends string>(verb: V, path: P, call: Call<V, P>): Promise<Answer<V, P>> {
    const values: Record<string, string | undefined> = call.path ?? {}
    const url = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(values[name] ?? ''))
    const tenant = path.startsWith('/tenants/{id}') ? values.id : call.tenant
    const answer = await this.request(verb, url, { ...call, tenant })
    return answer.data as Answer<V, P>
  }

  private async request(verb: Verb, url: string, call: Sent): Promise<AxiosResponse> {
    const once = () =>
      this.http.request({
        method: verb,
        url,
        params: call.query,
        data: call.body,
        signal: call.signal,
        responseType: call.as ?? 'json',
        headers: defined({
          'X-Tenant': call.tenant,
          'If-Match': call.version === undefined ? undefined : `"${call.version}"`,
          'Idempotency-Key': call.idempotencyKey,
          'Content-Type': call.body === undefined ? undefined : 'application/json',
        }),
      })
    const sentAt = Date.now()
    try {
      return await once().catch(async (error: unknown) => {
        if (!lacksSession(error)) throw error
        if (!(await renew(sentAt, () => this.refresh()))) throw error
        return once()
      })
    } catch (error) {
      const problem = problemOf(error)
      if (problem instanceof ApiError) {
        if (problem.signedOut) remember(false)
        for (const listener of this.listeners) listener(problem, url)
      }
      throw problem
    }
  }

  /** Has the cookies renewed. False: there is no session any more. */
  private async refresh(): Promise<boolean> {
    try {
      await this.http.post('/auth/refresh')
      return true
    } catch (error) {
      if (axios.isAxiosError(error) && (error.response?.status === 401 || error.response?.status === 403)) return false
      throw error
    }
  }
}

/** The entries that have a value, as text. */
function defined(values: Record<string, unknown>): Record<string, string> {
  const present = Object.entries(values ?? {}).filter(([, value]) => value !== undefined && value !== null && value !== '')
  return Object.fromEntries(present.map(([name, value]) => [name, String(value)]))
}

/** The API of the gateway that serves this page, or of NEXT_PUBLIC_API_URL. */
export const api = new Api(process.env.NEXT_PUBLIC_API_URL ?? '')
