import { spawnSync } from 'node:child_process'
import { readlinkSync } from 'node:fs'
import { expect, test } from 'vitest'
import { withoutNetwork } from './docker.ts'

test('a program without network is in another one than this process, as the same account', () => {
  const run = (program: string, words: string[]) => {
    const [file, args] = withoutNetwork(program, words)
    return spawnSync(file, args, { encoding: 'utf8', env: {} }).stdout.trim()
  }
  expect(run('/usr/bin/readlink', ['/proc/self/ns/net'])).toMatch(/^net:/)
  expect(run('/usr/bin/readlink', ['/proc/self/ns/net'])).not.toBe(readlinkSync('/proc/self/ns/net'))
  expect(run('/usr/bin/id', ['-u'])).toBe(String(process.getuid?.()))
})
