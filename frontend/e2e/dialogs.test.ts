import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { everywhere, inBothThemes, settled, sizes } from './axe'
import { api, bearer, clean, enter, heading, launch, mailedLink, switcher, type Watch } from './browser'

let browser: Browser
// One person for all of it: the platform's admin, who may see every dialog there is.
let root: Watch & { page: Page }
let page: Page
beforeAll(async () => {
  browser = await launch()
  root = await enter(browser, 'root@tenantgate.test', { reducedMotion: 'reduce' })
  page = root.page
})
afterAll(() => browser.close())

test('the dialogs of a platform admin: to suspend a workspace, and to create the first of their own', async () => {
  await visit('/platform')
  await dialog('Suspend Umbrella Hotline?', page.getByRole('button', { name: 'Suspend Umbrella Hotline' }))
  await page.goto('/dashboard')
  await heading(page, /You are in no workspace yet/).waitFor()
  await dialog('Create a workspace', page.getByRole('main').getByRole('button', { name: 'Create a workspace' }), async (it) => {
    await it.getByLabel('Name').fill('Acme')
    await it.getByRole('button', { name: 'Create' }).click()
    await it.getByText('This address is taken. Choose another.').waitFor()
  })
  clean(root)

  await workspaces()
  await page.goto('/t/many-1')
  await heading(page, 'Many 1').waitFor()
})

test('the dialogs of the members: adding, removing, leaving', async () => {
  await visit('/members')
  await dialog('Add people', page.getByRole('button', { name: 'Add people' }), async (it) => {
    await it.getByLabel('E-mail addresses').fill('root@tenantgate.test, nobody')
    await it.getByRole('button', { name: 'Add', exact: true }).click()
    await it.getByText('Already a member, or invited already.').waitFor()
  })
  await dialog('Remove Wanda Wide?', page.getByRole('button', { name: 'Remove Wanda Wide' }), async (it) => {
    await it.getByLabel('Type wanda@many.test to confirm').fill('wanda@many.test')
    await expect.poll(() => it.getByRole('button', { name: 'Remove' }).isEnabled()).toBe(true)
  })
  await dialog('Leave Many 1?', page.getByRole('button', { name: 'Leave' }), async (it) => {
    await it.getByRole('button', { name: 'Leave' }).click()
    await it.getByRole('alert').waitFor() // its only admin cannot
  })
  clean(root)
})

test('the dialogs to delete a workspace, and to sign out everywhere', async () => {
  await visit('/settings')
  await dialog('Delete Many 1?', page.getByRole('button', { name: 'Delete this workspace' }), async (it) => {
    await it.getByLabel('Type many-1 to confirm').fill('many-1')
    await expect.poll(() => it.getByRole('button', { name: 'Delete' }).isEnabled()).toBe(true)
  })
  await visit('/profile')
  await dialog('Sign out everywhere?', page.getByRole('button', { name: 'Sign out everywhere' }))
  clean(root)
})

test('the switcher, and the dialog that it opens', async () => {
  await visit('/dashboard')
  for (const width of sizes) {
    await page.setViewportSize({ width, height: 860 })
    const panel = await openBy(switcher(page), 'Switch workspace')
    // All that it can hold: a search, an invitation, and one that can be restored.
    await panel.getByLabel('Search workspaces').waitFor()
    await panel.getByRole('button', { name: 'Join Acme Support' }).waitFor()
    await panel.getByRole('button', { name: 'Restore Many 0' }).waitFor()
    await inBothThemes(page, 'the open switcher')
    await closed(panel, switcher(page))

    // Whoever walks out of it at the end is back where it was opened.
    await openBy(switcher(page), 'Switch workspace')
    await panel.getByRole('button', { name: 'Create a workspace' }).focus()
    await page.keyboard.press('Tab')
    await panel.waitFor({ state: 'detached' })
    await focusOn(switcher(page))

    // The dialog is looked at above; the list that opens it is gone when it closes.
    await openBy(switcher(page), 'Switch workspace')
    const create = await openBy(panel.getByRole('button', { name: 'Create a workspace' }), 'Create a workspace')
    await closed(create, switcher(page))
  }
  clean(root)
})

test('an entry of the audit log, and what comes and goes by itself: a toast, being offline', async () => {
  await visit('/audit')
  const entry = page.locator('summary').first()
  await entry.focus()
  await page.keyboard.press('Enter')
  await page.getByText(/^Request [0-9a-f]{32}/).first().waitFor()
  await everywhere(page, 'an entry of the audit log')
  await focusOn(entry)

  await visit('/profile')
  await holdToasts()
  const toast = page.getByRole('status').getByText('Saved.')
  await page.getByLabel('Your name').fill('Root the Second')
  await page.getByRole('button', { name: 'Save' }).click()
  await toast.waitFor()
  await everywhere(page, 'a toast')
  expect(await toast.isVisible(), 'the toast was gone before it was looked at').toBe(true)
  await root.context.setOffline(true)
  await page.getByText('You are offline.').waitFor()
  await everywhere(page, 'being offline')
  await root.context.setOffline(false)
  await expect.poll(() => page.getByText('You are offline.').count()).toBe(0)
  clean(root)
})

