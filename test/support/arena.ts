/** A folder full of links and folders of several accounts, and somebody who swaps them while the gate works there. */
import { spawn, type ChildProcess } from 'node:child_process'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** Accounts of the host: whoever swaps things, and another worker. */
export const WORKER = 4321
export const RIVAL = 4322

/** One thing that is there at first, in a folder that is. */
export interface Thing {
  readonly folder: number
  readonly name: string
  readonly kind: 'directory' | 'file' | 'link'
  readonly owner: number
  readonly mode: number
  readonly target: string
}

/** One attempt of the attacker's: arguments that are paths begin with the arena's directory. */
export interface Swap {
  readonly call: 'rename' | 'symlink' | 'mkdir' | 'unlink' | 'rmdir' | 'link' | 'chmod' | 'lchown'
  readonly one: string
  readonly other: string
  readonly number: number
}

export interface Seen {
  readonly id: string
  readonly path: string
  readonly uid: number
  readonly gid: number
  readonly mode: number
}

/** What was there at a moment, held open, so that its number becomes nothing else's. */
export class Held implements Disposable {
  readonly all: readonly (Seen & { readonly descriptor: number })[]

  constructor(seen: readonly Seen[]) {
    const held = 0o10000000 | fs.constants.O_NOFOLLOW
    this.all = seen.map((each) => ({ ...each, descriptor: fs.openSync(each.path, held) }))
  }

  get ids(): ReadonlySet<string> {
    return new Set(this.all.map(({ id }) => id))
  }

  /** What has another owner or mode by now. */
  changed(): readonly string[] {
    return this.all.flatMap(({ path, uid, gid, mode, descriptor }) => {
      const now = fs.fstatSync(descriptor)
      return now.uid === uid && now.gid === gid && now.mode === mode ? [] : [path]
    })
  }

  [Symbol.dispose](): void {
    for (const { descriptor } of this.all) fs.closeSync(descriptor)
  }
}

/** What every arena has: the worker's home, another worker's, one open to all, root's, and what containers write in. */
const FOLDERS = [
  ['home', WORKER, 0o755],
  ['rival', RIVAL, 0o755],
  ['shared', 0, 0o1777],
  ['secret', 0, 0o755],
  ['secret/a', 0, 0o755],
  ['root', WORKER, 0o755],
] as const

export class Arena implements Disposable {
  readonly directory: string
  readonly #top = fs.mkdtempSync(join(tmpdir(), 'dockgate-arena-'))
  readonly #folders: string[] = []

  constructor(things: readonly Thing[]) {
    fs.chmodSync(this.#top, 0o755)
    // So deep that no path of a test climbs out of it.
    this.directory = join(this.#top, 'a/b/c/d/e/f/g/h')
    fs.mkdirSync(this.directory, { recursive: true, mode: 0o755 })
    for (const [name, owner, mode] of FOLDERS) this.#folder(this.path(name), owner, mode)
    for (const folder of ['secret', 'secret/a', 'rival'])
      fs.writeFileSync(this.path(`${folder}/key`), '', { mode: 0o600 })
    fs.chownSync(this.path('rival/key'), RIVAL, RIVAL)
    for (const thing of things) this.#make(thing)
  }

  /** A path below the arena's directory, where it is relative. */
  path(relative: string): string {
    return join(this.directory, relative)
  }

  /** All that is there, no link followed. */
  seen(): readonly Seen[] {
    const found: Seen[] = []
    const look = (path: string): void => {
      const status = fs.lstatSync(path, { bigint: true })
      const [uid, gid] = [Number(status.uid), Number(status.gid)]
      found.push({ id: `${status.dev}:${status.ino}`, path, uid, gid, mode: Number(status.mode) })
      if (status.isDirectory()) for (const name of fs.readdirSync(path)) look(join(path, name))
    }
    look(this.directory)
    return found
  }

  [Symbol.dispose](): void {
    fs.rmSync(this.#top, { recursive: true, force: true })
  }

  #folder(path: string, owner: number, mode: number): void {
    fs.mkdirSync(path)
    fs.chownSync(path, owner, owner)
    fs.chmodSync(path, mode)
    this.#folders.push(path)
  }

  #make({ folder, name, kind, owner, mode, target }: Thing): void {
    const parent = this.#folders[folder % this.#folders.length] ?? this.directory
    const path = join(parent, name)
    if (fs.lstatSync(path, { throwIfNoEntry: false }) !== undefined) return
    if (kind === 'directory') return this.#folder(path, owner, mode)
    if (kind === 'link') fs.symlinkSync(target.replace('ARENA', this.directory), path)
    else fs.writeFileSync(path, '', { mode: 0o644 })
    fs.lchownSync(path, owner, owner)
  }
}

/** A process of the worker's account, or one that is root in a container: it tries what it is told, and says when it has. */
export class Swapper implements Disposable {
  readonly #child: ChildProcess
  readonly #lines: AsyncIterator<string>

  constructor(account: number) {
    this.#child = spawn(process.execPath, ['-e', PROGRAM, String(account)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    const { stdout } = this.#child
    if (stdout === null) throw new Error('its output is not a pipe')
    this.#lines = createInterface(stdout)[Symbol.asyncIterator]()
  }

  async try(arena: Arena, { call, one, other, number }: Swap): Promise<void> {
    const words = [call, one, other].map((word) => word.replace('ARENA', arena.directory))
    this.#child.stdin?.write(`${JSON.stringify([...words, number])}\n`)
    await this.#lines.next()
  }

  [Symbol.dispose](): void {
    this.#child.kill('SIGKILL')
  }
}

/** What fails, fails. */
const PROGRAM = `
const fs = require('node:fs')
const account = Number(process.argv[1])
if (account !== 0) { process.setgroups([]); process.setgid(account); process.setuid(account) }
process.umask(0)
const calls = {
  rename: (one, other) => fs.renameSync(one, other),
  symlink: (one, other) => fs.symlinkSync(other, one),
  mkdir: (one, _, mode) => fs.mkdirSync(one, mode),
  unlink: (one) => fs.unlinkSync(one),
  rmdir: (one) => fs.rmdirSync(one),
  link: (one, other) => fs.linkSync(one, other),
  chmod: (one, _, mode) => fs.chmodSync(one, mode),
  lchown: (one, _, number) => fs.lchownSync(one, number, number),
}
require('node:readline').createInterface(process.stdin).on('line', (line) => {
  const [call, ...words] = JSON.parse(line)
  try { calls[call](...words) } catch {}
  process.stdout.write('\\n')
})
`
