/** The tests that mutants are put before: those without an engine, the quick ones first, since the first failure is enough. */
import { BaseSequencer, type TestSpecification } from 'vitest/node'
import { configDefaults, defineConfig } from 'vitest/config'

/** In the order in which they are likely to see a mutant soon; what is not named comes before the last. */
const FIRST = [/reference\.test/, /endpoints\.test/, /cases\.test/, /stated\.test/]
const LAST = /test\/properties\/|parse-docker|body-fields/

class QuickFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification): number => {
      const first = FIRST.findIndex((pattern) => pattern.test(moduleId))
      return LAST.test(moduleId) ? FIRST.length + 1 : first === -1 ? FIRST.length : first
    }
    return files.toSorted((one, other) => place(one) - place(other))
  }
}

export default defineConfig({
  test: {
    include: [
      'src/{decode,decide,docker-cli,encode,filter,perform,policy,resolve,settle}/**/*.test.ts',
      'test/{cases,engine-api,properties}{.test.ts,/**/*.test.ts}',
    ],
    exclude: [...configDefaults.exclude, '**/*.root.test.ts'],
    // Instrumented, and beside other runs: it only ends what would never end.
    testTimeout: 120_000,
    // A tenth of the generated input is enough to see a mutant, and there are thousands of them.
    env: { DOCKGATE_TEST_TIMES: '0.1' },
    isolate: false,
    sequence: { sequencer: QuickFirst },
  },
})