/**
 * Opens a dialog by the keyboard, on a wide screen and on a phone's, and looks at it
 * in both themes, after `more` where that brings more to see. The focus comes into it,
 * stays, and goes back.
 */
async function dialog(name: string, opener: Locator, more?: (it: Locator) => Promise<void>): Promise<void> {
  for (const width of sizes) {
    await page.setViewportSize({ width, height: 860 })
    const it = await openBy(opener, name)
    await staysIn(it)
    await more?.(it)
    await inBothThemes(page, name)
    await closed(it, opener)
  }
}

/** Opens a dialog by the keyboard, which has the focus then. */
async function openBy(opener: Locator, name: string): Promise<Locator> {
  await opener.focus()
  await page.keyboard.press('Enter')
  const it = page.getByRole('dialog', { name, exact: true })
  await it.waitFor()
  await expect.poll(() => it.evaluate((element) => element.contains(document.activeElement)), { message: `the focus comes into “${name}”` }).toBe(true)
  return it
}

/** Goes through a dialog by Tab, forwards and back: it reaches every control, and nothing outside. */
async function staysIn(it: Locator): Promise<void> {
  const controls = await it.locator('button:enabled, input:enabled, select:enabled, textarea:enabled').count()
  const walk = await it.evaluateHandle((element) => {
    const seen = { inside: new Set<EventTarget>([document.activeElement!]), outside: [] as string[] }
    document.addEventListener('focusin', ({ target }) => {
      if (element.contains(target as Node)) seen.inside.add(target!)
      else seen.outside.push((target as Element).outerHTML.slice(0, 80))
    })
    return seen
  })
  for (const key of ['Tab', 'Shift+Tab']) {
    for (let i = 0; i <= controls; i++) await page.keyboard.press(key)
  }
  expect(await walk.evaluate((seen) => ({ inside: seen.inside.size, outside: seen.outside }))).toEqual({ inside: controls, outside: [] })
}

/** Escape closes it, and the focus is where it was before. */
async function closed(it: Locator, opener: Locator): Promise<void> {
  await page.keyboard.press('Escape')
  await it.waitFor({ state: 'detached' })
  await focusOn(opener)
}

/** Toasts that come from here on stay: axe takes the time it takes. */
async function holdToasts(): Promise<void> {
  await page.evaluate(() => {
    const later = window.setTimeout
    window.setTimeout = ((act: TimerHandler, after?: number, ...rest: unknown[]) => (after === 5000 ? 0 : later(act, after, ...rest))) as typeof window.setTimeout
  })
}

async function focusOn(what: Locator): Promise<void> {
  await expect.poll(() => what.evaluate((element) => element === document.activeElement), { message: 'the focus is back where it was' }).toBe(true)
}

async function visit(path: string): Promise<void> {
  await page.goto(path)
  await settled(page)
}

/** Root's workspaces: more than ten, so that there is a search; one of them deleted, one that asks root in, and Wanda in the first. */
async function workspaces(): Promise<void> {
  const token = await bearer('root@tenantgate.test')
  const { id: first } = await ask('/tenants', token, { name: 'Many 1', slug: 'many-1' })
  for (let i = 2; i <= 11; i++) await ask('/tenants', token, { name: `Many ${i}`, slug: `many-${i}` })
  const { id: gone } = await ask('/tenants', token, { name: 'Many 0', slug: 'many-0' })
  expect((await api('DELETE', `/tenants/${gone}`, token)).status).toBe(204)

  await ask(`/tenants/${first}/invitations`, token, { email: 'wanda@many.test', role: 'member' })
  const invitation = (await mailedLink('wanda@many.test', '/auth/register')).split('=')[1]
  await ask('/auth/register', '', { email: 'wanda@many.test', name: 'Wanda Wide', password: 'correct horse battery', tenant: { invitation } })
  await ask(`/tenants/${acme}/invitations`, await bearer('alice@acme.test'), { email: 'root@tenantgate.test', role: 'viewer' })
}

const acme = '019b76da-a800-7000-8000-00000000a001'

async function ask(path: string, token: string, body: object): Promise<{ id: string }> {
  const answer = await api('POST', path, token, body)
  expect(answer.status, path).toBe(201)
  return (await answer.json()) as { id: string }
}
