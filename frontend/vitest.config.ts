import { defineConfig } from 'vitest/config'

/** Component tests; those in a browser are in e2e/. */
export default defineConfig({
  resolve: { alias: { '@': new URL('.', import.meta.url).pathname.replace(/\/$/, '') } },
  esbuild: { jsx: 'automatic' },
  test: { include: ['tests/**/*.test.{ts,tsx}'], environment: 'jsdom', setupFiles: ['tests/setup.ts'], restoreMocks: true, testTimeout: 60_000 },
})
