// @vitest-environment node
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { schema } from '../scripts/types.mjs'

const root = new URL('..', import.meta.url).pathname

test('services/schema.ts is what openapi.yaml says', async () => {
  expect(readFileSync(`${root}services/schema.ts`, 'utf8') === (await schema()), 'it is not: npm run types').toBe(true)
})

const pages = ['index', 'auth/login', 'auth/register', 'dashboard', 'members', 'settings', 'audit', 'profile', 'platform']
const budget = 150 * 1024

describe.skipIf(!existsSync(`${root}out/index.html`))('what was built', () => {
  test.each(pages)('the first load of /%s has at most 150 KB of compressed JavaScript', (page) => {
    const html = readFileSync(`${root}out/${page}.html`, 'utf8')
    const scripts = new Set([...html.matchAll(/<script src="(\/_next\/[^"]+)"(?! noModule)/g)].map((match) => match[1]!))
    expect(scripts.size).toBeGreaterThan(3)
    const sizes = [...scripts].map((script) => readFileSync(`${root}out${script}.br`).length)
    const total = sizes.reduce((sum, size) => sum + size, 0)
    expect(total, `${(total / 1024).toFixed(1)} KB in ${scripts.size} scripts`).toBeLessThanOrEqual(budget)
  })

  test.each(pages)('/%s takes nothing from elsewhere', (page) => {
    const html = readFileSync(`${root}out/${page}.html`, 'utf8')
    for (const [, url] of html.matchAll(/\s(?:src|href)="([^"]+)"/g)) expect(url).toMatch(/^(\/|#)/)
  })
})
