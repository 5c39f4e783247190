import { buffer } from 'node:stream/consumers'
import { Readable } from 'node:stream'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { tarFile } from '../perform/tar-file.ts'
import { ImageSpace, imageHostOf } from '../policy/image-space.ts'
import { SavedArchive } from './saved-archive.ts'

const space = new ImageSpace(imageHostOf('ai-worker'))
const words = {
  image: (text: string) => space.inWords(text),
  fullImage: (text: string) => space.inFull(text),
}
const inner = 'ai-worker.dockgate.invalid/docker.io/library/app'

async function passed(archive: Buffer, piece: number): Promise<Buffer> {
  const pieces = Array.from({ length: Math.ceil(archive.length / piece) }, (_, index) =>
    archive.subarray(index * piece, (index + 1) * piece),
  )
  return buffer(Readable.from(pieces).pipe(new SavedArchive(words)))
}

/** What is saved, with these names. */
function saved(short: string, full: string, layer: Buffer): Buffer {
  const index = { manifests: [{ annotations: { 'io.containerd.image.name': `${full}:1` } }] }
  const files: readonly (readonly [string, unknown])[] = [
    ['index.json', index],
    ['manifest.json', [{ Config: 'blobs/sha256/bb', RepoTags: [`${short}:1`] }]],
    ['oci-layout', { imageLayoutVersion: '1.0.0' }],
    ['repositories', { [short]: { 1: 'aa' } }],
    ['after', 'x'],
  ]
  return Buffer.concat([
    tarFile('blobs/sha256/aa', layer),
    ...files.map(([path, content]) => tarFile(path, Buffer.from(JSON.stringify(content)))),
    Buffer.alloc(1024),
  ])
}

test('names are told as the worker has them, and all else passes as it is', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 3000 }),
      fc.integer({ min: 0, max: 2000 }),
      async (piece, size) => {
        // A layer that is full of such names is one of the worker's.
        const layer = Buffer.from(`${inner}:1 `.repeat(40).slice(0, size))
        const told = await passed(saved(inner, inner, layer), piece)
        expect(told.equals(saved('app', 'docker.io/library/app', layer))).toBe(true)
      },
    ),
    { numRuns: 30 },
  )
})

test('what breaks off passes as far as it came', async () => {
  const whole = saved(inner, inner, Buffer.from('layer'))
  for (const cut of [0, 100, 512, 1024, 1100, 1536, whole.length - 700]) {
    const told = await passed(whole.subarray(0, cut), 333)
    expect(told.length).toBeGreaterThanOrEqual(Math.min(cut, 1024))
  }
})
