/** Tars that the system's tar makes of files. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** A file's content, or where a link leads. */
type Node = string | { readonly to: string }
export type Step = readonly [path: string, node: Node]

/** A tar of files, in order; each step is a tree of its own, so that paths may come twice. */
export function tar(...steps: readonly Step[]): Buffer {
  const directory = mkdtempSync(join(tmpdir(), 'dockgate-tar-'))
  try {
    const archive = join(directory, 'made.tar')
    for (const [index, [path, node]] of steps.entries()) {
      const root = join(directory, String(index))
      mkdirSync(dirname(join(root, path)), { recursive: true })
      if (typeof node === 'string') writeFileSync(join(root, path), node)
      else symlinkSync(node.to, join(root, path))
      const made = spawnSync('tar', ['--format=gnu', index === 0 ? '-cf' : '-rf', archive, '-C', root, path])
      if (made.status !== 0) throw new Error(made.stderr.toString())
    }
    return spawnSync('cat', [archive], { maxBuffer: 2 ** 26 }).stdout
  } finally {
    rmSync(directory, { recursive: true })
  }
}
