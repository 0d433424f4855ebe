import { chromium, type Browser, type BrowserContext, type BrowserContextOptions, type Page } from 'playwright-core'
import { expect } from 'vitest'

/** The gateway under test, and the page that shows its mails. */
export const base = needed('CONSOLE_URL')
const mails = needed('MAIL_URL')

/** "Within seconds": an open page asks every four, and then draws; on a busy machine that takes its time. */
export const soon = 30_000

/** Every demo account has it. */
export const password = 'demo-password'

function needed(name: string): string {
  const value = process.env[name]
  if (!value) throw new Error(`${name} is not set: run the end-to-end tests by \`go test -run TestConsole ./internal/endtoend/\``)
  return value
}

export async function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
    // As root there is no sandbox; and a browser that calls nobody at home.
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  })
}

/** What went wrong in the pages of a context without anybody looking. */
export interface Watch {
  context: BrowserContext
  violations: string[]
  faults: string[]
}

/** A browser of somebody, which keeps what its Content-Security-Policy had to stop. */
export async function open(browser: Browser, options: BrowserContextOptions = {}): Promise<Watch> {
  const context = await browser.newContext({ baseURL: base, viewport: { width: 1280, height: 860 }, ...options })
  context.setDefaultTimeout(30_000)
  const watch: Watch = { context, violations: [], faults: [] }
  await context.exposeFunction('violated', (text: string) => watch.violations.push(text))
  await context.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      void (window as unknown as { violated: (text: string) => void }).violated(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`)
    })
  })
  context.on('weberror', (error) => watch.faults.push(error.error().message))
  return watch
}

/** Signs in by the form, as people do. */
export async function signIn(page: Page, email: string, secret = password): Promise<void> {
  await page.goto('/auth/login')
  await page.getByLabel('E-mail').fill(email)
  await page.getByLabel('Password').fill(secret)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.waitForURL('**/dashboard')
}

/** Opens a browser of somebody who is signed in. */
export async function enter(browser: Browser, email: string, options: BrowserContextOptions = {}, secret = password): Promise<Watch & { page: Page }> {
  const watch = await open(browser, options)
  const page = await watch.context.newPage()
  await signIn(page, email, secret)
  return { ...watch, page }
}

/** The big heading of the page. */
export const heading = (page: Page, name: string | RegExp) => page.getByRole('heading', { level: 1, name })

/** The button that shows the tab's tenant and opens the list. */
export const switcher = (page: Page) => page.getByRole('button', { name: /^Workspace:/ }).filter({ visible: true })

/** Moves the page's tab to a tenant by the switcher. */
export async function switchTo(page: Page, name: string): Promise<void> {
  await switcher(page).click()
  await page.getByRole('dialog', { name: 'Switch workspace' }).getByRole('button', { name }).click()
}

/** Asks the API as another program would. */
export function api(method: string, path: string, token: string, body?: object): Promise<Response> {
  const headers: Record<string, string> = { 'Content-Type': 'application/json' }
  if (token) headers.Authorization = `Bearer ${token}`
  return fetch(`${base}/api/v1${path}`, { method, headers, body: body && JSON.stringify(body) })
}

/** An access token of somebody, for a program that calls itself so. */
export async function bearer(email: string, secret = password, agent = 'e2e'): Promise<string> {
  const answer = await fetch(`${base}/api/v1/auth/login`, { method: 'POST', headers: { 'Content-Type': 'application/json', 'User-Agent': agent }, body: JSON.stringify({ email, password: secret }) })
  return ((await answer.json()) as { access_token: string }).access_token
}

/** Cuts the gateway off from Postgres, or mends that. */
export async function fault(what: 'cut' | 'mend'): Promise<void> {
  const answer = await fetch(`${needed('FAULT_URL')}/${what}`, { method: 'POST' })
  expect(answer.status).toBe(204)
}

/**
 * The path of the newest link to a page that was mailed to an address,
 * "/auth/reset#token=…", and that is none of those known already.
 */
export async function mailedLink(to: string, page = '/auth/', known: string[] = []): Promise<string> {
  for (const began = Date.now(); Date.now() - began < 30_000; ) {
    const { letters } = (await (await fetch(`${mails}/letters?to=${encodeURIComponent(to)}`)).json()) as { letters: { text: string }[] | null }
    const links = (letters ?? []).map((letter) => /https?:\/\/[^/\s]+(\/auth\/\S+)/.exec(letter.text)?.[1] ?? '')
    const link = links.find((one) => one.startsWith(page) && !known.includes(one))
    if (link) return link
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`no mail with a link came for ${to}`)
}

/** Nothing was stopped, and nothing broke. */
export function clean(watch: Watch): void {
  expect(watch.violations).toEqual([])
  expect(watch.faults).toEqual([])
}
