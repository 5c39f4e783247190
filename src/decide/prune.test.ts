/** What a prune removes is decided thing by thing, as the removal of each by itself is. */
import { describe, expect, test } from 'vitest'
import { ENGINE, idOf, imageIdOf, networkIdOf, policyOf, worldWith } from '../../test/cases/world.ts'
import { encode, isSendable } from '../encode/encode.ts'
import type { Removal } from '../decode/operation.ts'
import { resolveRemoval } from '../resolve/resolve.ts'
import { decideRemoval } from './prune.ts'

const SENDING = { clientMinor: 45, engineMinor: 45, labels: {} }

const IMAGES = {
  several: { names: ['docker.io/library/a:1', 'docker.io/library/b:2'], own: true },
  mixed: { names: ['docker.io/library/mixed:1', 'docker.io/operator/mixed:1'], own: true },
  nameless: { names: [], own: true },
  theirs: { names: ['docker.io/library/theirs:1'], own: false },
}

/** What is sent for a removal, or why it is refused. */
function decided(removal: Removal, given: Readonly<Record<string, unknown>> = {}): unknown {
  const world = worldWith(given)
  // It gives prunes, and none of the removals by themselves.
  const worker = policyOf({ docker: { allow: ['image prune'] }, run: {}, world: {}, without: [] })
  const looked = { paths: new Map<string, never>(), images: world.images }
  const asked = resolveRemoval(world, worker, removal, ENGINE, looked)
  const verdict = decideRemoval(worker, 'image prune', asked)
  if (verdict.effect === 'refuse') return verdict.refusal.rule
  const { permit } = verdict
  if (permit.on === 'image') return permit.names.length > 0 ? permit.names : permit.reference
  return isSendable(permit) ? encode(permit, SENDING).path : undefined
}

const container = (name: string): Removal => ({
  kind: 'container.remove',
  container: idOf(name),
  parameters: {},
})
const network = (name: string): Removal => ({ kind: 'network.remove', network: networkIdOf(name) })
const volume = (name: string): Removal => ({ kind: 'volume.remove', volume: name, parameters: {} })
const image = (name: string): Removal => ({
  kind: 'image.remove',
  image: imageIdOf(name),
  parameters: {},
})

describe('a removal that a prune comes to', () => {
  test.each([
    [container('web'), `/v1.45/containers/${idOf('web')}`],
    [network('lab'), `/v1.45/networks/${networkIdOf('lab')}`],
    [volume('data'), '/v1.45/volumes/data'],
    [image('nameless'), imageIdOf('nameless')],
    [image('several'), ['docker.io/library/a:1', 'docker.io/library/b:2']],
  ])('of what is the worker’s own is given by the word of the prune: %j', (removal, sent) => {
    expect(decided(removal, { images: IMAGES, volumes: { data: 'self' } })).toEqual(sent)
  })

  test.each([
    [network('backend'), 'network.own'],
    [volume('theirs'), 'docker.reach'],
    [image('theirs'), 'rmi.own'],
    [image('mixed'), 'rmi.own'],
    [container('nothing'), 'docker.reach'],
  ])('of anything else is not: %j', (removal, rule) => {
    expect(decided(removal, { images: IMAGES, volumes: { theirs: 'other' } })).toEqual(rule)
  })

  test('of a volume is not where another call is at it by now', () => {
    const busy = { volumes: ['data'] }
    expect(decided(volume('data'), { volumes: { data: 'self' }, busy })).not.toContain('/')
  })
})
