/** Where sockets are made: nothing of root's or of another worker's is touched for the sake of a worker's path. */
import { chmod, chown, mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { engineUrl } from '../support/engine.ts'
import { request } from '../support/http.ts'
import { policyFor } from '../support/policy.ts'
import { startDockgate, until } from '../support/process.ts'

const [WORKER, RIVAL] = ['4321', '4322']

let host = ''
beforeEach(async () => {
  host = await mkdtemp(join(tmpdir(), 'dockgate-directories-'))
  await chmod(host, 0o755)
})
afterEach(() => rm(host, { recursive: true, force: true }))

async function folder(name: string, owner: string): Promise<string> {
  await mkdir(join(host, name))
  await chown(join(host, name), Number(owner), Number(owner))
  return join(host, name)
}

/** A gate with a worker whose socket is at that path, and another one, which is served. */
async function serve(path: string) {
  const { workers, ...file } = parse(policyFor(host))
  const other = { socket: join(host, 'other', 'docker.sock'), docker: { allow: ['ps'] } }
  const worker = { ...workers['ai-worker'], socket: { path, owner: WORKER, group: WORKER } }
  const policy = join(host, 'policy.yaml')
  await writeFile(policy, stringify({ ...file, workers: { 'ai-worker': worker, other } }))
  const words = ['--policy', policy, '--state', join(host, 'state'), '--engine', engineUrl('new')]
  const gate = startDockgate(['serve', ...words])
  await until(() => answers(other.socket), 'the gate')
  return gate
}

const answers = (socket: string): Promise<boolean> =>
  request(socket, { path: '/_ping' }).then(
    ({ status }) => status === 200,
    () => false,
  )

describe('a worker is not served', () => {
  test('where the directory of its socket would be made in a folder that its account can change', async () => {
    const home = await folder('home', WORKER)
    await using gate = await serve(join(home, 'run', 'docker.sock'))
    expect(gate.stderr()).toContain(
      `worker ai-worker is not served: can't make ${home}/run/docker.sock: ${home} belongs to account ${WORKER}`,
    )
    expect(await readdir(home)).toEqual([])
  })

  test('where a link leads to the directory of another worker’s socket', async () => {
    const rival = await folder('rival', RIVAL)
    await symlink(rival, join(host, 'link'))
    await using gate = await serve(join(host, 'link', 'docker.sock'))
    expect(gate.stderr()).toContain(`is not the worker's alone (it belongs to account ${RIVAL})`)
    expect(await readdir(rival)).toEqual([])
  })
})

test('a worker with a directory of its own is served there, whatever else is in it', async () => {
  const home = await folder('home', WORKER)
  await symlink('/etc', join(home, 's-000000000000.sock'))
  await using gate = await serve(join(home, 'docker.sock'))
  expect(gate.stderr()).not.toContain('not served')
  await until(() => answers(join(home, 'docker.sock')), 'the worker')
  expect(await stat(join(home, 'docker.sock'))).toMatchObject({ uid: Number(WORKER), gid: Number(WORKER) })
})
