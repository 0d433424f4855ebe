import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { base, clean, enter, fault, heading, launch, open } from './browser'

let browser: Browser
beforeAll(async () => {
  browser = await launch()
})
afterAll(() => browser.close())

const cannotLookUp = 'The gateway is up, but cannot look this up right now.'

test('Postgres is gone: a list says so and comes back by a click, the page that is open stays', async () => {
  const dave = await enter(browser, 'dave@globex.test')
  const { page } = dave
  await page.goto('/t/acme/members')
  await page.getByText('carol@acme.test').waitFor()
  await fault('cut')
  try {
    await page.getByLabel('Search members').fill('alice')
    await told(page)
    await page.getByText(/Request [0-9a-f]{32}/).waitFor()
    await heading(page, 'Members').waitFor()
  } finally {
    await fault('mend')
  }
  await again(page, page.getByText('alice@acme.test'))
  clean(dave)
})

test('Postgres is gone when a page is loaded: said, and entered by a click once it is back', async () => {
  const dave = await enter(browser, 'dave@globex.test')
  const { page } = dave
  await heading(page, /./).waitFor()
  await fault('cut')
  try {
    await page.reload()
    await told(page)
  } finally {
    await fault('mend')
  }
  await again(page, heading(page, /Globex Care|Acme Support/))
  clean(dave)
})

test('too many tries: how long to wait is said', async () => {
  const watch = await open(browser)
  const page = await watch.context.newPage()
  const email = 'flooded@nowhere.test'
  for (let i = 0; i < 5; i++) {
    const answer = await fetch(`${base}/api/v1/auth/password/reset`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ email }) })
    expect(answer.status).toBe(202)
  }
  await page.goto('/auth/reset')
  await page.getByLabel('E-mail').fill(email)
  await page.getByRole('button', { name: 'Send the link' }).click()
  await page.getByText(/^Too many requests\. Wait [\d,]+ seconds and try again\./).waitFor()
  // What was typed is still there, and so is the button.
  expect(await page.getByLabel('E-mail').inputValue()).toBe(email)
  await expect.poll(() => page.getByRole('button', { name: 'Send the link' }).isEnabled()).toBe(true)
  clean(watch)
})

test('what is typed before the scripts come is kept', async () => {
  const watch = await open(browser)
  const page = await watch.context.newPage()
  let come = () => {}
  const scripts = new Promise<void>((resolve) => (come = resolve))
  await page.route('**/*.js', async (route) => {
    await scripts
    await route.continue()
  })
  await page.goto('/auth/login', { waitUntil: 'commit' })
  await page.getByLabel('E-mail').fill('dave@globex.test')
  await page.getByLabel('Password').fill('demo-passwor')
  come()
  await page.waitForLoadState('networkidle')
  await page.getByLabel('Password').press('End')
  await page.keyboard.type('d')
  expect(await page.getByLabel('E-mail').inputValue()).toBe('dave@globex.test')
  await page.keyboard.press('Enter')
  await page.waitForURL('**/dashboard')
  clean(watch)
})

test('offline is said, and ends by itself', async () => {
  const dave = await enter(browser, 'dave@globex.test')
  await heading(dave.page, /./).waitFor()
  await dave.context.setOffline(true)
  await dave.page.getByText('You are offline.').waitFor()
  await dave.context.setOffline(false)
  await expect.poll(() => dave.page.getByText('You are offline.').count()).toBe(0)
})

/** Waits until the page says that the gateway cannot look things up. */
async function told(page: Page): Promise<void> {
  await page.getByText(cannotLookUp).first().waitFor()
}

/** Clicks "Try again" until what is looked for is there: the gateway finds back to Postgres in its own time. */
async function again(page: Page, sought: ReturnType<Page['getByText']>): Promise<void> {
  await expect
    .poll(async () => {
      const button = page.getByRole('button', { name: 'Try again' }).first()
      // It may go by itself before it is clicked.
      if (await button.isVisible()) await button.click({ timeout: 1000 }).catch(() => undefined)
      return sought.first().isVisible()
    }, { timeout: 60_000 })
    .toBe(true)
}
