/** The tests that need nothing but `npm ci`: no engine, no root, no Debian. What needs root is in files `*.root.test.ts`. */
import { configDefaults, defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    pool: 'threads',
    include: [
      'src/**/*.test.ts',
      'test/{buildkit,cases,engine-api,properties}/**/*.test.ts',
      'test/{cases,docs,files,layers}.test.ts',
    ],
    exclude: [...configDefaults.exclude, '**/*.root.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 30_000 } },
    env: { DOCKGATE_TEST_TIMES: '0.3' },
  },
})
