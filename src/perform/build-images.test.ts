import { text } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { openSmallGate } from '../../test/support/small-gate.ts'
import { tar } from '../../test/support/tar.ts'

const ID = `sha256:${'c'.repeat(64)}`
const FOUND = { Id: ID, Os: 'linux', Architecture: 'amd64', Config: {} }
const MAY = { allow: ['run', 'build', 'pull'], run: { images: ['docker.io/library/*'] } }

/** Builds before an engine that has this image, or gets it by a pull. */
async function building(
  dockerfile: string,
  found: {
    readonly config?: object
    readonly isHere?: boolean
    readonly pull?: string
    readonly query?: string
  } = {},
) {
  const {
    config = {},
    isHere = true,
    pull = '{"status":"Status: Downloaded newer image"}\n',
    query = '',
  } = found
  let isThere = isHere
  using small = await openSmallGate(MAY, (what) => {
    if (what.startsWith('POST /build')) return [200, '{"stream":"done"}\n']
    if (what.startsWith('GET /distribution/')) return [200, { Descriptor: { digest: ID } }]
    if (what.startsWith('POST /images/create')) {
      isThere = !pull.includes('"error"')
      return [200, pull]
    }
    if (!/^GET \/images\/.*\/json/.test(what)) return undefined
    return isThere ? [200, { ...FOUND, Config: config }] : [404, { message: 'No such image' }]
  })
  const reply = await small.call(`POST /build${query}`, tar(['Dockerfile', dockerfile]))
  if (reply.kind === 'hijacked') throw new Error('no connection was asked for')
  const said = reply.kind === 'stream' ? await text(reply.body) : reply.body.toString()
  const pulls = small.asked.filter((what) => what.startsWith('POST /images/create'))
  return { status: reply.status, said, pulls, sent: Buffer.concat(small.engine.read).toString() }
}

describe('an image that a build begins with', () => {
  test('is put into the Dockerfile by its id', async () => {
    const { status, sent, pulls } = await building('FROM alpine\nRUN true\n')
    expect(status).toBe(200)
    expect(sent).toContain(`FROM ${ID}`)
    expect(pulls).toEqual([])
  })

  test('is pulled where it is missing, or the client asks for that', async () => {
    const missing = await building('FROM alpine\n', { isHere: false })
    expect([missing.status, missing.pulls.length]).toEqual([200, 1])
    expect((await building('FROM alpine\n', { query: '?pull=1' })).pulls).toHaveLength(1)
  })

  test('is looked for once, however many stages begin with it', async () => {
    expect((await building('FROM alpine\nFROM alpine\n', { query: '?pull=1' })).pulls).toHaveLength(1)
  })

  test('that can not be pulled ends the build, with the reason', async () => {
    const { status, said } = await building('FROM alpine\n', {
      isHere: false,
      pull: '{"error":"toomanyrequests"}\n',
    })
    expect(status).toBe(500)
    expect(said).toContain("can't be pulled for the build: toomanyrequests")
  })

  test.each([
    ['ONBUILD', { OnBuild: ['RUN evil'] }, 'it has ONBUILD instructions'],
    ['a long variable', { Env: [`A=${'x'.repeat(70_000)}`] }, 'it has a variable of more than'],
    ['many labels', { Labels: { a: 'x'.repeat(70_000) } }, 'it has labels of more than'],
  ])('is refused with %s', async (_what, config, why) => {
    const { status, said, sent } = await building('FROM alpine\n', { config })
    expect(status).toBe(403)
    expect(said).toContain(why)
    expect(sent).not.toContain(ID)
  })

  test('is refused where the pull brings another platform than was asked for', async () => {
    const { status, said, pulls } = await building('FROM --platform=linux/arm64 alpine\n')
    expect([status, pulls.length]).toEqual([403, 1])
    expect(said).toContain('it is for linux/amd64, not for linux/arm64')
  })
})

test('an image that files are copied from is pulled, and may have instructions for later builds', async () => {
  const dockerfile = 'FROM scratch\nCOPY --from=alpine /a /a\n'
  const { status, pulls } = await building(dockerfile, { isHere: false, config: { OnBuild: ['RUN evil'] } })
  expect([status, pulls.length]).toEqual([200, 1])
})
