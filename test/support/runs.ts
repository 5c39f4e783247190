/** How long tests of generated input go on, and from which seed. */

/** Times a property is tried: what fits a usual run, times what DOCKGATE_TEST_TIMES says. */
export function runs(usual: number): number {
  return Math.ceil(usual * Number(process.env['DOCKGATE_TEST_TIMES'] ?? '1'))
}

/** A seed of this run, printed so that the run can be had again: DOCKGATE_TEST_SEED names one. */
export function seedFor(test: string): number {
  const seed = Number(process.env['DOCKGATE_TEST_SEED'] ?? Date.now() % 2 ** 31)
  console.log(`${test}: DOCKGATE_TEST_SEED=${seed}`)
  return seed
}
