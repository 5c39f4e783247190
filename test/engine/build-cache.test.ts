/** The classic builder looks steps up by parent and instruction alone: whose they are, and who gets them. */
import { request as httpRequest } from 'node:http'
import { PassThrough, type Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { tarFile } from '../../src/perform/tar-file.ts'
import { classicBuild } from '../support/build.ts'
import { docker } from '../support/docker.ts'
import { engineDocker, engineSocket, type EngineName, onEngines } from '../support/engine.ts'
import { everything, freshName, generousPolicy } from '../support/everything.ts'
import { startGate } from '../support/gate.ts'
import { setting } from '../support/settings.ts'
import { otherSocket, withOther } from '../support/two-workers.ts'

const DOCKER = {
  allow: [...everything, 'build', 'tag', 'import', 'image prune'],
  run: { images: ['busybox', `${setting('REGISTRY')}/team/*`] },
}

const two = withOther(generousPolicy(DOCKER))

/** An image like busybox of which nobody else builds at the same moment. Gives its name, and a filter for all that is built upon it. */
async function newBase(engine: EngineName) {
  const base = newName()
  const container = (await engineDocker(engine, ['create', 'busybox'])).stdout.trim()
  await engineDocker(engine, ['commit', '--change', `LABEL base="${base}"`, container, base])
  await engineDocker(engine, ['rm', container])
  return { base, filter: `label=base=${base}` }
}

const newName = (): string => `${setting('REGISTRY')}/team/${freshName('cache')}:1`

describe.each(onEngines('new', 'old'))('steps of builds on the %s engine', (engine) => {
  test('are kept from build to build of one worker, and from everybody else', async () => {
    await using gate = await startGate({ engine, policy: two })
    const sockets = [gate.socket, otherSocket(gate.directory), engineSocket(engine)]
    // Every build that carries it out writes something else.
    const { base } = await newBase(engine)
    const dockerfile = `FROM ${base}\nRUN head -c8 /dev/urandom | md5sum > /made\n`
    const contents: string[] = []
    for (const socket of [...sockets, ...sockets]) {
      const made = newName()
      expect(await classicBuild({ socket }, dockerfile, '-t', made)).toMatchObject({ code: 0 })
      const { stdout } = await docker(socket, ['run', '--rm', made, 'cat', '/made'])
      contents.push(stdout)
    }
    const [first, second, third, ...again] = contents
    expect(new Set([first, second, third]).size).toBe(3)
    expect(again).toEqual([first, second, third])
  })

  test('of another are not removed with what was built upon them', async () => {
    await using gate = await startGate({ engine, policy: two })
    const other = { socket: otherSocket(gate.directory) }
    const [theirs, mine] = [newName(), newName()]
    const theirBuild = (word: string) =>
      classicBuild(other, `FROM busybox\nRUN echo ${word} > /a\n`, '-t', theirs)
    await theirBuild('one')
    const first = (await engineDocker(engine, ['inspect', '-f', '{{.Id}}', theirs])).stdout.trim()
    expect(await classicBuild(gate, `FROM ${theirs}\nRUN echo two > /b\n`, '-t', mine)).toMatchObject({
      code: 0,
    })
    await theirBuild('other')
    expect(await docker(gate, ['rmi', mine])).toMatchObject({ code: 0 })
    // It is the other's as it was, and goes when the other lets go of it.
    expect(await engineDocker(engine, ['inspect', first])).toMatchObject({ code: 0 })
    expect(await docker(gate, ['rmi', first])).toMatchObject({ code: 1 })
    expect(await docker(other, ['rmi', first])).toMatchObject({ code: 0 })
    expect(await docker(other, ['rmi', theirs])).toMatchObject({ code: 0 })
  })

  test('go with the image', async () => {
    await using gate = await startGate({ engine, policy: two })
    const { base, filter } = await newBase(engine)
    const count = async () =>
      (await engineDocker(engine, ['images', '-aq', '--filter', filter])).stdout.trim().split('\n').length
    const made = newName()
    await classicBuild(gate, `FROM ${base}\nRUN echo a > /a\nRUN echo b > /b\n`, '-t', made)
    expect(await count()).toBeGreaterThan(3)
    expect(await docker(gate, ['rmi', made])).toMatchObject({ code: 0 })
    expect(await count()).toBe(1)
  })
})

test('a stage that a build which failed has left is the worker’s once a build ends with it', async () => {
  await using gate = await startGate({ policy: two })
  const { base, filter } = await newBase('new')
  const count = async (): Promise<number> =>
    (await engineDocker('new', ['images', '-aq', '--filter', filter])).stdout.trim().split('\n').length
  const made = newName()
  const stage = `FROM ${base} AS one\nRUN echo a > /a\nFROM ${base}\n`
  expect(await classicBuild(gate, `${stage}RUN false\n`)).toMatchObject({ code: 1 })
  expect(await docker(gate, ['image', 'prune', '-f'])).toMatchObject({ code: 0 })
  expect(await count()).toBe(3)
  expect(await classicBuild(gate, `${stage}COPY --from=one /a /b\n`, '-t', made)).toMatchObject({ code: 0 })
  expect(await docker(gate, ['rmi', made])).toMatchObject({ code: 0 })
  expect(await docker(gate, ['image', 'prune', '-f'])).toMatchObject({ code: 0 })
  expect(await count()).toBe(1)
})

test('a build leaves no container, also where it fails or is told to', async () => {
  await using gate = await startGate({ policy: two })
  const { base } = await newBase('new')
  const left = async () => (await engineDocker('new', ['ps', '-aq', '--filter', `ancestor=${base}`])).stdout
  expect(await classicBuild(gate, `FROM ${base}\nRUN false\n`, '--rm=false')).toMatchObject({ code: 1 })
  expect(await left()).toBe('')
  expect(await classicBuild(gate, `FROM ${base}\nRUN true\n`, '--rm=false')).toMatchObject({ code: 0 })
  expect(await left()).toBe('')
})

test('what a build that fails was to name is not the worker’s, whoever named it meanwhile', async () => {
  await using gate = await startGate({ policy: two })
  const made = newName()
  const building = classicBuild(gate, 'FROM busybox\nRUN sleep 4; false\n', '-t', made)
  await runs('sleep 4; false')
  await engineDocker('new', ['import', '--change', `LABEL is=${made}`, '-', made], {
    input: Buffer.alloc(1024),
  })
  expect(await building).toMatchObject({ code: 1 })
  expect(await docker(gate, ['rmi', made])).toMatchObject({ code: 1 })
  expect(await engineDocker('new', ['rmi', made])).toMatchObject({ code: 0 })
})

/** Waits until a step of a build runs, however long it takes to come to that. */
async function runs(command: string): Promise<void> {
  const seen = async () =>
    (await engineDocker('new', ['ps', '--no-trunc', '--format', '{{.Command}}'])).stdout
  await expect.poll(seen, { timeout: 30_000 }).toContain(command)
}

describe('a name that the operator gives while a worker’s call goes on', () => {
  /** Makes an image of the operator's under a name. Gives its id. */
  async function take(name: string): Promise<string> {
    const args = ['import', '--change', `LABEL is=${name}`, '-', name]
    return (await engineDocker('new', args, { input: Buffer.alloc(1024) })).stdout.trim()
  }
  const idOf = async (name: string): Promise<string> =>
    (await engineDocker('new', ['inspect', '-f', '{{.Id}}', name])).stdout.trim()

  test('stays with the operator’s image, whatever a build makes', async () => {
    await using gate = await startGate({ policy: two })
    const [made, other] = [newName(), newName()]
    const building = classicBuild(gate, 'FROM busybox\nRUN sleep 4\n', '-t', made, '-t', other)
    await runs('sleep 4')
    const theirs = await take(made)
    expect(await building).toMatchObject({
      code: 1,
      stdout: expect.stringContaining(`Successfully tagged ${other}`),
      stderr: expect.stringContaining(`${made} became the name of another image`),
    })
    expect(await idOf(made)).toBe(theirs)
    expect(await docker(gate, ['rmi', made])).toMatchObject({ code: 1 })
    expect(await docker(gate, ['rmi', other])).toMatchObject({ code: 0 })
    await engineDocker('new', ['rmi', made])
  })

  test('stays with the operator’s image, whatever is imported', async () => {
    await using gate = await startGate({ policy: two })
    const made = newName()
    const archive = new PassThrough()
    const importing = fetchImport(gate.socket, made, archive)
    archive.write(tarFile('a', Buffer.from('a')))
    await sleep(1_000)
    const theirs = await take(made)
    archive.end(Buffer.alloc(1024))
    expect(await importing).toContain(`${made} became the name of another image`)
    expect(await idOf(made)).toBe(theirs)
    await engineDocker('new', ['rmi', made])
  })
})

/** Imports an archive as it comes; gives the whole answer. */
async function fetchImport(socketPath: string, name: string, archive: Readable): Promise<string> {
  const path = `/v1.41/images/create?fromSrc=-&repo=${encodeURIComponent(name.replace(/:1$/, ''))}&tag=1`
  const headers = { 'Content-Type': 'application/x-tar' }
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const sent = httpRequest({ socketPath, path, method: 'POST', headers }, (answer) => {
    text(answer).then(resolve, reject)
  })
  sent.on('error', reject)
  archive.pipe(sent)
  return promise
}
