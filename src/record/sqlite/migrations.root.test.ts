import { execFileSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { directoryOfFormat2, newDirectory, sql } from '../../../test/support/record.ts'
import { openStore } from './open-store.ts'

test('a state directory of format 2 stays as it is where there is no room for the copy', async () => {
  const directory = await directoryOfFormat2()
  const disk = newDirectory()
  sql(directory, `UPDATE owned SET name = '${'x'.repeat(400_000)}'`)
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m,mode=0700', 'tmpfs', disk])
  try {
    execFileSync('cp', ['-a', `${directory}/.`, disk])
    writeFileSync(join(disk, 'ballast'), Buffer.alloc(250_000))
    expect(() => openStore(disk)).toThrow(/cannot be used: the disk is full/)
    expect(existsSync(join(disk, 'dockgate.db.format-2'))).toBe(false)
    execFileSync('rm', [join(disk, 'ballast')])
    const forward = openStore(disk)
    expect(forward.owned()).toHaveLength(1)
    forward.close()
  } finally {
    execFileSync('umount', ['-l', disk])
  }
})
