import type { ApiError } from '@/services/problem'

/** "3 members", "1 member". */
export function count(n: number, one: string, many = `${one}s`): string {
  return `${n.toLocaleString()} ${n === 1 ? one : many}`
}

const day = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' })
const minute = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })

/** "5 Jan 2026" */
export function dayOf(time: string): string {
  return day.format(new Date(time))
}

/** "5 Jan 2026, 09:12" */
export function minuteOf(time: string): string {
  return minute.format(new Date(time))
}

const relative = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto', style: 'long' })
const units = [['year', 31536e6], ['month', 2592e6], ['day', 864e5], ['hour', 36e5], ['minute', 6e4]] as const

/** "3 days ago", "in 2 hours", "just now". */
export function ago(time: string, now = Date.now()): string {
  const distance = new Date(time).getTime() - now
  for (const [unit, length] of units) {
    if (Math.abs(distance) >= length) return relative.format(Math.round(distance / length), unit)
  }
  return 'just now'
}

/** Two letters that stand for somebody or something. */
export function initials(name: string): string {
  const words = name.trim().split(/[\s@._-]+/).filter(Boolean)
  return ((words[0]?.[0] ?? '?') + (words[1]?.[0] ?? '')).toUpperCase()
}

/** "Analytical Engines, Ltd" becomes "analytical-engines-ltd". */
export function slugOf(name: string): string {
  return name.normalize('NFKD').replace(/[\u0300-\u036f]/g, '').toLowerCase().replace(/[^a-z0-9]+/g, '-').slice(0, 63).replace(/^-+|-+$/g, '')
}

/** What went wrong, and what to do, for people. */
export function explain(error: ApiError): string {
  switch (error.code) {
    case 'network':
      return 'The gateway could not be reached. Check the connection and try again.'
    case 'credentials_invalid':
      return 'The address or the password is wrong.'
    case 'rate_limited':
      return error.retryAfter > 0 ? `Too many requests. Wait ${count(error.retryAfter, 'second')} and try again.` : 'Too many requests. Wait a moment and try again.'
    case 'seat_limit_reached':
      return 'All seats are taken: members and pending invitations fill the plan.'
    case 'already_member':
      return 'Already a member, or invited already.'
    case 'last_admin':
      return 'A workspace needs at least one admin. Make somebody else an admin first.'
    case 'slug_taken':
      return 'This address is taken. Choose another.'
    case 'address_taken':
      return 'This address has an account. Sign in, or use that account’s password here.'
    case 'role_required':
      return 'Your role does not allow this. Ask an admin of the workspace.'
    case 'invitation_gone':
      return 'This invitation was used, was taken back, or has expired. Ask for a new one.'
    case 'link_gone':
      return 'This link was used or has expired. Ask for a new one.'
    case 'join_refused':
      return 'This workspace does not take people without an invitation.'
    case 'version_mismatch':
      return 'Somebody changed this meanwhile. What is shown now is the newest; change it again if you still want to.'
    case 'domain_taken':
      return 'Another workspace has this domain.'
    case 'domain_unproven':
      return 'The TXT record was not found yet. New records can take some minutes to be seen.'
    case 'membership_unavailable':
      return 'The gateway is up, but cannot look this up right now. Try again in a moment.'
    case 'internal_error':
      return 'Something went wrong at the gateway.'
    case 'validation_failed':
      return 'Some of this cannot be accepted.'
    default:
      return error.message || 'Something went wrong.'
  }
}
