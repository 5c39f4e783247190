import { expect, test } from 'vitest'
import { parseSubnet } from '../shared/addresses.ts'
import { hostNote, imageNote, mcpNote, portNote, restartNote, socketNote, subnetNote } from './notes.ts'

const NOTE = expect.stringMatching(/[a-z]+ [a-z]+/)
const SOCKET = { path: '/run/a', owner: undefined, group: undefined, mode: 0o660, directoryMode: 0o750 }

test('a socket that others may open is noted', () => {
  expect([0o660, 0o661].map((mode) => socketNote({ ...SOCKET, mode }))).toEqual([undefined, undefined])
  expect([0o662, 0o664].map((mode) => socketNote({ ...SOCKET, mode }))).toEqual([NOTE, NOTE])
})

test('a diagnostic that shows more than it is asked for is noted under its own name', () => {
  expect(hostNote('journalctl')).toMatch(/^journalctl [a-z]+/)
  expect(hostNote('ss')).toMatch(/^ss [-a-z]+/)
  expect(['sshd', 'iptables', ''].map(hostNote)).toEqual([undefined, undefined, undefined])
})

test('an MCP server that runs as nobody in particular is noted', () => {
  expect(mcpNote(SOCKET)).toEqual(NOTE)
  expect(mcpNote({ ...SOCKET, owner: 'ai' })).toBeUndefined()
})

test('images that anybody publishes are noted', () => {
  expect(['docker.io/**', 'docker.io/*/app'].map(imageNote)).toEqual([NOTE, NOTE])
  expect(['**', '**:1.*'].map(imageNote)).toEqual([
    expect.stringContaining('every image'),
    expect.stringContaining('every image'),
  ])
  expect(['docker.io/library/*', 'ghcr.io/docker.io/*'].map(imageNote)).toEqual([undefined, undefined])
})

test.each([
  ['0.0.0.0', 8000, true],
  ['::', 8000, true],
  ['127.0.0.1', 1023, true],
  ['127.0.0.1', 1024, false],
  ['192.0.2.1', 8000, false],
])('ports on %s from %i are noted: %s', (address, from, isNoted) => {
  expect(portNote({ address, from, to: 9000 })).toEqual(isNoted ? NOTE : undefined)
})

test('subnets are noted, and those of the Internet otherwise', () => {
  const noteOf = (text: string): string => {
    const subnet = parseSubnet(text)
    return subnet === undefined ? text : subnetNote(subnet)
  }
  const [own, others] = [noteOf('172.30.0.0/16'), noteOf('203.0.113.0/24')]
  expect(others).toMatch(/^addresses of the Internet: [a-z ]+/)
  expect(own).not.toBe(others)
  expect(['10.1.0.0/16', '192.168.5.0/24', '100.64.0.0/10', 'fd00::/64'].map(noteOf)).toEqual([
    own,
    own,
    own,
    own,
  ])
  expect(['172.0.0.0/8', '2001:db8::/32'].map(noteOf)).toEqual([others, others])
})

test('what starts again after a reboot is noted', () => {
  expect(restartNote('always')).toEqual(NOTE)
  expect(restartNote('unless-stopped')).toEqual(NOTE)
  expect(restartNote('on-failure')).toBeUndefined()
  expect(restartNote('no')).toBeUndefined()
})
