import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { accessible, clean, enter, heading, launch, open, password, switcher } from './browser'

let browser: Browser
beforeAll(async () => {
  browser = await launch()
})
afterAll(() => browser.close())

const strangers = ['/auth/login', '/auth/register', '/auth/reset', '/auth/verify']
const inside = ['/dashboard', '/members', '/audit', '/settings', '/profile', '/platform']

for (const theme of ['light', 'dark'] as const) {
  for (const width of [1440, 390]) {
    test(`axe finds nothing, in ${theme} at ${width} pixels`, async () => {
      const options = { colorScheme: theme, viewport: { width, height: 860 }, reducedMotion: 'reduce' as const }
      const stranger = await open(browser, options)
      const page = await stranger.context.newPage()
      for (const path of strangers) await look(page, path)
      const alice = await enter(browser, 'alice@acme.test', options)
      await alice.page.goto('/t/acme')
      await heading(alice.page, 'Acme Support').waitFor()
      for (const path of inside) await look(alice.page, path)
      await alice.page.goto('/dashboard')
      await switcher(alice.page).click()
      await accessible(alice.page, 'the open switcher')
      await alice.page.goto('/members')
      await alice.page.getByRole('button', { name: 'Add people' }).click()
      await accessible(alice.page, 'adding people')
      expect(await alice.page.evaluate(() => document.documentElement.dataset.theme)).toBe(theme)
      clean(stranger)
      clean(alice)
    })
  }
}

async function look(page: Page, path: string): Promise<void> {
  await page.goto(path)
  await page.waitForLoadState('networkidle')
  await expect.poll(() => page.getByRole('status', { name: /^Loading/ }).count()).toBe(0)
  await accessible(page, path)
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
  expect(overflow, `${path} is wider than the screen`).toBeLessThanOrEqual(0)
}

test('everything by keyboard alone', async () => {
  const watch = await open(browser)
  const page = await watch.context.newPage()
  const focused = () => page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent ?? '')
  await page.goto('/auth/login')
  await expect.poll(() => page.evaluate(() => (document.activeElement as HTMLInputElement).type)).toBe('email')
  await page.keyboard.type('alice@acme.test')
  await page.keyboard.press('Tab')
  await page.keyboard.type(password)
  await page.keyboard.press('Enter')
  await page.waitForURL('**/dashboard')
  await heading(page, /Acme|Globex/).waitFor()

  await tabTo(page, /^Workspace:/)
  await page.keyboard.press('Enter')
  await expect.poll(focused).toMatch(/^(Acme Support|Globex Care)/)
  await page.keyboard.press('Escape')
  expect(await focused(), 'Escape brings the focus back').toMatch(/^Workspace:/)

  await page.keyboard.press('Enter')
  await expect.poll(focused).toMatch(/^(Acme Support|Globex Care)/)
  while (!(await focused()).startsWith('Acme Support')) await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await heading(page, 'Acme Support').waitFor()

  await tabTo(page, 'Members')
  await page.keyboard.press('Enter')
  await heading(page, 'Members').waitFor()
  await tabTo(page, 'Add people')
  await page.keyboard.press('Enter')
  await page.getByRole('dialog', { name: 'Add people' }).waitFor()
  await page.keyboard.type('someone@keyboard.test')
  // The focus cannot leave the dialog.
  for (let i = 0; i < 12; i++) {
    await page.keyboard.press('Tab')
    expect(await page.evaluate(() => document.activeElement === document.body || document.activeElement?.closest('dialog') !== null)).toBe(true)
  }
  await page.keyboard.press('Escape')
  await expect.poll(focused).toBe('Add people')
  clean(watch)
})

/** Presses Tab until what is focused has that name. */
async function tabTo(page: Page, name: string | RegExp): Promise<void> {
  for (let i = 0; i < 60; i++) {
    const label = await page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent ?? '')
    if (typeof name === 'string' ? label === name : name.test(label)) return
    await page.keyboard.press('Tab')
  }
  throw new Error(`Tab never came to ${name}`)
}

test('painted soon, and nothing jumps', async () => {
  const alice = await enter(browser, 'alice@acme.test')
  const stranger = await open(browser)
  for (const path of ['/auth/login', '/dashboard', '/members', '/settings']) {
    const { context } = path === '/auth/login' ? stranger : alice
    const loads = [await load(context, path), await load(context, path), await load(context, path)]
    // The best of three: the others tell of what else the machine does.
    const paint = Math.min(...loads.map((one) => one.paint))
    const shift = Math.max(...loads.map((one) => one.shift))
    console.log(`${path}: first contentful paint ${Math.round(paint)} ms, layout shift ${shift.toFixed(4)}`)
    expect(shift, `layout shift of ${path}`).toBeLessThan(0.02)
    expect(paint, `first contentful paint of ${path}`).toBeLessThan(1800)
  }
})

/** Loads a page in a tab of its own, and says when it was painted and how much of it moved. */
async function load(context: BrowserContext, path: string): Promise<{ paint: number; shift: number }> {
  const page = await context.newPage()
  await page.addInitScript(() => {
    const w = window as unknown as { shift: number }
    w.shift = 0
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as (PerformanceEntry & { value: number; hadRecentInput: boolean })[]) if (!entry.hadRecentInput) w.shift += entry.value
    }).observe({ type: 'layout-shift', buffered: true })
  })
  await page.goto(path)
  await page.waitForLoadState('networkidle')
  const measured = await page.evaluate(() => ({
    paint: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Infinity,
    shift: (window as unknown as { shift: number }).shift,
  }))
  await page.close()
  return measured
}
