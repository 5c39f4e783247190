/** `dockgate ssh --check`: whether the docker CLI and compose are run here, by the account that asks. For the operator. */
import { dockerCli, tryDocker } from '../programs/docker.ts'
import type { Options } from './options.ts'
import { print } from './print.ts'

const UNAVAILABLE = 69

/** Tells it. Returns the exit code. */
export async function check({ docker, config }: Options): Promise<number> {
  const cli = dockerCli(docker, config)
  const [itself, compose] = await Promise.all([
    tryDocker(cli, ['--version']),
    tryDocker(cli, ['compose', 'version']),
  ])
  print(1, `docker: ${itself.text}\n`)
  if (itself.isRun) print(1, `docker compose: ${compose.text}\n`)
  return itself.isRun ? 0 : UNAVAILABLE
}
