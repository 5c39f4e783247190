/** The engines behind the gate, reached directly: what tests prove their claims by. */
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, beforeEach } from 'vitest'
import { docker } from './docker.ts'
import type { CommandOptions, CommandResult } from './docker.ts'
import { request } from './http.ts'
import type { Request, Response } from './http.ts'
import { setting } from './settings.ts'

/**
 * What a new host has (Docker 28 with containerd's image store), Docker 20.10, Docker 28 with the classic store, Docker 26, a 26 that is
 * restarted; Podman 5, Podman 4, and Podman 5 of an account that is not root. scripts/test.sh empties them before and after the tests.
 */
export type EngineName = 'new' | 'old' | '28' | '26' | 'restart' | 'podman' | 'podman-old' | 'podman-rootless'

const SETTINGS = {
  new: 'ENGINE',
  old: 'ENGINE_OLD',
  '28': 'ENGINE_28',
  '26': 'ENGINE_26',
  restart: 'ENGINE_RESTART',
  podman: 'PODMAN',
  'podman-old': 'PODMAN_OLD',
  'podman-rootless': 'PODMAN_ROOTLESS',
} as const

/** The engine that `npm run test:engines` has all tests run on, by the name that tests else have for it; undefined where they run on those that they name. */
const ONLY = process.env['DOCKGATE_TEST_ONLY']

/** The engines that tests are for, or the one that all of them are to run on, which then goes by the name `new`. */
export function onEngines<E extends EngineName>(...engines: readonly E[]): readonly (E | 'new')[] {
  return ONLY === undefined ? engines : ['new']
}

/** What an engine is, whatever name a test has for it. */
export function kindOf(engine: EngineName): EngineName {
  const kinds: readonly EngineName[] = ['new', 'old', '28', '26']
  return engine === 'new' ? (kinds.find((kind) => kind === ONLY) ?? 'new') : engine
}

/** Beginnings of the versions that engines have. */
export const VERSIONS: Readonly<Record<EngineName, string>> = {
  new: '28.',
  old: '20.10.',
  '28': '28.',
  '26': '26.',
  restart: '26.',
  podman: '5.',
  'podman-old': '4.',
  'podman-rootless': '5.',
}

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

/**
 * For the tests of a suite that restart an engine: each has `restart` for itself alone, whichever files run at the same time. Returns
 * what kills the engine, in the midst of what it does, and starts it again.
 */
export function engineToRestart(): () => Promise<void> {
  let release = (): void => undefined
  beforeEach(
    () =>
      new Promise<void>((taken) => {
        const held = Promise.withResolvers<void>()
        release = held.resolve
        void navigator.locks.request('the engine that tests restart', () => (taken(), held.promise))
      }),
    600_000,
  )
  afterEach(() => release())
  return async () => {
    const place = dirname(engineSocket('restart'))
    process.kill(Number(readFileSync(join(place, 'docker.pid'), 'latin1')), 'SIGKILL')
    await promisify(execFile)(starter, ['test-restart'])
  }
}
