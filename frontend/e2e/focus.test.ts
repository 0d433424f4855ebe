import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { api, bearer, clean, enter, heading, launch, mailedLink, open, signIn, type Watch } from './browser'
import { settled } from './axe'

let browser: Browser
let kit: Watch & { page: Page }
let page: Page
beforeAll(async () => {
  browser = await launch()
  await workspace()
  kit = await enter(browser, email, { reducedMotion: 'reduce' }, secret)
  page = kit.page
})
afterAll(() => browser.close())

test('the focus stays on a page whose members and invitations come and go', async () => {
  await visit('/members')
  const role = page.getByLabel('Role of Quinn Quay')
  await role.focus()
  await role.selectOption('viewer')
  await page.getByText('Quinn Quay is now viewer.').waitFor()
  await kept(role)

  const resend = page.getByRole('button', { name: 'Resend the mail to one@keys.test' })
  await press(resend)
  await page.getByText('A new link is on its way to one@keys.test.').waitFor()
  await kept(resend)

  // The next row, not its button: who presses Enter twice takes back one.
  await press(takeBack('two@keys.test'))
  await gone(takeBack('two@keys.test'))
  await kept(page.getByRole('listitem').filter({ hasText: 'one@keys.test' }))
  await press(takeBack('one@keys.test'))
  await gone(page.getByRole('heading', { name: 'Invitations' }))
  await kept(page.getByRole('region', { name: 'Members' }))

  await press(page.getByRole('button', { name: 'Remove Quinn Quay' }))
  await page.getByLabel('Type quinn@keys.test to confirm').fill('quinn@keys.test')
  await page.keyboard.press('Enter')
  await gone(page.getByRole('dialog'))
  await gone(page.getByRole('listitem').filter({ hasText: 'quinn@keys.test' }))
  await kept(page.getByRole('listitem').filter({ hasText: email }))

  await press(page.getByRole('button', { name: 'Add people' }))
  await page.getByLabel('E-mail addresses').fill('three@keys.test')
  await press(page.getByRole('button', { name: 'Add', exact: true }))
  await kept(page.getByRole('button', { name: 'Done' }))
  await page.keyboard.press('Enter')
  await gone(page.getByRole('dialog'))
  await kept(page.getByRole('button', { name: 'Add people' }))
  clean(kit)
})

test('the focus stays where a profile is saved, and where sessions end', async () => {
  for (const agent of ['alpha/1', 'beta/1']) await bearer(email, secret, agent)
  await visit('/profile')
  await page.getByLabel('Your name').fill('Kit Keys')
  await press(save('Your name'))
  await page.getByText('Saved.').waitFor()
  await kept(save('Your name'))
  await gone(page.getByText('Saved.')) // a toast takes nothing with it
  await kept(save('Your name'))

  await press(page.getByRole('button', { name: 'Send the link' }))
  await gone(page.getByRole('button', { name: 'Send the link' }))
  await kept(page.getByRole('status').filter({ hasText: 'Your address is not verified' }))

  for (const [one, next] of [['beta/1', 'alpha/1'], ['alpha/1', 'this one']] as const) {
    const end = page.getByRole('button', { name: `End the session of ${one}` })
    await press(end)
    await gone(end)
    await kept(page.getByRole('listitem').filter({ hasText: next }))
  }

  await page.getByLabel('Current password').fill(secret)
  await page.getByLabel('New password').fill(secret)
  const change = page.getByRole('button', { name: 'Change the password' })
  await press(change)
  await page.getByText('Your password is changed.').waitFor()
  await kept(change)
  clean(kit)
})

test('the focus stays where settings are saved, discarded and reset', async () => {
  await visit('/settings')
  await page.getByLabel('Name', { exact: true }).fill('Keys and Locks')
  await press(save('Name'))
  await page.getByText('Saved.').waitFor()
  await kept(save('Name'))

  const branding = form('Short name')
  await page.getByLabel('Short name').fill('Keys')
  await press(branding.getByRole('button', { name: 'Discard' }))
  await kept(save('Short name'))
  await page.getByLabel('Short name').fill('Keys')
  await press(save('Short name'))
  await page.getByText('Saved. Everybody sees it within seconds.').waitFor()
  await kept(save('Short name'))
  await press(branding.getByRole('button', { name: 'Use the default' }))
  await gone(branding.getByRole('button', { name: 'Use the default' }))
  await kept(save('Short name'))

  const joining = page.locator('form').filter({ hasText: 'Nobody' })
  await joining.getByLabel('Everybody').check()
  await press(joining.getByRole('button', { name: 'Save' }))
  await expect.poll(() => joining.getByRole('button', { name: 'Save' }).isDisabled()).toBe(true)
  await gone(joining.locator('[aria-busy]'))
  await kept(joining.getByRole('button', { name: 'Save' }))

  await page.getByRole('textbox', { name: 'Domain' }).fill('calls.keys.test')
  await press(page.getByRole('button', { name: 'Set up' }))
  await page.getByText('_tenantgate.calls.keys.test').waitFor()
  await kept(page.getByRole('button', { name: 'Set up' }))
  clean(kit)
})

