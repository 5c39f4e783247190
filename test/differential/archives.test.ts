/** Archives of images, with names in every place and form: each name that an engine then has was decided on, and is the worker's. */
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { INDEX, MANIFEST } from '../../src/decode/oci.ts'
import { fullReference, parseReference } from '../../src/decode/reference.ts'
import { listOf, objectOf, textOf, textsOf } from '../../src/shared/json-value.ts'
import {
  archiveOf,
  blobsOf,
  descriptorOf,
  digestOf,
  entryOf,
  indexOf,
  layoutOf,
  madeImage,
  savedOf,
  type Content,
} from '../support/archives.ts'
import { engineDocker, engineRequest, onEngines } from '../support/engine.ts'
import { freshName, generousPolicy } from '../support/everything.ts'
import { startGate, type Gate } from '../support/gate.ts'
import { request } from '../support/http.ts'
import { runs, seedFor } from '../support/runs.ts'
import { twisted, written } from './spelling.ts'

const run = freshName('archived')
const images = ['a', 'b', 'c'].map((text) => madeImage(`${run}-${text}`))
/** An image whose parts are not all in the archive. */
const missing = madeImage(`${run}-missing`)

/** What engines may call images of this run that have no name. */
const IDS = new Set(images.flatMap(({ config, manifest }) => [digestOf(config), digestOf(manifest)]))

/** Names of this run as people and attackers write them; the operator's is among them. */
const repository = fc.constantFrom('x', 'y', 'theirs')
const name = fc.oneof(
  { arbitrary: repository.map((part) => `docker.io/mine/${run}-${part}:1`), weight: 4 },
  {
    arbitrary: fc
      .tuple(
        repository,
        fc.constantFrom('', 'docker.io/', 'index.docker.io/', 'DOCKER.IO/', 'registry-1.docker.io/'),
        fc.constantFrom(':1', '', ':latest', ':2', `@${digestOf(missing.manifest)}`, ':'),
      )
      .map(([part, host, tag]) => `${host}mine/${run}-${part}${tag}`),
    weight: 4,
  },
  {
    arbitrary: fc.constantFrom('1', 'busybox', 'sha256:1', 'Mine/A:1', '', ' ', `mine/${run}-x:1\u0000`),
    weight: 1,
  },
)
const FULL = 'io.containerd.image.name'
const SHORT = 'org.opencontainers.image.ref.name'
const annotations = fc.dictionary(fc.constantFrom(FULL, SHORT, 'other'), name, { maxKeys: 2 })
const target = fc.oneof(
  fc.constantFrom(...images, missing).map(({ manifest }) => ({ content: manifest, type: MANIFEST })),
  fc
    .subarray([...images, missing], { minLength: 1 })
    .map((some) =>
      some.map(({ manifest }) => ({
        ...descriptorOf(manifest, MANIFEST),
        annotations: { [FULL]: 'nested:1' },
      })),
    )
    .map((some) => ({ content: indexOf(...some), type: INDEX })),
)
const entry = fc.record({ target, annotations, size: fc.constantFrom(0, 0, 0, 0, 1) })

/** Files of an archive by path, and what may be twisted of it. */
const archive = fc
  .record({
    entries: fc.array(entry, { minLength: 1, maxLength: 3 }),
    own: annotations,
    names: fc.array(fc.array(name, { maxLength: 2 }), { minLength: 1, maxLength: 3 }),
    repositories: fc.option(fc.dictionary(name, fc.constant({ 1: 'x' }), { maxKeys: 1 }), { freq: 4 }),
    form: fc.constantFrom('saved', 'layout', 'both', 'index alone'),
    order: fc.boolean(),
  })
  .map(({ entries, own, names, repositories, form, order }) => {
    const indexes = entries.filter((each) => each.target.type === INDEX).map((each) => each.target.content)
    const index = {
      schemaVersion: 2,
      annotations: own,
      manifests: entries.map((each) => ({
        ...descriptorOf(each.target.content, each.target.type),
        ...(each.size === 1 ? { size: 1 } : {}),
        annotations: each.annotations,
      })),
    }
    const saved = savedOf(...names.map((some, at) => ({ ...(images[at] ?? missing), names: some })))
    const manifest: unknown = saved.at(-1)?.[1]
    return { manifest, index, indexes, saved: saved.slice(0, -1), repositories, form, order }
  })

