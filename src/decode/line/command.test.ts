import { describe, expect, test } from 'vitest'
import { readCommand } from './command.ts'

const read = (line: string) => readCommand({ line })

describe('a command', () => {
  test.each([
    'docker ps',
    'sudo docker ps',
    'sudo -n docker ps',
    '/usr/bin/docker ps',
    '/run/wrappers/bin/sudo /run/current-system/sw/bin/docker ps',
  ])('%s is docker ps', (line) => {
    expect(read(line)).toEqual({ kind: 'docker', words: ['ps'] })
  })

  test.each([
    'sudo sudo docker ps',
    'sudo -u root docker ps',
    'sudo -E docker ps',
    './docker ps',
    '/tmp/docker ps',
    'Docker ps',
  ])('%s is not docker', (line) => {
    expect(read(line).kind).toBe('program')
  })

  test.each([
    ['whoami', { kind: 'whoami' }],
    ['dockgate whoami', { kind: 'whoami' }],
    ['mcp', { kind: 'mcp' }],
    ['dockgate', { kind: 'help' }],
    ['', { kind: 'help' }],
    ['why abc', { kind: 'why', record: 'abc' }],
    ['can sudo docker run x', { kind: 'can', command: { kind: 'docker', words: ['run', 'x'] } }],
    ['can whoami', { kind: 'can', command: { kind: 'whoami' } }],
  ])('%j is a word of the door', (line, command) => {
    expect(read(line)).toEqual(command)
  })

  test.each([
    ['echo $HOME', 'hermes'],
    ['mkdir -p ~/.hermes/state', 'hermes'],
    ['tar xf - -C /home/x', 'hermes'],
    ["bash -c 'echo hi'", 'shell'],
    ['bash -l', 'shell'],
    ['/bin/sh', 'shell'],
    ['scp -t /tmp', 'copy'],
    ['/usr/lib/openssh/sftp-server', 'copy'],
    ['rsync --server .', 'copy'],
  ])('%s is of a program that takes this for a shell', (line, backend) => {
    expect(read(line)).toEqual({ kind: 'foreign', backend })
  })

  test('of docker may hold whatever such a program sends', () => {
    expect(read("docker run busybox sh -c 'mkdir .hermes'").kind).toBe('docker')
    expect(read("sudo -n docker run busybox sh -c 'mkdir .hermes'").kind).toBe('docker')
    expect(read('can docker exec web cat /root/.hermes/x').kind).toBe('can')
  })

  test.each(['A=b docker ps', 'A+=b docker ps', 'docker ps; id', 'can can docker ps'])(
    '%s is none',
    (line) => {
      expect(read(line).kind).toBe('unreadable')
    },
  )
})
