// @vitest-environment node
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { schema } from '../scripts/types.mjs'

const root = new URL('..', import.meta.url).pathname

test('services/schema.ts is what openapi.yaml says', async () => {
  expect(readFileSync(`${root}services/schema.ts`, 'utf8') === (await schema()), 'it is not: npm run types').toBe(true)
})

const pages = ['index', 'auth/login', 'auth/register', 'dashboard', 'members', 'settings', 'audit', 'profile', 'platform']

describe.skipIf(!existsSync(`${root}out/index.html`))('what was built', () => {
  test.each(pages)('/%s takes nothing from elsewhere', (page) => {
    const html = readFileSync(`${root}out/${page}.html`, 'utf8')
    for (const [, url] of html.matchAll(/\s(?:src|href)="([^"]+)"/g)) expect(url).toMatch(/^(\/|#)/)
  })
})
