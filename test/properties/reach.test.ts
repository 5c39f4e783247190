/**
 * Whatever the operator and workers do, in whatever order events and answers come, and whenever the gate falls over: what a worker
 * may do with a container of the operator's is what the policy gives to the name that the operator gave it last.
 */
import { expect, test } from 'vitest'
import { Dice } from '../fuzz/mutate.ts'
import { NamingEngine } from '../support/naming-engine.ts'
import { Renaming, WORKERS } from '../support/renaming.ts'
import { runs, seedFor } from '../support/runs.ts'

test('rights follow the names that the operator gave, and no others', { timeout: 3_600_000 }, async () => {
  const seed = seedFor('reach')
  for (let run = 0; run < runs(12); run += 1) {
    using engine = await NamingEngine.start()
    const renaming = new Renaming(engine, new Dice(seed + run))
    await renaming.open()
    try {
      for (let step = 1; step <= 80; step += 1) {
        await renaming.step()
        // At any moment rights go by a name that the operator gave at some time.
        const found = WORKERS.flatMap((worker) => [...renaming.reached(worker)])
        expect(found.filter(([id, name]) => !renaming.isOperators(id, name))).toEqual([])
        expect(renaming.faults).toEqual([])
        if (step % 20 > 0) continue
        await renaming.rest()
        for (const worker of WORKERS) expect(renaming.reached(worker)).toEqual(renaming.due(worker))
      }
    } catch (cause) {
      throw new Error(`DOCKGATE_TEST_SEED=${seed + run}:\n${renaming.log.join('\n')}`, { cause })
    } finally {
      renaming.close()
    }
  }
})
