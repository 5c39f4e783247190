/** What comes into a container by another way than its names: labels of an image that is moved. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { docker, type CommandResult } from '../support/docker.ts'
import { engineDocker } from '../support/engine.ts'
import { everything, freshName } from '../support/everything.ts'
import { startGate, type Gate } from '../support/gate.ts'
import { request } from '../support/http.ts'
import { policyFor } from '../support/policy.ts'

let gate: Gate
const worker = (...args: readonly string[]): Promise<CommandResult> => docker(gate, args)
const operator = (...args: readonly string[]): Promise<CommandResult> => engineDocker('new', args)

beforeAll(async () => {
  const allow = [...everything, 'build', 'tag', 'container prune', 'volume']
  gate = await startGate({
    policy: (directory) =>
      policyFor(directory, { allow, run: { names: 'own', limits: { containers: 200, memory: '64m' } } }),
  })
})
afterAll(() => gate[Symbol.asyncDispose]())

test('an image that is moved under a create hands down no project of the operator’s', async () => {
  const [name, project] = [`docker.io/library/${freshName('moved')}:1`, freshName('opstack')]
  const label = 'com.docker.compose.project'
  const build = (tag: string, more: string) =>
    docker(gate, ['build', '-q', '-t', tag, '-'], {
      input: `FROM busybox\n${more}`,
      env: { DOCKER_BUILDKIT: '0' },
    })
  for (const [tag, more] of [
    ['plain', 'LABEL a=1'],
    ['named', `LABEL ${label}=${project} traefik.enable=true`],
  ] as const)
    expect((await build(`${name}-${tag}`, more)).code).toBe(0)
  const created = async (): Promise<void> => {
    await request(gate.socket, {
      method: 'POST',
      path: '/v1.41/containers/create',
      body: { Image: name, Labels: { of: project } },
    })
  }
  for (let left = 15; left > 0; left -= 1) {
    const moves = ['plain', 'named'].map((tag) => worker('tag', `${name}-${tag}`, name))
    await Promise.all([...moves, created(), created(), created()])
  }
  expect((await operator('ps', '-aq', '--filter', `label=${label}=${project}`)).stdout).toBe('')
  expect((await operator('ps', '-aq', '--filter', 'label=traefik.enable=true')).stdout).toBe('')
  await worker('container', 'prune', '-f')
  await worker('rmi', '-f', name, `${name}-plain`, `${name}-named`)
})
