/** Ways in which an image of a name becomes a worker's. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { tarFile } from '../../src/perform/tar-file.ts'
import { classicBuild } from './build.ts'
import { docker } from './docker.ts'
import { engineDocker, type EngineName } from './engine.ts'
import { freshName } from './everything.ts'
import type { Gate } from './gate.ts'

/** An archive of one layer that is like no other. */
export function files(): Buffer {
  return Buffer.concat([tarFile('made', Buffer.from(freshName('file'))), Buffer.alloc(1024)])
}

export function waysToBring(engine: EngineName) {
  const operator = async (...args: readonly string[]): Promise<string> =>
    (await engineDocker(engine, args, { input: files() })).stdout.trim()

  /** An image of the operator's under a name. Gives its id. */
  const theirs = (name: string): Promise<string> => operator('import', '-', name)

  /** What brings an image of a name to a worker, by the word that does it. */
  const ways: Readonly<Record<string, (gate: Gate, name: string) => Promise<unknown>>> = {
    tag: (gate, name) => docker(gate, ['tag', 'busybox', name]),
    import: (gate, name) => docker(gate, ['import', '-', name], { input: files() }),
    build: (gate, name) => classicBuild(gate, `FROM busybox\nRUN echo ${name} > /made\n`, '-t', name),
    commit: async (gate, name) => {
      const container = (await docker(gate, ['create', 'busybox'])).stdout.trim()
      const committed = await docker(gate, ['commit', container, name])
      await docker(gate, ['rm', container])
      return committed
    },
    load: async (gate, name) => {
      const file = join(gate.directory, 'archive.tar')
      await theirs(name)
      await operator('save', '-o', file, name)
      await operator('rmi', name)
      return docker(gate, ['load'], { input: await readFile(file) })
    },
    pull: async (gate, name) => {
      await theirs(name)
      await operator('push', name)
      await operator('rmi', name)
      return docker(gate, ['pull', name])
    },
  }

  return { theirs, ways }
}
