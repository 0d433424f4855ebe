import { defineConfig } from 'vitest/config'

/** One browser, one gateway, one test after the other. */
export default defineConfig({
  root: new URL('.', import.meta.url).pathname,
  test: {
    include: [process.env.PICTURES ? 'pictures.ts' : '*.test.ts'],
    fileParallelism: false,
    sequence: { concurrent: false },
    testTimeout: 60_000,
    hookTimeout: 60_000,
    bail: 0,
  },
})
