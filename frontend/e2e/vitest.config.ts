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
    // A page that was loaded anew signs in and reads its tenant first: a second is short on a busy machine.
    expect: { poll: { timeout: 10_000 } },
    bail: 0,
  },
})
