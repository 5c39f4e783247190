/** Places of the host that no policy may give: a bind root that holds one is withheld. */
import { dirname } from 'node:path'
import { walk, WalkError } from '../files/walk.ts'

/** One of them, and the directories that lead to it, by their ids. */
export interface Own {
  /** For the operator. */
  readonly what: string
  readonly id: string
  readonly passed: ReadonlySet<string>
}

/**
 * Whoever mounts the engine's socket has the host. Where it is not there yet, it will be in its directory.
 * @param url `unix:///var/run/docker.sock`
 */
export async function engineSocket(url: string): Promise<readonly Own[]> {
  const path = url.slice('unix://'.length)
  for (const each of [path, dirname(path)])
    try {
      const { found, passed } = await walk(each)
      await found.close()
      const around = each === path ? passed : new Set([...passed, found.status.id])
      return [{ what: "the engine's socket", id: each === path ? found.status.id : '', passed: around }]
    } catch (cause) {
      if (!(cause instanceof WalkError)) throw cause
    }
  return []
}