test('the focus stays where the filters of the audit log are cleared', async () => {
  await visit('/audit')
  await page.getByLabel('What').selectOption('member.*')
  await page.getByLabel('Who').fill(email)
  await press(page.getByRole('button', { name: 'Clear' }))
  await gone(page.getByRole('button', { name: 'Clear' }))
  await kept(page.getByLabel('What'))
  clean(kit)
})

test('the focus comes to the page that takes the place of another', async () => {
  const watch = await open(browser)
  page = await watch.context.newPage()
  await signIn(page, email, secret)
  await heading(page, 'Keys').waitFor()
  await expect.poll(() => has(page.getByRole('main'))).toBe(true)

  await page.goto('/auth/reset')
  await page.getByLabel('E-mail').fill(email)
  await press(page.getByRole('button', { name: 'Send the link' }))
  await page.getByText('Look into your mail').waitFor()
  await kept(page.getByRole('main'))
  clean(watch)
})

const email = 'kit@keys.test'
const secret = 'correct horse battery'

/** A workspace with its admin, another member, and two who are asked in. */
async function workspace(): Promise<void> {
  const made = await api('POST', '/auth/register', '', { email, password: secret, name: 'Kit', tenant: { create: { name: 'Keys', slug: 'keys' } } })
  const { tenant } = (await made.json()) as { tenant: { id: string } }
  const token = await bearer(email, secret)
  for (const invited of ['quinn@keys.test', 'one@keys.test', 'two@keys.test']) {
    expect((await api('POST', `/tenants/${tenant.id}/invitations`, token, { email: invited, role: 'member' })).status).toBe(201)
  }
  const invitation = (await mailedLink('quinn@keys.test', '/auth/register')).split('=')[1]
  const joined = await api('POST', '/auth/register', '', { email: 'quinn@keys.test', name: 'Quinn Quay', password: secret, tenant: { invitation } })
  expect(joined.status).toBe(201)
}

const takeBack = (address: string) => page.getByRole('button', { name: `Revoke the invitation of ${address}` })
const form = (label: string) => page.locator('form').filter({ has: page.getByLabel(label, { exact: true }) })
const save = (label: string) => form(label).getByRole('button', { name: 'Save' })

async function visit(path: string): Promise<void> {
  await page.goto(path)
  await settled(page)
}

/** Presses a button by the keyboard; from then on every frame is looked at, to see whether something has the focus. */
async function press(button: Locator): Promise<void> {
  await button.focus()
  await page.evaluate(() => {
    const seen = window as unknown as { lost?: string[]; had?: string }
    const watching = seen.lost !== undefined
    seen.lost = []
    if (watching) return
    const look = () => {
      const now = document.activeElement
      if (now && now !== document.body) seen.had = now.outerHTML.slice(0, 100)
      else seen.lost!.push(seen.had ?? '')
      requestAnimationFrame(look)
    }
    look()
  })
  await page.keyboard.press('Enter')
}

async function gone(what: Locator): Promise<void> {
  await expect.poll(() => what.count()).toBe(0)
}

const has = (what: Locator) => what.evaluate((element) => element === document.activeElement)

/** The focus is there, and was nowhere else than on something since the last press. */
async function kept(where: Locator): Promise<void> {
  await expect.poll(() => page.evaluate(() => document.activeElement?.outerHTML.slice(0, 100)), { message: 'the focus' }).toBe(await where.evaluate((element) => element.outerHTML.slice(0, 100)))
  expect(await has(where)).toBe(true)
  expect([...new Set(await page.evaluate(() => (window as unknown as { lost?: string[] }).lost ?? []))], 'what had the focus before nothing had').toEqual([])
}
