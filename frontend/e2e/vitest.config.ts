import { defineConfig } from 'vitest/config'

/** One browser, one gateway, one test after the other. */
export default defineConfig({
  root: new URL('.', import.meta.url).pathname,
  test: {
    include: [process.env.PICTURES ? 'pictures.ts' : `${process.env.ONLY ?? '*'}.test.ts`],
    fileParallelism: false,
    sequence: { concurrent: false },
    // The limits are there to end what hangs; nothing is measured by them.
    testTimeout: 180_000,
    hookTimeout: 120_000,
    // A page that was loaded anew signs in and reads its tenant first: a second is short on a busy machine.
    expect: { poll: { timeout: 30_000 } },
    bail: 0,
  },
})
