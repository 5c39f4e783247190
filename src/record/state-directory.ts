import { join } from 'node:path'
import { StoreError } from './errors.ts'

/** Where a gate listens for its operator. */
export function controlSocket(directory: string): string {
  return join(directory, 'control.sock')
}

/** The part of the environment that says where state belongs. */
export interface StateEnvironment {
  readonly XDG_STATE_HOME?: string | undefined
  readonly HOME?: string | undefined
}

/**
 * Where the gate keeps its state: the `--state` option, else /var/lib/dockgate for root, else the user's
 * XDG state directory. Throws a StoreError where a user has neither HOME nor XDG_STATE_HOME.
 */
export function stateDirectory(
  option: string | undefined,
  environment: StateEnvironment,
  isRoot: boolean,
): string {
  if (option !== undefined && option !== '') return option
  if (isRoot) return '/var/lib/dockgate'
  // The XDG specification has relative paths ignored.
  if (environment.XDG_STATE_HOME?.startsWith('/')) return join(environment.XDG_STATE_HOME, 'dockgate')
  if (environment.HOME?.startsWith('/')) return join(environment.HOME, '.local/state/dockgate')
  throw new StoreError('no state directory: HOME is not set; name one with --state', 66)
}
