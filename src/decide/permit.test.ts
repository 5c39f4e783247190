/** A permit is what was decided, and nothing that looks like it. */
import { expect, test } from 'vitest'
import { encode } from '../encode/encode.ts'
import { asStop, nameByName, stoppingWithin } from './derived.ts'
import { permitting } from './permit.ts'
import type { ContainerPermit, ImagePermit, SearchPermit } from './verdict.ts'

const SENDING = { clientMinor: 45, engineMinor: 45, labels: {} }
const search = () =>
  permitting<SearchPermit>({
    on: 'search',
    operation: { kind: 'image.search', parameters: { term: 'alpine' }, registryAuth: undefined },
  })

test('what was decided can be sent', () => {
  expect(encode(search(), SENDING)).toMatchObject({ path: '/v1.45/images/search?term=alpine' })
})

test('a copy of it can’t, with another field or without', () => {
  expect(() => encode({ ...search() }, SENDING)).toThrow('was not decided')
  expect(() => encode(structuredClone(search()), SENDING)).toThrow('was not decided')
})

test('a removal by id goes name by name, each of them decided', () => {
  const { image, names } = { image: `sha256:${'a'.repeat(64)}`, names: ['docker.io/library/a:1', 'x/b:2'] }
  const operation = { kind: 'image.remove', image: 'aaa', parameters: {} } as const
  const permit = permitting<ImagePermit>({
    on: 'image',
    operation,
    image,
    reference: image,
    names,
    parents: [],
  })
  const sent = nameByName(permit).map((each) => encode(each, SENDING).path)
  expect(sent).toEqual(['/v1.45/images/a:1?noprune=1', '/v1.45/images/x/b:2?noprune=1'])
  expect(nameByName(permitting<ImagePermit>({ ...permit, names: [] }))).toHaveLength(1)
})

test('a restart goes as a stop and a restart that waits no more, both decided', () => {
  const id = 'c'.repeat(64)
  const operation = { kind: 'container.restart', container: 'web', parameters: { t: 600 } } as const
  const container = {
    ...({
      id,
      name: 'web',
      word: 'web',
      policyName: 'web',
      owner: 'self',
      running: true,
      started: true,
    } as const),
    ...{ memory: 0, nanoCpus: 0, binds: [], made: undefined },
  }
  const permit = permitting<ContainerPermit>({ on: 'container', operation, container, view: 'full' })
  const sent = [asStop(permit, operation), stoppingWithin(permit, operation, 0)]
  expect(sent.map((each) => encode(each, SENDING).path)).toEqual([
    `/v1.45/containers/${id}/stop?t=600`,
    `/v1.45/containers/${id}/restart?t=0`,
  ])
})
