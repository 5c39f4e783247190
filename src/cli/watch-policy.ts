/** Loads the policy again when its file changes and on SIGHUP: whole, or not at all. */
import { watch } from 'node:fs'
import { basename, dirname } from 'node:path'
import { loadPolicy } from '../policy/load.ts'
import type { Policy } from '../policy/policy.ts'
import { note } from './serve-lines.ts'

/** Milliseconds of quiet after a change: editors write in several steps. */
const QUIET = 200

/** Calls `adopt` with each new policy that is sound; says why where one is not, and leaves the old one in force. */
export function watchPolicy(file: string, adopt: (policy: Policy) => Promise<void>): { close(): void } {
  let timer: NodeJS.Timeout | undefined
  let last = Promise.resolve()
  const reload = (): void => {
    // One at a time, in order, so that the newest file wins.
    last = last.then(async () => {
      try {
        await adopt(await loadPolicy(file))
      } catch (cause) {
        note(
          `the old policy stays in force; the new one can't be used:\n${cause instanceof Error ? cause.message : String(cause)}`,
        )
      }
    })
  }
  // The directory is watched, since many editors put a new file in the old one's place.
  const watcher = watch(dirname(file), (_event, name) => {
    if (name !== null && name !== basename(file)) return
    clearTimeout(timer)
    timer = setTimeout(reload, QUIET)
  })
  watcher.on('error', (cause) =>
    note(`changes of ${file} are not seen any more (${cause.message}); use SIGHUP`),
  )
  process.on('SIGHUP', reload)
  return {
    close: () => {
      clearTimeout(timer)
      watcher.close()
      process.removeListener('SIGHUP', reload)
    },
  }
}
