import { describe, expect, test } from 'vitest'
import { api, ApiError } from '@/services/api'
import { Refusal, standIn, ann } from './gateway'

describe('renewing the session', () => {
  test('a call whose access has run out is sent once more', async () => {
    let fresh = false
    const log = standIn({
      'GET /me': () => (fresh ? ann : new Refusal(401, 'token_expired')),
      'POST /auth/refresh': () => {
        fresh = true
        return { expires_in: 900 }
      },
    })
    expect(await api.get('/me')).toEqual(ann)
    expect(log.map((sent) => `${sent.method} ${sent.url}`)).toEqual(['GET /me', 'POST /auth/refresh', 'GET /me'])
  })

  test('calls at the same time renew once between them', async () => {
    let fresh = false
    const log = standIn({
      'GET /me': () => (fresh ? ann : new Refusal(401, 'token_missing')),
      'POST /auth/refresh': async () => {
        await new Promise((resolve) => setTimeout(resolve, 10))
        fresh = true
        return { expires_in: 900 }
      },
    })
    await Promise.all([api.get('/me'), api.get('/me'), api.get('/me')])
    expect(log.filter((sent) => sent.url === '/auth/refresh')).toHaveLength(1)
  })

  test('a call is never sent a third time', async () => {
    const log = standIn({ 'GET /me': new Refusal(401, 'token_invalid'), 'POST /auth/refresh': { expires_in: 900 } })
    await expect(api.get('/me')).rejects.toMatchObject({ code: 'token_invalid', signedOut: true })
    expect(log.filter((sent) => sent.url === '/me')).toHaveLength(2)
  })

  test('where there is no session any more the first refusal stands', async () => {
    standIn({ 'GET /me': new Refusal(401, 'token_expired'), 'POST /auth/refresh': new Refusal(401, 'token_invalid') })
    await expect(api.get('/me')).rejects.toMatchObject({ code: 'token_expired' })
  })

  test('a gateway that cannot answer does not sign anybody out', async () => {
    standIn({ 'GET /me': new Refusal(401, 'token_expired'), 'POST /auth/refresh': new Refusal(503, 'membership_unavailable') })
    await expect(api.get('/me')).rejects.toMatchObject({ status: 503, signedOut: false })
  })

  test('an upstream’s own 401 renews nothing', async () => {
    const log = standIn({ 'GET /calls': new Refusal(401, 'not ours') })
    await expect(api.upstream('/calls', 't1')).rejects.toMatchObject({ status: 401, signedOut: false })
    expect(log).toHaveLength(1)
  })

  test('a wrong password renews nothing', async () => {
    const log = standIn({ 'POST /auth/login': new Refusal(401, 'credentials_invalid') })
    await expect(api.post('/auth/login', { body: { email: 'a@b.c', password: 'x', cookie: true } })).rejects.toMatchObject({ code: 'credentials_invalid' })
    expect(log).toHaveLength(1)
  })
})

test('a refusal is a typed error with its request id', async () => {
  standIn({ 'GET /tenant': new Refusal(429, 'rate_limited', { 'retry-after': '7' }) })
  const error = await api.get('/tenant', { tenant: 't1' }).catch((e: unknown) => e)
  expect(error).toBeInstanceOf(ApiError)
  expect(error).toMatchObject({ code: 'rate_limited', status: 429, requestId: 'f'.repeat(32), retryAfter: 7 })
})

test('the path names the tenant, and says so in X-Tenant too', async () => {
  const log = standIn({ 'GET /tenants/a%2Fb/domain': {} })
  await api.get('/tenants/{id}/domain', { path: { id: 'a/b' }, tenant: 'another' })
  expect(log[0]).toMatchObject({ url: '/tenants/a%2Fb/domain', tenant: 'a/b' })
})

test('saying again that somebody is signed in wakes no other tab', async () => {
  const { remember } = await import('@/services/session')
  remember(true)
  const before = JSON.stringify({ ...window.localStorage })
  await new Promise((resolve) => setTimeout(resolve, 5))
  remember(true)
  expect(JSON.stringify({ ...window.localStorage })).toBe(before)
})
