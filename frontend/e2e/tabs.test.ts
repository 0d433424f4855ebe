import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { api, bearer, clean, enter, heading, launch, soon, switchTo } from './browser'

let browser: Browser
beforeAll(async () => {
  browser = await launch()
})
afterAll(() => browser.close())

test('switching in one tab never moves another', async () => {
  const alice = await enter(browser, 'alice@acme.test')
  const one = alice.page
  await one.goto('/t/acme')
  await heading(one, 'Acme Support').waitFor()
  const other = await alice.context.newPage()
  await other.goto('/t/globex')
  await heading(other, 'Globex Care').waitFor()

  await one.reload()
  await heading(one, 'Acme Support').waitFor()
  await switchTo(other, 'Acme Support')
  await heading(other, 'Acme Support').waitFor()
  await switchTo(other, 'Globex Care')
  await heading(other, 'Globex Care').waitFor()
  await one.getByRole('link', { name: 'Members' }).first().click()
  await one.getByText('bob@acme.test').waitFor()
  await one.reload()
  await one.getByText('bob@acme.test').waitFor()
  clean(alice)
})

test('two tabs whose access has run out renew the session once', async () => {
  const alice = await enter(browser, 'alice@acme.test')
  const other = await alice.context.newPage()
  let renewals = 0
  alice.context.on('response', (answer) => {
    if (answer.url().endsWith('/auth/refresh')) renewals++
  })
  await alice.context.clearCookies({ name: /tenantgate_session$/ })
  await Promise.all([alice.page.goto('/t/acme'), other.goto('/t/globex')])
  await Promise.all([heading(alice.page, 'Acme Support').waitFor(), heading(other, 'Globex Care').waitFor()])
  // The token that renews works once: a second use would have ended the session.
  expect(renewals).toBeGreaterThan(0)
  await alice.page.reload()
  await heading(alice.page, 'Acme Support').waitFor()
  clean(alice)
})

test('signing out in one tab signs the others out', async () => {
  const peggy = await enter(browser, 'peggy@globex.test')
  const other = await peggy.context.newPage()
  await other.goto('/dashboard')
  await heading(other, 'Globex Care').waitFor()
  await peggy.page.goto('/profile')
  await peggy.page.getByRole('button', { name: 'Sign out', exact: true }).click()
  await peggy.page.waitForURL('**/auth/login**')
  await other.waitForURL('**/auth/login**', { timeout: soon })
  clean(peggy)
})

test('removed and demoted while the page is open: said plainly, without a reload', async () => {
  const bob = await enter(browser, 'bob@acme.test')
  await heading(bob.page, 'Acme Support').waitFor()
  const loaded = await bob.page.evaluate(() => performance.timeOrigin)

  const token = await bearer('alice@acme.test')
  const ask = (method: string, body?: object) => api(method, '/tenants/019b76da-a800-7000-8000-00000000a001/members/bob@acme.test', token, body)

  expect((await ask('PATCH', { role: 'viewer' })).status).toBe(200)
  await bob.page.getByText('You are now a viewer of Acme Support').waitFor({ timeout: soon })

  expect((await ask('DELETE')).status).toBe(204)
  await heading(bob.page, 'You are no longer a member of this workspace').waitFor({ timeout: soon })
  expect(await bob.page.locator('main').innerText()).not.toContain('555')
  expect(await bob.page.evaluate(() => performance.timeOrigin), 'the page was loaded again').toBe(loaded)
  clean(bob)
})

test('a workspace one is no member of, and one that is suspended', async () => {
  const peggy = await enter(browser, 'peggy@globex.test')
  await peggy.page.goto('/t/acme')
  await heading(peggy.page, 'There is no such workspace, or you are not a member of it').waitFor()
  await peggy.page.getByText(/Request [0-9a-f]{32}/).waitFor()
  await peggy.page.getByRole('main').getByRole('button', { name: /Globex Care/ }).click()
  await heading(peggy.page, 'Globex Care').waitFor()
  clean(peggy)

  const frank = await enter(browser, 'frank@initech.test')
  await frank.page.goto('/t/initech')
  await heading(frank.page, 'Initech Helpdesk is suspended').waitFor()
  clean(frank)
})
