import { text } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { ask, idOf, networkIdOf, policyOf, worldWith, type Settings } from '../../test/cases/world.ts'
import { ALONE } from '../../test/support/share.ts'
import { answerOf } from '../../test/support/stand-in.ts'
import { CLAIM_LABEL } from '../shared/labels.ts'
import { filterAnswer } from './answer.ts'
import { viewOf } from './view.ts'

const REACH = { ollama: ['inspect', 'logs'], quiet: ['logs'] }
const WORDS = ['inspect', 'ps', 'events', 'info', 'exec', 'commit', 'tag', 'rmi', 'pull', 'system df']
const VOLUMES = ['volume ls', 'volume inspect', 'volume create', 'network ls', 'network inspect']
const GIVEN: Settings = {
  docker: { allow: [...WORDS, ...VOLUMES, 'run', 'logs', 'wait'], reach: REACH, exec: { own: ['ls'] } },
  ...{ run: {}, without: [], world: {} },
}
const world = worldWith()
const worker = policyOf(GIVEN)

/** What the worker is told of an engine's answer to a request of its own. */
async function told(line: string, body: unknown, status = 200, sent?: unknown) {
  const { verdict } = ask({ line, body: sent }, GIVEN)
  if (verdict.effect === 'refuse') throw new Error(JSON.stringify(verdict.refusal))
  const view = viewOf(world, { worker })
  const answer = answerOf(status, body)
  const reply = await filterAnswer(verdict.permit, answer, view, ALONE, '/var/lib/docker')
  if (reply.kind === 'hijacked') throw new Error('no connection was asked for')
  const said = reply.kind === 'stream' ? await text(reply.body) : reply.body.toString()
  return { kind: reply.kind, status: reply.status, said }
}

const INSIDES = {
  Config: { Env: ['TOKEN=s3cret'], Tty: true },
  HostConfig: { Binds: ['/srv:/srv'] },
  Mounts: [{}],
}

describe('an inspected container', () => {
  test.each(['web', 'ollama'])('is told whole where the worker may inspect it: %s', async (name) => {
    const whole = { Id: idOf(name), ...INSIDES }
    expect(JSON.parse((await told(`GET /containers/${name}/json`, whole)).said)).toEqual(whole)
  })

  test('has no insides where the worker may only do something else with it', async () => {
    const { status, said } = await told('GET /containers/quiet/json', { Id: idOf('quiet'), ...INSIDES })
    expect(status).toBe(200)
    expect(JSON.parse(said)).toEqual({
      ...{ Id: idOf('quiet'), Config: { Tty: true }, HostConfig: {} },
      NetworkSettings: { Ports: {}, Networks: {} },
    })
  })
})

describe('a list of containers', () => {
  const entry = (name: string) => ({
    Id: idOf(name),
    Names: [`/${name}`],
    Labels: { a: 'b' },
    Command: 's3cret',
  })

  test('is looked through where one in it may not be inspected', async () => {
    const names = ['web', 'quiet', 'database']
    const { said } = await told('GET /containers/json?all=1', names.map(entry))
    expect(JSON.parse(said)).toMatchObject([entry('web'), { Id: idOf('quiet'), Command: '', Labels: {} }])
    expect(JSON.parse(said)).toHaveLength(2)
  })
})

describe('an answer', () => {
  test('to what makes something is its id, and no more', async () => {
    const more = { Id: idOf('new'), Warnings: ['w'], More: 's3cret' }
    const made = async (line: string, sent: unknown) => JSON.parse((await told(line, more, 201, sent)).said)
    expect(await made('POST /containers/create', { Image: 'alpine' })).toEqual({
      ...{ Id: idOf('new'), Warnings: ['w'] },
    })
    expect(await made('POST /containers/web/exec', { Cmd: ['ls'] })).toEqual({ Id: idOf('new') })
    expect(await made('POST /commit?container=web', undefined)).toEqual({ Id: idOf('new') })
  })

  test.each([204, 304])('of status %i has nothing in it', async (status) => {
    expect(await told('POST /containers/web/wait', 'text', status)).toEqual({
      kind: 'whole',
      status,
      said: '',
    })
  })

  test('that tells of an error tells it, without paths of the host and ids of others', async () => {
    const message = `no: /var/lib/docker/x of ${idOf('database')} and ${idOf('web')}`
    const { status, said } = await told('GET /containers/web/json', { message, more: 's3cret' }, 500)
    expect(status).toBe(500)
    expect(said).not.toMatch(new RegExp(`s3cret|/var/lib/docker|${idOf('database')}`))
    expect(said).toContain(idOf('web'))
  })

  test('that waits for something is told at once', async () => {
    const { kind, said } = await told('POST /containers/web/wait', { StatusCode: 3 })
    expect([kind, said]).toEqual(['stream', '{"StatusCode":3}\n'])
  })

  test('of a pull passes without the directory of the engine', async () => {
    const { kind, said } = await told(
      'POST /images/create?fromImage=alpine&tag=3',
      '{"error":"/var/lib/docker/x"}\n',
    )
    expect(kind).toBe('stream')
    expect(said).not.toContain('/var/lib/docker')
  })
})

describe('a volume', () => {
  const volume = (claim: string) => ({
    Name: 'mine',
    Mountpoint: '/var/lib/docker/v',
    Labels: { [CLAIM_LABEL]: claim },
  })

  test('that is the worker’s is told', async () => {
    const { said } = await told(
      'GET /volumes/mine',
      volume(world.ownership.get('volume', 'mine')?.nonce ?? ''),
    )
    expect(JSON.parse(said)).toMatchObject({ Name: 'mine' })
  })

  test('whose name became another’s meanwhile is none', async () => {
    const { status, said } = await told('GET /volumes/mine', volume('another'))
    expect(status).toBe(404)
    expect(said).not.toContain('Mountpoint')
  })
})

test('events are those of what the worker may see', async () => {
  const event = (ID: string) => ({
    Type: 'container',
    Action: 'start',
    Actor: { ID, Attributes: { image: 'x' } },
  })
  const lines = ['web', 'database', 'rival'].map((name) => `${JSON.stringify(event(idOf(name)))}\n`)
  const { kind, said } = await told('GET /events', lines.join(''))
  expect(kind).toBe('stream')
  expect(
    said
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toMatchObject([{ Actor: { ID: idOf('web') } }])
})

test('networks are those in reach', async () => {
  const network = (name: string) => ({ Id: networkIdOf(name), Name: name, Containers: {} })
  const { said } = await told('GET /networks', ['lab', 'backend', 'foreign', 'frontend'].map(network))
  expect(JSON.parse(said)).toMatchObject([{ Name: 'lab' }, { Name: 'backend' }])
})
