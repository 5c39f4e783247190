/** The Dockerfile that an engine gets: of what was read, with ids in the place of images. */
import { fullReference } from '../../decode/reference.ts'
import { CLAIM_LABEL, WORKER_LABEL } from '../../shared/labels.ts'
import type { Instruction } from './check.ts'
import { writeFrom, type From } from './from.ts'

/**
 * Behind each FROM stand the gate's labels, which no instruction can change: they are in what is built, as one step that an engine has in
 * its cache the next time. Without the worker's, builds of all workers and of the operator would take each other's
 * layers out of the cache, which an engine looks up by parent and instruction alone (extra hosts and proxies are no part of it).
 * @param ids of the images that stages begin with. @param copied ids of those that files are copied from, by their names in full
 * @param worker its name
 */
export function writeDockerfile(
  instructions: readonly Instruction[],
  ids: ReadonlyMap<From, string>,
  copied: ReadonlyMap<string, string>,
  worker: string,
): string {
  const label = `LABEL ${CLAIM_LABEL}="" ${WORKER_LABEL}=${JSON.stringify(worker)}`
  const lines = instructions.flatMap((instruction) => {
    switch (instruction.kind) {
      case 'from':
        return [writeFrom(instruction, ids.get(instruction)), label]
      case 'copy':
        return [instruction.write(copied.get(fullReference(instruction.image)))]
      case 'other':
        return [instruction.text]
    }
  })
  return `${lines.join('\n')}\n`
}
