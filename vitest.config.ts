import { configDefaults, defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    pool: 'threads',
    // Each file may keep an engine, a gate and the CLI busy at once.
    maxWorkers: 2,
    // None of these is what a test is about: they only end what would never end, on a machine under any load.
    hookTimeout: 60_000,
    expect: { poll: { timeout: 30_000 } },
    projects: [
      { extends: true, test: { name: 'unit', include: ['src/**/*.test.ts'], testTimeout: 60_000 } },
      {
        extends: true,
        test: {
          name: 'whole',
          include: ['test/**/*.test.ts'],
          // Programs from npm (scripts/test-agents.sh, scripts/test-clients.sh).
          exclude: [...configDefaults.exclude, 'test/agents/**', 'test/clients/**'],
          testTimeout: 60_000,
        },
      },
    ],
  },
})
