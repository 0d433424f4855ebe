import { AxiosError } from 'axios'
import type { components } from './schema'

export type Problem = components['schemas']['Problem']
export type Violation = components['schemas']['Violation']

/**
 * What the API refuses with, or `network` where no answer came, or `unexpected`
 * where one came that is no problem document (RFC 9457) of the API's.
 */
export type ProblemCode = Problem['code'] | 'network' | 'unexpected'

/** A request that did not get what it asked for. Every failed call throws one. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  constructor(
    readonly code: ProblemCode,
    message: string,
    /** HTTP status; 0 where no answer came. */
    readonly status: number,
    /** Names the request in the gateway's logs; empty where no answer came. */
    readonly requestId = '',
    /** Which fields are wrong, where the code is validation_failed. */
    readonly violations: readonly Violation[] = [],
    /** Seconds to wait before another try; 0 where the answer did not say. */
    readonly retryAfter = 0,
  ) {
    super(message)
  }

  /** Whether the session is over. An upstream's own 401 says nothing of it. */
  get signedOut(): boolean {
    return this.status === 401 && this.code.startsWith('token_')
  }

  /** What is said of one field of the body, by its JSON pointer ("/email"), or nothing. */
  about(pointer: string): string | undefined {
    return this.violations.find((v) => v.pointer === pointer)?.detail
  }
}

/** Whether the error is one of the API's, with that code if one is given. */
export function isProblem(error: unknown, ...codes: ProblemCode[]): error is ApiError {
  return error instanceof ApiError && (codes.length === 0 || codes.includes(error.code))
}

/** Any error of a call as an ApiError. Cancelled calls stay what they are. */
export function problemOf(error: unknown): unknown {
  if (!(error instanceof AxiosError) || error.code === AxiosError.ERR_CANCELED) return error
  const answer = error.response
  if (!answer) return new ApiError('network', 'The gateway could not be reached.', 0)
  const header = (name: string) => String(answer.headers[name] ?? '')
  const problem = answer.data as Partial<Problem> | undefined
  const known = typeof problem === 'object' && problem !== null && typeof problem.code === 'string'
  return new ApiError(
    known ? (problem.code as ProblemCode) : 'unexpected',
    known ? (problem.detail ?? '') : `The gateway answered ${answer.status}.`,
    answer.status,
    (known && problem.request_id) || header('x-request-id'),
    known ? problem.errors : [],
    Number.parseInt(header('retry-after'), 10) || 0,
  )
}

/** Whether the gateway refused because it does not know (any more) who asks. */
export function lacksSession(error: unknown): boolean {
  const problem = problemOf(error)
  return problem instanceof ApiError && problem.signedOut
}
