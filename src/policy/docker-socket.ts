/** Which sources of mounts mean a Docker socket: programs that need Docker in a container write the engine's usual one. */
import { withoutRunLink } from './paths.ts'
import type { RunPolicy } from './policy.ts'

/** As programs write it, by habit or because DOCKER_HOST says nothing else. */
export const USUAL_SOCKET = '/var/run/docker.sock'

/**
 * Whether a source is the engine's usual socket, or the worker's own by its path on the host. Neither can lie below a bind root: the first is
 * the engine's own (paths.ts), the second is looked for there (build.ts).
 * @param source without `.` and `..`
 */
export function meansDockerSocket({ socketPath }: Pick<RunPolicy, 'socketPath'>, source: string): boolean {
  return [USUAL_SOCKET, socketPath].some((path) => withoutRunLink(path) === withoutRunLink(source))
}
