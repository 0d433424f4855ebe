import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { clean, enter, heading, launch, mailedLink, open, switcher, switchTo } from './browser'

let browser: Browser
beforeAll(async () => {
  browser = await launch()
})
afterAll(() => browser.close())

test('registration: a new workspace, whose admin one becomes', async () => {
  const watch = await open(browser)
  const page = await watch.context.newPage()
  await page.goto('/auth/register')
  await page.getByLabel('Your name').fill('Ada Lovelace')
  await page.getByLabel('E-mail').fill('ada@engines.test')
  await page.getByLabel('Password').fill('correct horse battery')
  await page.getByLabel('Name', { exact: true }).fill('Analytical Engines')
  await expect.poll(() => page.getByLabel('Address').inputValue()).toBe('analytical-engines')
  await page.getByRole('button', { name: 'Create the account' }).click()
  await page.waitForURL('**/dashboard')
  await heading(page, 'Analytical Engines').waitFor()
  await page.getByText('admin', { exact: true }).first().waitFor()
  // No script can read the session.
  expect(await page.evaluate(() => document.cookie + JSON.stringify({ ...localStorage, ...sessionStorage }))).not.toMatch(/eyJ|tgr_/)
  clean(watch)
})

test('registration: a workspace that is open to all', async () => {
  const watch = await open(browser)
  const page = await watch.context.newPage()
  await page.goto('/auth/register')
  await page.getByLabel('Your name').fill('Grace Hopper')
  await page.getByLabel('E-mail').fill('grace@cobol.test')
  await page.getByLabel('Password').fill('correct horse battery')
  await page.getByText('Join one that is open').click()
  await page.getByText('Umbrella Hotline').click()
  await page.getByRole('button', { name: 'Create the account' }).click()
  await heading(page, 'Umbrella Hotline').waitFor()
  clean(watch)
})

test('registration: by the link of an invitation', async () => {
  const dave = await enter(browser, 'dave@globex.test')
  await heading(dave.page, /./).waitFor()
  await switchTo(dave.page, 'Globex Care').catch(() => undefined)
  await dave.page.goto('/t/globex/members')
  await dave.page.getByRole('button', { name: 'Add people' }).click()
  await dave.page.getByLabel('E-mail addresses').fill('edsger@structured.test')
  await dave.page.getByRole('button', { name: 'Add', exact: true }).click()
  await dave.page.getByText('invited, a mail is on its way').waitFor()
  const first = await mailedLink('edsger@structured.test')
  await dave.page.keyboard.press('Escape')
  await dave.page.getByRole('button', { name: 'Resend the mail to edsger@structured.test' }).click()
  await dave.page.getByText('A new link is on its way to edsger@structured.test.').waitFor()

  const watch = await open(browser)
  const page = await watch.context.newPage()
  await page.goto(await mailedLink('edsger@structured.test', '/auth/register', [first]))
  await heading(page, 'Accept your invitation').waitFor()
  expect(page.url(), 'the token stays in the address bar').not.toContain('invitation=')
  await page.getByLabel('Your name').fill('Edsger Dijkstra')
  await page.getByLabel('E-mail').fill('edsger@structured.test')
  await page.getByLabel('Password').fill('goto considered harmful')
  await page.getByRole('button', { name: 'Join' }).click()
  await heading(page, 'Globex Care').waitFor()
  clean(watch)
  clean(dave)
})

test('switching: the old workspace is gone before the new one is asked for', async () => {
  const alice = await enter(browser, 'alice@acme.test')
  const { page } = alice
  await page.goto('/t/acme')
  await heading(page, 'Acme Support').waitFor()
  await page.getByText('acme', { exact: false }).first().waitFor()
  const acmeCall = await page.locator('tbody tr').first().innerText()

  // The screen at the moment in which the new tenant is first asked for.
  let atAsking = ''
  await page.route('**/api/v1/tenants/*/switch', async (route) => {
    atAsking = await page.locator('main').innerText()
    await route.continue()
  })
  await switchTo(page, 'Globex Care')
  await heading(page, 'Globex Care').waitFor()
  expect(atAsking).not.toContain('Acme')
  await page.locator('tbody tr').first().waitFor()
  expect(await page.locator('tbody').innerText()).not.toContain(acmeCall)
  await page.getByText('viewer', { exact: true }).first().waitFor()
  // A viewer is not offered what only admins may do.
  expect(await page.getByRole('link', { name: 'Audit log' }).count()).toBe(0)
  clean(alice)
})

