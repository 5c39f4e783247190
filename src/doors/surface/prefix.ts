/** Where a worker's socket is more than the Engine API: paths that no engine has. */
import type { IncomingMessage, ServerResponse } from 'node:http'

const PREFIX = '/dockgate/'

/** What answers there. */
export interface WorkerSurface {
  readonly serve: (request: IncomingMessage, response: ServerResponse) => Promise<void>
}

/** True for a target of the surface's. */
export function isSurface(target: string | undefined): boolean {
  return target?.startsWith(PREFIX) === true
}

/** The target without its prefix, in segments, and its query. */
export function surfacePath(target: string): {
  readonly path: readonly string[]
  readonly query: URLSearchParams
} {
  const mark = target.indexOf('?')
  const path = mark === -1 ? target : target.slice(0, mark)
  return {
    path: path.slice(PREFIX.length).split('/'),
    query: new URLSearchParams(mark === -1 ? '' : target.slice(mark + 1)),
  }
}
