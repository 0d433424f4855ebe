import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { api, bearer, clean, enter, heading, launch, mailedLink, soon, switcher } from './browser'

let browser: Browser
beforeAll(async () => {
  browser = await launch()
})
afterAll(() => browser.close())

const acme = '019b76da-a800-7000-8000-00000000a001'

test('somebody new: verifies, joins from the switcher, changes name and password, ends a session, leaves', async () => {
  const email = 'lin@works.test'
  await register(email, 'Lin Works', 'lin-works')
  const invited = await api('POST', `/tenants/${acme}/invitations`, await bearer('alice@acme.test'), { email, role: 'viewer' })
  expect(invited.status).toBe(201)
  const lin = await enter(browser, email, {}, secret)
  const { page } = lin
  await heading(page, 'Lin Works').waitFor()

  const first = await mailedLink(email, '/auth/verify')
  await page.goto('/profile')
  await page.getByText('Your address is not verified').waitFor()
  await page.getByRole('button', { name: 'Send the link' }).click()
  await page.getByText(`A link is on its way to ${email}.`).waitFor()
  await page.goto(await mailedLink(email, '/auth/verify', [first]))
  await page.getByRole('button', { name: 'Verify' }).waitFor()
  expect(page.url(), 'the token stays in the address bar').not.toContain('token=')
  await page.getByRole('button', { name: 'Verify' }).click()
  await heading(page, 'Your address is verified').waitFor()
  await page.getByRole('link', { name: 'Go to the console' }).click()
  await heading(page, 'Lin Works').waitFor()

  await switcher(page).click()
  await page.getByRole('button', { name: 'Join Acme Support' }).click()
  await page.getByText('You joined Acme Support.').waitFor() // first: it goes by itself
  await heading(page, 'Acme Support').waitFor()

  await page.goto('/profile')
  await page.getByLabel('Your name').fill('Lin Lee')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('link', { name: /Lin Lee/ }).waitFor()

  const elsewhere = await bearer(email, secret, 'otherprogram/1.0')
  await page.reload()
  await page.getByRole('button', { name: 'End the session of otherprogram/1.0' }).click()
  await expect.poll(() => page.getByText('otherprogram/1.0').count()).toBe(0)
  await expect.poll(async () => (await api('GET', '/me', elsewhere)).status, { timeout: soon }).toBe(401)

  await page.getByLabel('Current password').fill('not the password')
  await page.getByLabel('New password').fill('another one for lin')
  await page.getByRole('button', { name: 'Change the password' }).click()
  await page.getByText('This is not your password.').waitFor()
  await page.getByLabel('Current password').fill(secret)
  await page.getByRole('button', { name: 'Change the password' }).click()
  await page.getByText('Your password is changed.').waitFor()
  expect(await bearer(email, 'another one for lin')).toMatch(/^ey/)

  await page.goto('/members')
  await page.getByRole('button', { name: 'Leave' }).click()
  await page.getByRole('dialog', { name: 'Leave Acme Support?' }).getByRole('button', { name: 'Leave' }).click()
  await heading(page, 'Where do you want to work?').waitFor()
  await page.getByRole('main').getByRole('button', { name: /Lin Works/ }).click()
  await heading(page, 'Members').waitFor() // the page that one was on, of the other workspace
  await switcher(page).click()
  const list = page.getByRole('list', { name: 'Your workspaces' })
  await list.getByRole('button', { name: 'Lin Works' }).waitFor()
  await expect.poll(() => list.getByText('Acme Support').count()).toBe(0)
  clean(lin)
})

test('a workspace is deleted and restored by its admin, suspended and activated by the platform', async () => {
  const email = 'mia@mills.test'
  const root = await enter(browser, 'root@tenantgate.test')
  await register(email, 'Mia Mills', 'mia-mills')
  const mia = await enter(browser, email, {}, secret)
  await heading(mia.page, 'Mia Mills').waitFor()

  await root.page.goto('/platform')
  await root.page.getByLabel('Search workspaces').fill('mia')
  const row = root.page.getByRole('main').getByRole('listitem')
  await expect.poll(() => row.count()).toBe(1)
  await root.page.getByRole('button', { name: 'Suspend Mia Mills' }).click()
  await root.page.getByRole('dialog', { name: 'Suspend Mia Mills?' }).getByRole('button', { name: 'Suspend' }).click()
  await row.getByText('suspended').waitFor()
  await heading(mia.page, 'Mia Mills is suspended').waitFor({ timeout: soon })
  await root.page.getByRole('button', { name: 'Activate Mia Mills' }).click()
  await root.page.getByText('Mia Mills is active.').waitFor()
  await heading(mia.page, 'Mia Mills').waitFor({ timeout: soon })

  const { page } = mia
  await page.goto('/settings')
  await page.getByRole('button', { name: 'Delete this workspace' }).click()
  const dialog = page.getByRole('dialog', { name: 'Delete Mia Mills?' })
  expect(await dialog.getByRole('button', { name: 'Delete' }).isDisabled(), 'deleting without the slug typed').toBe(true)
  await dialog.getByLabel('Type mia-mills to confirm').fill('mia-mills')
  await dialog.getByRole('button', { name: 'Delete' }).click()
  // Offered wherever its admin signs in, not only here.
  await page.getByRole('button', { name: 'Restore Mia Mills' }).waitFor()
  const other = await enter(browser, email, {}, secret)
  await switcher(other.page).click()
  await other.page.getByRole('dialog', { name: 'Switch workspace' }).getByRole('button', { name: 'Restore Mia Mills' }).click()
  await heading(other.page, 'Mia Mills').waitFor()
  await page.goto('/dashboard')
  await heading(page, 'Mia Mills').waitFor()
  // What can be restored is asked for when the list opens: without the answer nothing would stand there either.
  const [deleted] = await Promise.all([page.waitForResponse(/scope=deleted/), switcher(page).click()])
  expect(await deleted.json()).toMatchObject({ tenants: [] })
  await page.getByRole('dialog', { name: 'Switch workspace' }).getByRole('button', { name: 'Mia Mills' }).waitFor()
  await expect.poll(() => page.getByRole('button', { name: 'Restore Mia Mills' }).count()).toBe(0)
  await page.keyboard.press('Escape')

  expect((await api('DELETE', `/tenants/${await idOf('mia-mills')}`, await bearer(email, secret))).status).toBe(204)
  await heading(page, 'You are no longer a member of this workspace').waitFor({ timeout: soon })
  await root.page.reload()
  await root.page.getByLabel('Search workspaces').fill('mia')
  await root.page.getByRole('button', { name: 'Restore Mia Mills' }).click()
  await root.page.getByText('Mia Mills is active.').waitFor()
  await page.getByRole('button', { name: 'Look again' }).click()
  await heading(page, 'Mia Mills').waitFor()
  for (const one of [root, mia, other]) clean(one)
})

const secret = 'correct horse battery'

async function register(email: string, name: string, slug: string): Promise<void> {
  const answer = await api('POST', '/auth/register', '', { email, password: secret, name: 'Somebody New', tenant: { create: { name, slug } } })
  expect(answer.status).toBe(201)
}

/** The id of a tenant by its slug, as a platform admin finds it. */
async function idOf(slug: string): Promise<string> {
  const answer = await api('GET', '/tenants?scope=all&limit=100', await bearer('root@tenantgate.test'))
  const { tenants } = (await answer.json()) as { tenants: { id: string; slug: string }[] }
  return tenants.find((tenant) => tenant.slug === slug)!.id
}
