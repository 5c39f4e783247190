/** The tests that need nothing but Node: no engine, no root, no Debian. */
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/{cases,engine-api,properties}{.test.ts,/**/*.test.ts}'],
    testTimeout: 20_000,
    isolate: false,
    env: { DOCKGATE_TEST_TIMES: '0.3' },
  },
})
