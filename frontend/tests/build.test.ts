// @vitest-environment node
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { schema } from '../scripts/types.mjs'

const root = new URL('..', import.meta.url).pathname

test('services/schema.ts is what openapi.yaml says', async () => {
  expect(readFileSync(`${root}services/schema.ts`, 'utf8') === (await schema()), 'it is not: npm run types').toBe(true)
})

test('what a product takes over needs nothing else, as the README says', () => {
  const parts = ['contexts', 'hooks', 'services', 'lib', 'components/dashboard', 'components/ui']
  const packages = ['axios', 'next/navigation', 'react', 'react-dom', 'swr']
  for (const part of parts) {
    for (const name of readdirSync(`${root}${part}`)) {
      const source = readFileSync(`${root}${part}/${name}`, 'utf8')
      for (const [, from] of source.matchAll(/(?:from|import\() ?'([^']+)'/g)) {
        const needed = from!.startsWith('./') ? part : from!.replace(/^@\//, '').replace(/\/[^/]+$/, '')
        expect([...parts, ...packages], `${part}/${name} needs ${from}`).toContain(packages.includes(from!) ? from : needed)
      }
    }
  }
})

const pages = ['index', 'auth/login', 'auth/register', 'dashboard', 'members', 'settings', 'audit', 'profile', 'platform']
/**
 * What the scripts that a page begins with may weigh. Browsers are sent brotli over
 * https and from localhost. Over plain http they take gzip: React, Next.js, axios and
 * SWR alone are 150 KB of that, so its bound only sees to it that it does not grow.
 */
const budgets = { br: 150 * 1024, gz: 175 * 1024 }

describe.skipIf(!existsSync(`${root}out/index.html`))('what was built', () => {
  test.each(pages.flatMap((page) => (['br', 'gz'] as const).map((form) => [page, form] as const)))('the scripts that /%s begins with are small enough as %s', (page, form) => {
    const html = readFileSync(`${root}out/${page}.html`, 'utf8')
    const scripts = new Set([...html.matchAll(/<script src="(\/_next\/[^"]+)"(?! noModule)/g)].map((match) => match[1]!))
    expect(scripts.size).toBeGreaterThan(3)
    const sizes = [...scripts].map((script) => readFileSync(`${root}out${script}.${form}`).length)
    const total = sizes.reduce((sum, size) => sum + size, 0)
    expect(total, `${(total / 1024).toFixed(1)} KB in ${scripts.size} scripts`).toBeLessThanOrEqual(budgets[form])
  })

  test.each(pages)('/%s takes nothing from elsewhere', (page) => {
    const html = readFileSync(`${root}out/${page}.html`, 'utf8')
    for (const [, url] of html.matchAll(/\s(?:src|href)="([^"]+)"/g)) expect(url).toMatch(/^(\/|#)/)
  })
})