test('adding team members: several at once, taken back, removed', async () => {
  const alice = await enter(browser, 'alice@acme.test')
  const { page } = alice
  await page.goto('/t/acme/members')
  await page.getByRole('button', { name: 'Add people' }).click()
  await page.getByLabel('E-mail addresses').fill('Peggy Price <peggy@globex.test>, new@acme.test\ncarol@acme.test')
  await page.getByLabel('Role', { exact: true }).last().selectOption('viewer')
  await page.getByRole('button', { name: 'Add 3 people' }).click()
  const dialog = page.getByRole('dialog', { name: 'Add people' })
  await dialog.getByText('Peggy Price is a viewer now').waitFor()
  await dialog.getByText('invited, a mail is on its way').waitFor()
  await dialog.getByText('Already a member, or invited already.').waitFor()
  // What could not be added is still there to be corrected.
  await expect.poll(() => dialog.getByLabel('E-mail addresses').inputValue()).toBe('carol@acme.test')
  await page.keyboard.press('Escape')

  const members = page.getByRole('region', { name: 'Members' })
  await members.getByText('peggy@globex.test').waitFor()
  await page.getByRole('button', { name: 'Revoke the invitation of new@acme.test' }).click()
  await expect.poll(() => page.getByRole('button', { name: 'Revoke the invitation of new@acme.test' }).count()).toBe(0)

  await page.getByLabel('Role of Peggy Price').selectOption('member')
  await page.getByText('Peggy Price is now member.').waitFor()

  await page.getByRole('button', { name: 'Remove Peggy Price' }).click()
  const confirm = page.getByRole('dialog', { name: 'Remove Peggy Price?' })
  expect(await confirm.getByRole('button', { name: 'Remove' }).isDisabled(), 'removing without the address typed').toBe(true)
  await confirm.getByLabel('Type peggy@globex.test to confirm').fill('peggy@globex.test')
  await confirm.getByRole('button', { name: 'Remove' }).click()
  await expect.poll(() => members.getByText('peggy@globex.test').count()).toBe(0)

  await page.getByLabel('Search members').fill('carol')
  await expect.poll(() => members.locator('li').count()).toBe(1)

  await page.goto('/audit')
  await page.getByText('added').first().waitFor()
  await page.getByLabel('What').selectOption('invitation.*')
  await page.getByText('took back the invitation of').first().waitFor()
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Export as CSV' }).click()])
  expect(file.suggestedFilename()).toBe('audit-acme.csv')
  clean(alice)
})

test('no seat is left', async () => {
  const ursula = await enter(browser, 'ursula@umbrella.test')
  const { page } = ursula
  await page.goto('/members')
  await page.getByRole('button', { name: 'Add people' }).click()
  await page.getByLabel('E-mail addresses').fill('one@x.test two@x.test three@x.test')
  await page.getByRole('button', { name: 'Add 3 people' }).click()
  await page.getByText('All seats are taken: members and pending invitations fill the plan.').first().waitFor()
  await page.keyboard.press('Escape')
  await page.goto('/dashboard')
  await page.getByText('No seat is free').waitFor()
  clean(ursula)
})

test('a forgotten password', async () => {
  const watch = await open(browser)
  const page = await watch.context.newPage()
  await page.goto('/auth/reset')
  await page.getByLabel('E-mail').fill('carol@acme.test')
  await page.getByRole('button', { name: 'Send the link' }).click()
  await page.getByText('Look into your mail').waitFor()
  await page.goto(await mailedLink('carol@acme.test'))
  await page.getByLabel('New password').fill('a new one for carol')
  await page.getByRole('button', { name: 'Set the password' }).click()
  await heading(page, 'Your password is set').waitFor()
  await page.getByRole('link', { name: 'Sign in' }).click()
  await page.getByLabel('E-mail').fill('carol@acme.test')
  await page.getByLabel('Password').fill('demo-password')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByText('The address or the password is wrong.').waitFor()
  await page.getByLabel('Password').fill('a new one for carol')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await heading(page, 'Acme Support').waitFor()
  await switcher(page).waitFor()
  clean(watch)
})

test('settings: name and colour, seen at once and kept', async () => {
  const dave = await enter(browser, 'dave@globex.test')
  const { page } = dave
  await page.goto('/t/globex/settings')
  await page.getByRole('button', { name: 'Colour #b4532a' }).click()
  await expect.poll(() => page.evaluate(() => document.documentElement.style.getPropertyValue('--accent'))).toBe('#b4532a')
  await page.getByLabel('Short name').fill('Globex')
  await page.locator('form').filter({ has: page.getByLabel('Short name') }).getByRole('button', { name: 'Save' }).click()
  await page.getByText('Everybody sees it within seconds').waitFor()
  await page.reload()
  await expect.poll(() => page.evaluate(() => document.documentElement.style.getPropertyValue('--accent'))).toBe('#b4532a')
  await page.getByRole('textbox', { name: 'Domain' }).fill('calls.globex.test')
  await page.getByRole('button', { name: 'Set up' }).click()
  await page.getByText('_tenantgate.calls.globex.test').waitFor()
  clean(dave)
})
