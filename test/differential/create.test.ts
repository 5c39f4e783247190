/**
 * Whatever a body of a create says, and however it says it: the container that an engine makes of what the gate sends is the
 * one that the gate decided on, in every field that the engine reports.
 */
import { mkdirSync, mkdtempSync, realpathSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ask, type Settings } from '../cases/world.ts'
import { engineRequest, onEngines } from '../support/engine.ts'
import { freshName, generousPolicy } from '../support/everything.ts'
import { startGate, type Gate } from '../support/gate.ts'
import { request, type Response } from '../support/http.ts'
import { runs, seedFor } from '../support/runs.ts'
import { createBodies } from './bodies.ts'
import { comparable, decided, effective, type Effective } from './effective.ts'
import { twisted, written } from './spelling.ts'

const MINOR = { new: 44, old: 41 } as const
const JSON_TYPE = { 'Content-Type': 'application/json' }

describe.each(onEngines('new', 'old'))('creates on the %s engine', (engine) => {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'dockgate-differential-')))
  const [work, docs] = [join(directory, 'work'), join(directory, 'docs')]
  const volume = freshName('differential')
  const own = freshName('own')
  const run = {
    images: ['docker.io/library/*'],
    binds: [
      { path: work, mode: 'rw' },
      { path: docs, mode: 'ro' },
    ],
    ports: { address: '127.0.0.1', range: '21000-21999' },
    limits: {
      memory: '256m',
      cpus: 1,
      pids: 128,
      containers: 1000,
      volumes: 1000,
      total: { memory: '100g', cpus: 1000 },
    },
    networks: [],
    capabilities: ['NET_ADMIN'],
    restart: ['no', 'on-failure'],
  }
  const settings: Settings = {
    docker: {},
    run,
    without: [],
    world: {
      minor: MINOR[engine],
      cpus: 2,
      containers: {},
      volumes: {},
      images: { busybox: { names: ['docker.io/library/busybox:latest'], own: false } },
      paths: {},
    },
  }
  let empty: Effective
  let gate: Gate

  beforeAll(async () => {
    mkdirSync(join(work, 'inner'), { recursive: true })
    mkdirSync(docs)
    const created = await engineRequest(engine, {
      method: 'POST',
      path: `/v1.${MINOR[engine]}/containers/create`,
      body: { Image: 'busybox', HostConfig: {} },
    })
    empty = await inspected(idOf(created))
    gate = await startGate({
      engine,
      policy: generousPolicy({ run, allow: ['create', 'run', 'rm', 'inspect'] }),
    })
  })
  afterAll(async () => {
    await gate[Symbol.asyncDispose]()
    await rm(directory, { recursive: true, force: true })
  })

  /** What the engine reports of a container, which is then removed. */
  async function inspected(id: string): Promise<Effective> {
    const { body } = await engineRequest(engine, { path: `/v1.${MINOR[engine]}/containers/${id}/json` })
    await engineRequest(engine, { method: 'DELETE', path: `/containers/${id}?force=1&v=1` })
    for (const name of [`${volume}-1`, `${volume}-2`])
      await engineRequest(engine, { method: 'DELETE', path: `/volumes/${name}?force=1` })
    return effective(JSON.parse(body))
  }

  const bodies = fc
    .tuple(twisted(createBodies({ work, docs, volume, own })), fc.nat(50))
    .map(([node, escapes]) => written(node, escapes))

  test('make what was decided, of what the gate encodes', async () => {
    const count = { bodies: 0, refused: 0, made: 0, refusedByEngine: 0 }
    const property = fc.asyncProperty(bodies, async (text) => {
      count.bodies += 1
      const { verdict, sent } = ask(
        { line: 'POST /v1.41/containers/create', headers: JSON_TYPE, body: text },
        settings,
      )
      if (verdict.effect === 'refuse') return void (count.refused += 1)
      if (sent === undefined || verdict.permit.on !== 'create')
        throw new Error('a create has a permit of another kind')
      const answer = await engineRequest(engine, {
        method: 'POST',
        path: sent.path,
        headers: Object.fromEntries(
          Object.entries(sent.headers).map(([name, value]) => [name, [value].flat()]),
        ),
        body: sent.body?.toString(),
      })
      if (answer.status !== 201) {
        // What it can't do it says; it must not be a fault of the encoding.
        expect(answer.body).not.toMatch(/json|unmarshal|decode/i)
        return void (count.refusedByEngine += 1)
      }
      count.made += 1
      const reported = await inspected(idOf(answer))
      const expected = decided(verdict.permit, empty, { 'dockgate.worker': 'ai-worker' })
      expect(comparable(reported)).toEqual(comparable(expected))
    })
    await fc.assert(property, { numRuns: runs(150), seed: seedFor(`creates, ${engine}`), endOnFailure: true })
    console.log(`creates, ${engine}:`, JSON.stringify(count))
    expect(count.made).toBeGreaterThan(count.bodies / 20)
  }, 3_600_000)

  test('make what was decided, of the bytes that a worker sends through the gate', async () => {
    const count = { bodies: 0, refused: 0, made: 0 }
    const property = fc.asyncProperty(bodies, async (text) => {
      const { verdict } = ask(
        { line: 'POST /v1.41/containers/create', headers: JSON_TYPE, body: text },
        settings,
      )
      // Most refusals are seen without a gate; a few go through it all the same.
      if (verdict.effect === 'refuse' && count.refused > count.made) return
      count.bodies += 1
      const answer = await request(gate.socket, {
        method: 'POST',
        path: '/v1.41/containers/create',
        headers: JSON_TYPE,
        body: text,
      })
      if (verdict.effect === 'refuse') {
        count.refused += 1
        expect(answer.status).toBeOneOf([400, 403, 404])
        return
      }
      expect(answer.status).not.toBe(500)
      if (answer.status !== 201) return
      count.made += 1
      const reported = await inspected(idOf(answer))
      if (verdict.permit.on !== 'create') throw new Error('a create has a permit of another kind')
      const expected = decided(verdict.permit, empty, {})
      expect(unheld(comparable(reported))).toEqual(unheld(comparable(expected)))
    })
    await fc.assert(property, {
      numRuns: runs(60),
      seed: seedFor(`creates through the gate, ${engine}`),
      endOnFailure: true,
    })
    console.log(`creates through the gate, ${engine}:`, JSON.stringify(count))
    expect(count.made).toBeGreaterThan(5)
  }, 3_600_000)
})

/** Without where binds are held, which is the gate's own choice, and its labels. */
function unheld({ config, mounts, ...rest }: Effective): unknown {
  const labels = Object.entries(Object(config['Labels'])).filter(([name]) => !name.startsWith('dockgate.'))
  return {
    ...rest,
    config: { ...config, Labels: labels },
    mounts: mounts.map((line) => line.replace(/^bind \S+ on/, 'bind on')).sort(),
  }
}

function idOf({ status, body }: Response): string {
  if (status !== 201) throw new Error(`${status}: ${body}`)
  const { Id }: { readonly Id: string } = JSON.parse(body)
  return Id
}
