/** The policy of the tests: one worker who may do most things, inside the test's own directory. */
import { join } from 'node:path'
import { stringify } from 'yaml'
import { setting } from './settings.ts'

/** Keys of the policy's `docker` part that a test sets; those of `run` are set one by one. */
export interface DockerPart {
  readonly [key: string]: unknown
  readonly run?: Readonly<Record<string, unknown>>
}

const allow =
  'ps, inspect, logs, images, info, version, stats, start, stop, restart, rm, rmi, wait, ' +
  'pull, build, run, compose, system df, system prune, network ls, volume ls'

/** Where the worker's socket is made in a gate's directory. */
export function workerSocket(directory: string): string {
  return join(directory, 'ai-worker', 'docker.sock')
}

/** The directory that the worker may mount. */
export function workDirectory(directory: string): string {
  return join(directory, 'work')
}

/**
 * A policy's text for the worker `ai-worker` of a gate in that directory; `docker` replaces keys of its `docker` part,
 * `more` keys of the worker.
 */
export function policyFor(directory: string, docker: DockerPart = {}, more: object = {}): string {
  const run = {
    names: 'shared',
    images: ['docker.io/library/*', `${setting('REGISTRY')}/team/*`],
    binds: [{ path: workDirectory(directory), mode: 'rw' }],
    ports: { address: '127.0.0.1', range: '21000-21999' },
    limits: { memory: '256m', cpus: 1, pids: 128, containers: 20 },
    ...docker.run,
  }
  const worker = {
    socket: workerSocket(directory),
    docker: { allow: allow.split(', '), ...docker, run },
    ...more,
  }
  return stringify({ version: 1, workers: { 'ai-worker': worker } })
}