const generated = archive.chain(({ manifest, index, indexes, saved, repositories, form, order }) =>
  fc
    .record({
      manifest: fc.oneof(
        { arbitrary: fc.constant(JSON.stringify(manifest)), weight: 3 },
        twisted(fc.constant(manifest)).map(written),
      ),
      index: fc.oneof(
        { arbitrary: fc.constant(JSON.stringify(index)), weight: 3 },
        twisted(fc.constant(index)).map(written),
      ),
      path: fc.constantFrom('', '', '', './', '/'),
      twice: fc.constantFrom(false, false, false, true),
    })
    .map((texts): readonly (readonly [string, Content])[] => {
      const layout = layoutOf([], [...blobsOf(...images), ...indexes]).slice(0, -2)
      const naming: readonly (readonly [string, Content])[] = [
        ...(form === 'layout' || form === 'index alone'
          ? []
          : [[`${texts.path}manifest.json`, texts.manifest] as const]),
        ...(form === 'saved' ? [] : [[`${texts.path}index.json`, texts.index] as const]),
        ...(form === 'layout' || form === 'both'
          ? [['oci-layout', { imageLayoutVersion: '1.0.0' }] as const]
          : []),
        ...(repositories === null ? [] : [['repositories', repositories] as const]),
        ...(texts.twice ? [[`./${texts.path}index.json`, texts.index] as const] : []),
      ]
      const files = [...saved, ...(form === 'saved' ? [] : layout)]
      return order ? [...naming, ...files] : [...files, ...naming]
    }),
)

/** Archives in both forms, of which each engine loads its own at least: whatever the seed, some go through. */
const GOOD = [
  savedOf(...images.map((image, at) => ({ ...image, names: [`mine/${run}-${['x', 'y', 'x'][at]}:1`] }))),
  layoutOf(
    images.map(({ manifest }, at) => entryOf(manifest, `docker.io/mine/${run}-y:${at}`)),
    blobsOf(...images),
  ),
]

describe.each(onEngines('new', '26'))('on the %s engine', (engine) => {
  let gate: Gate
  beforeAll(async () => {
    gate = await startGate({
      engine,
      policy: generousPolicy({
        allow: ['load', 'images', 'rmi', 'image inspect'],
        run: { images: ['docker.io/mine/*'] },
      }),
    })
    await engineDocker(engine, ['tag', 'busybox', `mine/${run}-theirs:1`])
  })
  afterAll(async () => {
    await gate[Symbol.asyncDispose]()
    await engineDocker(engine, ['rmi', `mine/${run}-theirs:1`])
  })

  /** Images of this run by id, with their names of this run, as the engine lists them; other tests have others there. */
  async function listed(): Promise<ReadonlyMap<string, readonly string[]>> {
    const list = () => engineRequest(engine, { path: '/images/json?all=1' })
    let { status, body } = await list()
    // With containerd's store an engine answers so where an image of another test comes or goes meanwhile.
    while (status === 404 || status === 500) ({ status, body } = await list())
    expect(status).toBe(200)
    const all = listOf(JSON.parse(body))
      .map(objectOf)
      .map((image) => {
        const names = textsOf(image['RepoTags']).filter((tag) => tag.includes(run))
        return [textOf(image['Id']), names] as const
      })
    return new Map(all.filter(([id, names]) => IDS.has(id) || names.length > 0))
  }

  test('what an archive brought is the worker’s, and by names in full', async () => {
    let loaded = 0
    await fc.assert(
      fc.asyncProperty(generated, async (files) => {
        const before = await listed()
        const headers = { 'content-type': 'application/x-tar' }
        const body = archiveOf(files).toString('latin1')
        const { status } = await request(gate.socket, { method: 'POST', path: '/images/load', headers, body })
        const after = await listed()
        if (status !== 200) expect(after).toEqual(before)
        else loaded += 1
        for (const [id, names] of after) {
          const added = names.filter((tag) => before.get(id)?.includes(tag) !== true)
          for (const tag of added) {
            const reference = parseReference(tag)
            expect(reference?.name).toMatch(new RegExp(`^docker\\.io/mine/${run}-(?:x|y|theirs)$`))
            expect(tag).not.toBe(`mine/${run}-theirs:1`)
            // By its full name the engine finds that image.
            const full = reference === undefined ? '' : fullReference(reference)
            const found = await engineRequest(engine, { path: `/images/${full}/json` })
            expect(textOf(objectOf(JSON.parse(found.body))['Id'])).toBe(id)
            // And it is the worker's to take away.
            expect(await request(gate.socket, { method: 'DELETE', path: `/images/${full}` })).toMatchObject({
              status: 200,
            })
          }
        }
        for (const id of (await listed()).keys())
          if (!before.has(id))
            expect(await request(gate.socket, { method: 'DELETE', path: `/images/${id}` })).toMatchObject({
              status: 200,
            })
        expect(await listed()).toEqual(before)
      }),
      {
        examples: GOOD.map((files) => [files]),
        numRuns: runs(60),
        seed: seedFor(`archives on ${engine}`),
        endOnFailure: true,
      },
    )
    expect(loaded).toBeGreaterThanOrEqual(1)
    console.log(`archives on ${engine}: ${loaded} were loaded`)
  }, 600_000)
})
