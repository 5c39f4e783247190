/** Two workers beside each other, with the same rights. */
import { parse, stringify } from 'yaml'
import { objectOf } from '../../src/shared/json-value.ts'

/** A policy of one worker, with another one beside it that may do the same, on a socket of its own. */
export function withOther(policy: (directory: string) => string): (directory: string) => string {
  return (directory) => {
    const { workers, ...file } = objectOf(parse(policy(directory)))
    const [one] = Object.values(objectOf(workers)).map(objectOf)
    const other = { ...one, socket: otherSocket(directory) }
    return stringify(
      { ...file, workers: { ...objectOf(workers), 'other-worker': other } },
      { aliasDuplicateObjects: false },
    )
  }
}

/** The other worker's socket. @param directory of the gate */
export function otherSocket(directory: string): string {
  return `${directory}/other/docker.sock`
}
