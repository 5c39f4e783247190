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
    ['help', { kind: 'help' }],
    ['--help', { kind: 'help' }],
    ['sudo -n', { kind: 'help' }],
    ['dockgate --help', { kind: 'help' }],
    ['why abc def', { kind: 'why', record: 'abc def' }],
    ['why', { kind: 'why', record: '' }],
    ['whoami --all', { kind: 'program', words: ['whoami', '--all'] }],
    ['dockgate mcp x', { kind: 'program', words: ['dockgate', 'mcp', 'x'] }],
    ['ps aux', { kind: 'program', words: ['ps', 'aux'] }],
    ['/opt/A=b c', { kind: 'program', words: ['/opt/A=b', 'c'] }],
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
    ["bash -c 'docker ps'", 'shell'],
    ["sh -c 'can docker ps'", 'shell'],
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
    expect(read("sudo docker run busybox sh -c 'mkdir .hermes'").kind).toBe('docker')
    expect(read("/usr/bin/docker run busybox sh -c 'mkdir .hermes'").kind).toBe('docker')
    expect(read('dockgate can sudo docker exec web cat /root/.hermes/x').kind).toBe('can')
    expect(read('can docker exec web cat /root/.hermes/x').kind).toBe('can')
  })

  test.each([
    ['A=b docker ps', 'variables are not set here'],
    ['A+=b docker ps', 'variables are not set here'],
    ['ABC_1=d docker ps', 'variables are not set here'],
    ['docker ps; id', '; has no meaning here'],
    ['can can docker ps', '`can` needs a command'],
  ])('%s is none', (line, why) => {
    expect(read(line)).toEqual({ kind: 'unreadable', why: expect.stringContaining(why) })
  })

  test('may come as words, which are not read as a line', () => {
    expect(readCommand({ words: ['docker', 'run', 'a', '$HOME; id'] })).toEqual({
      kind: 'docker',
      words: ['run', 'a', '$HOME; id'],
    })
    expect(readCommand({ words: ['bash', '-l'] })).toEqual({ kind: 'program', words: ['bash', '-l'] })
    expect(readCommand({ words: [] })).toEqual({ kind: 'help' })
    expect(readCommand({ words: ['\0'] })).toMatchObject({ kind: 'unreadable' })
  })
})
