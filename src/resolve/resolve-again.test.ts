/** A call that is decided once more: what it has taken meanwhile itself counts as it did before, and all else as it is now. */
import { expect, test } from 'vitest'
import {
  decodeRequest,
  execIdOf,
  idOf,
  policyOf,
  setImages,
  ENGINE,
  UNLABELLED,
  worldWith,
  type Request,
} from '../../test/cases/world.ts'
import { resolve } from './resolve.ts'

type World = ReturnType<typeof worldWith>

const GIVEN = { containers: { web: { owner: 'self' } }, execs: { web: 'self' }, images: {}, networks: {} }
const worker = policyOf()

/** The facts of a request before something happens, after it as they were taken then, and as they are by themselves. */
function factsOf(request: Request, happens: (world: World) => unknown) {
  const world = worldWith(GIVEN)
  const { operation } = decodeRequest(request)
  const looked = { paths: new Map<string, never>(), images: world.images }
  const { facts: before } = resolve(world, worker, operation, ENGINE, looked)
  happens(world)
  const { facts: again } = resolve(world, worker, operation, ENGINE, looked, before)
  const { facts: anew } = resolve(world, worker, operation, ENGINE, looked)
  return { before, again, anew }
}

const NO_LIMITS = { memory: 1, nanoCpus: 1 }
const create = { line: 'POST /containers/create', body: { Image: 'alpine' } }

test.each<[string, Request, (world: World) => unknown]>([
  ['a claim', create, ({ ownership }) => ownership.claim('container', worker.name, NO_LIMITS)],
  [
    'an update',
    { line: 'POST /containers/web/update', body: {} },
    ({ ownership }) => ownership.containersUpdated.reserve(worker.name, [idOf('web')]),
  ],
  [
    'a stream of events',
    { line: 'GET /events' },
    ({ ownership }) => ownership.eventsFollowed.reserve(worker.name, [worker.name]),
  ],
  [
    'a network',
    { line: 'POST /networks/create', body: { Name: 'net' } },
    ({ inventory }) => inventory.putNetwork('1', 'net'),
  ],
  [
    'a volume',
    { line: 'POST /volumes/create', body: { Name: 'fresh' } },
    ({ inventory }) => inventory.putVolume('fresh'),
  ],
  [
    'an image',
    { line: 'POST /images/create?fromImage=alpine' },
    (world) =>
      setImages(world, [
        { ...UNLABELLED, id: 'sha256:1', names: [], parent: '', worker: worker.name, listed: 9 },
      ]),
  ],
  [
    'a start',
    { line: 'POST /containers/web/start' },
    ({ inventory }) => {
      const web = inventory.container(idOf('web'))
      if (web !== undefined) inventory.putContainer({ ...web, running: true, started: true })
    },
  ],
  [
    'the start of an exec',
    { line: `POST /exec/${execIdOf('web')}/start`, body: {} },
    ({ execs }) => execs.start(execIdOf('web'), worker.name),
  ],
])('%s of its own changes nothing for it', (_, request, happens) => {
  const { before, again, anew } = factsOf(request, happens)
  expect(again).toEqual(before)
  // For another call it does.
  expect(anew).not.toEqual(before)
})

test('what is gone or another by now is not what it was', () => {
  const start = { line: 'POST /containers/web/start' }
  const gone = factsOf(start, ({ inventory }) => inventory.removeContainer(idOf('web')))
  expect(gone.before).toMatchObject({ container: { name: 'web' } })
  expect(gone.again).toMatchObject({ container: undefined })
  const other = factsOf(start, (world) => {
    const web = world.inventory.container(idOf('web'))
    world.inventory.removeContainer(idOf('web'))
    if (web !== undefined) world.inventory.putContainer({ ...web, id: idOf('other'), running: true })
    world.ownership.settle(world.ownership.claim('container', worker.name, NO_LIMITS), idOf('other'), 'web')
  })
  expect(other.again).toMatchObject({ container: { id: idOf('other'), running: true } })
})
