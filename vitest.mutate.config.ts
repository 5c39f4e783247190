/** The tests that mutants are put before: those without an engine, the quick ones first, since the first failure is enough. */
import { BaseSequencer, type TestSpecification } from 'vitest/node'
import { defineConfig } from 'vitest/config'

const SLOW = /test\/properties\/|parse-docker|body-fields/

class QuickFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const weight = ({ moduleId }: TestSpecification): number => (SLOW.test(moduleId) ? 1 : 0)
    return files.toSorted((one, other) => weight(one) - weight(other))
  }
}

export default defineConfig({
  test: {
    include: [
      'src/{decode,policy,rewrite}/**/*.test.ts',
      'test/{cases,engine-api,properties}{.test.ts,/**/*.test.ts}',
    ],
    // It starts programs of its own, in which no mutant is.
    exclude: ['src/policy/load.test.ts'],
    testTimeout: 20_000,
    isolate: false,
    sequence: { sequencer: QuickFirst },
  },
})
