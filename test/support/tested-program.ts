import { fileURLToPath } from 'node:url'

/** The program that is tested: that of the checkout, or the executable file of `npm run test:executable`. */
export const testedProgram =
  process.env['DOCKGATE_TEST_PROGRAM'] ?? fileURLToPath(new URL('../../bin/dockgate', import.meta.url))
