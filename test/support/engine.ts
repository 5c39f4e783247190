/** The engines behind the gate, reached directly: what tests prove their claims by. */
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { docker } from './docker.ts'
import type { CommandOptions, CommandResult } from './docker.ts'
import { request } from './http.ts'
import type { Request, Response } from './http.ts'
import { setting } from './settings.ts'

/**
 * Docker 26, Docker 20.10, Docker 28 with the classic and with containerd's image store, a 26 that is restarted, Podman.
 * scripts/test.sh empties them before and after the tests.
 */
export type EngineName = 'new' | 'old' | '28' | 'containerd' | 'restart' | 'podman'

const SETTINGS = {
  new: 'ENGINE',
  old: 'ENGINE_OLD',
  '28': 'ENGINE_28',
  containerd: 'ENGINE_CONTAINERD',
  restart: 'ENGINE_RESTART',
  podman: 'PODMAN',
} as const

/** Address of the engine as `unix:///…`. */
export function engineUrl(engine: EngineName): string {
  return setting(SETTINGS[engine])
}

/** Path of the engine's socket. */
export function engineSocket(engine: EngineName): string {
  return engineUrl(engine).replace('unix://', '')
}

/** One request to the engine itself. */
export function engineRequest(engine: EngineName, options: Request): Promise<Response> {
  return request(engineSocket(engine), options)
}

/** `docker` 26 on the engine itself. */
export function engineDocker(
  engine: EngineName,
  args: readonly string[],
  options?: CommandOptions,
): Promise<CommandResult> {
  return docker(engineSocket(engine), args, options)
}

const starter = fileURLToPath(new URL('../../scripts/engine/start.sh', import.meta.url))

/** Kills the engine that is there for it, in the midst of what it does, and starts it again. */
export async function restartEngine(): Promise<void> {
  const place = dirname(engineSocket('restart'))
  process.kill(Number(readFileSync(join(place, 'docker.pid'), 'latin1')), 'SIGKILL')
  await promisify(execFile)(starter, ['test-restart'])
}
