import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

export const themes = ['light', 'dark'] as const

/** A wide screen and a phone's, in pixels. */
export const sizes = [1440, 390] as const

type Axed = { axe?: typeof import('axe-core') }

/** Fails on anything that axe finds in the page. */
export async function accessible(page: Page, where: string): Promise<void> {
  // Once a page, and through the debugger, which no policy of the page binds.
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe)
  const found = await page.evaluate(async () => {
    const results = await (window as Axed).axe!.run(document, { resultTypes: ['violations'] })
    return results.violations.map((v) => `${v.id}: ${v.nodes.map((node) => `${node.html.slice(0, 160)} ${node.any[0]?.message ?? ''}`).join(' | ')}`)
  })
  expect(found, where).toEqual([])
}

/** The same, and nothing reaches beyond the edge of the screen. */
export async function narrowEnough(page: Page, what: string): Promise<void> {
  await accessible(page, what)
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
  expect(overflow, `${what} is wider than the screen`).toBeLessThanOrEqual(0)
}

/** Looks at what is shown in both themes, at the width that the page has. */
export async function inBothThemes(page: Page, what: string): Promise<void> {
  for (const theme of themes) {
    await page.emulateMedia({ colorScheme: theme })
    await expect.poll(() => page.evaluate(() => document.documentElement.dataset.theme)).toBe(theme)
    await still(page)
    await narrowEnough(page, `${what}, ${theme}, ${page.viewportSize()?.width} pixels`)
  }
}

/** Looks at what is shown in both themes, on a wide screen and on a phone's. */
export async function everywhere(page: Page, what: string): Promise<void> {
  for (const width of sizes) {
    await page.setViewportSize({ width, height: 860 })
    await inBothThemes(page, what)
  }
  await page.setViewportSize({ width: 1440, height: 860 })
}

/** Waits until the page has all that it asked for. */
export async function settled(page: Page): Promise<void> {
  await page.waitForLoadState('networkidle')
  await expect.poll(() => page.getByRole('status', { name: /^Loading/ }).count()).toBe(0)
}

/** Waits for what fades in, and for colours on their way: until then nothing has the contrast it will have. */
async function still(page: Page): Promise<void> {
  await page.evaluate(() => Promise.all(document.getAnimations().filter((one) => one.effect?.getComputedTiming().iterations !== Infinity).map((one) => one.finished.catch(() => undefined))))
}
