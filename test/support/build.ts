/** Builds by the classic builder, through a gate. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { docker, type CommandResult } from './docker.ts'

/** Builds a Dockerfile beside a file `given`. */
export async function classicBuild(
  target: { readonly socket: string },
  dockerfile: string,
  ...flags: readonly string[]
): Promise<CommandResult> {
  const context = await mkdtemp(join(tmpdir(), 'dockgate-context-'))
  try {
    await writeFile(join(context, 'Dockerfile'), dockerfile)
    await writeFile(join(context, 'given'), 'from the context\n')
    return await docker(target, ['build', ...flags, context], { env: { DOCKER_BUILDKIT: '0' } })
  } finally {
    await rm(context, { recursive: true, force: true })
  }
}
