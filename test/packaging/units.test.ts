/** The units of packaging/systemd/ are what systemd takes, what the gate needs, and what docs/operate.md says of them. */
import { execFileSync, spawnSync } from 'node:child_process'
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const units = join(root, 'packaging/systemd')
const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const service = read('packaging/systemd/dockgate.service')
const page = read('docs/operate.md').split('\n## systemd\n')[1]?.split('\n## ')[0] ?? ''
const scratch = mkdtempSync(join(tmpdir(), 'dockgate-units-'))
afterAll(() => rmSync(scratch, { recursive: true }))
const version = Number(/^systemd (\d+)/.exec(execFileSync('systemd-analyze', ['--version']).toString())?.[1])

/** A root of a system with the units in it, with a drop-in where it is named. */
function system(dropIn = ''): string {
  const place = mkdtempSync(join(scratch, 'root-'))
  const folder = join(place, 'etc/systemd/system')
  mkdirSync(join(folder, 'dockgate.service.d'), { recursive: true })
  for (const unit of ['dockgate.service', 'dockgate@.socket'])
    copyFileSync(join(units, unit), join(folder, unit))
  if (dropIn !== '') copyFileSync(join(units, 'examples', dropIn), join(folder, 'dockgate.service.d', dropIn))
  cpSync('/usr/lib/systemd/system', join(place, 'usr/lib/systemd/system'), { recursive: true })
  mkdirSync(join(place, 'usr/bin'), { recursive: true })
  mkdirSync(join(place, 'bin'))
  for (const program of ['usr/bin/dockgate', 'bin/kill']) copyFileSync('/bin/true', join(place, program))
  return place
}

function analyze(place: string, ...words: readonly string[]): string {
  const { stdout, stderr } = spawnSync('systemd-analyze', [...words, `--root=${place}`], { encoding: 'utf8' })
  return (stdout + stderr).trim()
}

const examples = readdirSync(join(units, 'examples'))

describe('systemd', () => {
  test('finds no mistake in the units', () => {
    // It ends with 0 where it only does not know a key.
    const found = analyze(system(), 'verify', '--man=no', 'dockgate.service', 'dockgate@ai-worker.socket')
    expect(found.split('\n').filter((line) => line.includes('dockgate'))).toEqual([])
  })

  test.each(examples)('finds none in them with %s', (example) => {
    const found = analyze(system(example), 'verify', '--man=no', 'dockgate.service')
    const lines = found.split('\n').filter((line) => line.includes('dockgate'))
    const known = lines.filter((line) => version >= 253 || !line.includes("Unknown key 'OpenFile'"))
    expect(known).toEqual([])
  })

  test('finds a mistake where there is one', () => {
    const place = system()
    const file = join(place, 'etc/systemd/system/dockgate.service.d/wrong.conf')
    writeFileSync(file, '[Service]\nWatchdog=1\n')
    expect(analyze(place, 'verify', '--man=no', 'dockgate.service')).toContain('Watchdog')
  })

  test.each(['', ...examples])('says of them what the page says: %s', (example) => {
    const told = analyze(system(example), 'security', '--offline=yes', 'dockgate.service')
    const [, exposure = ''] = /Overall exposure level for dockgate\.service: ([\d.]+)/.exec(told) ?? []
    const unit = example === '' ? '`dockgate.service`' : `with \`examples/${example}\``
    const [heading = '', ...rows] = page.split('\n').filter((line) => line.startsWith('| '))
    const column = heading.split('|').findIndex((cell) => cell.includes(`systemd ${version}`))
    // Each version of systemd weighs otherwise: a figure stands for those that were asked.
    if (column === -1) return
    const row = rows.find((line) => line.startsWith(`| ${unit} |`))
    expect(row?.split('|')[column]?.trim()).toBe(exposure)
  })

  test('makes the account and the folders', () => {
    const place = system()
    for (const folder of ['etc', 'run', 'var/lib']) mkdirSync(join(place, folder), { recursive: true })
    execFileSync('systemd-sysusers', [`--root=${place}`, join(units, 'sysusers.d/dockgate.conf')])
    expect(readFileSync(join(place, 'etc/passwd'), 'utf8')).toMatch(
      /^ai-worker:.*:\/var\/lib\/ai-worker:\/bin\/sh$/m,
    )
    execFileSync('systemd-tmpfiles', ['--create', `--root=${place}`, join(units, 'tmpfiles.d/dockgate.conf')])
    const modes = ['run/dockgate', 'var/lib/dockgate'].map(
      (folder) => statSync(join(place, folder)).mode & 0o777,
    )
    expect(modes).toEqual([0o755, 0o700])
  })
})

describe('the unit of a worker’s socket', () => {
  const setting = (key: string): string =>
    new RegExp(`^${key}=(.*)$`, 'm').exec(read('packaging/systemd/dockgate@.socket'))?.[1] ?? ''

  test('names its descriptor by the path, which is that of the starter policy', () => {
    expect(setting('FileDescriptorName')).toBe(setting('ListenStream'))
    expect(setting('ListenStream').replace('%i', 'ai-worker')).toBe('/run/dockgate/ai-worker/docker.sock')
    expect(read('policies/ai-worker.yaml')).toContain('path: /run/dockgate/ai-worker/docker.sock')
  })

  test('gives it to the gate, and to one account alone', () => {
    expect([setting('Service'), setting('SocketUser'), setting('SocketMode')]).toEqual([
      'dockgate.service',
      '%i',
      '0600',
    ])
  })
})

describe('the unit of the gate', () => {
  test('starts it with the flags that it would else start itself anew for', () => {
    const [, list = ''] = /^const LASTING = \[([^\]]*)\]/m.exec(read('src/programs/self.ts')) ?? []
    const flags = [...list.matchAll(/'([^']+)'/g)].map(([, flag]) => flag)
    expect(flags.length).toBeGreaterThan(2)
    expect(service).toContain(`"--node-options=${flags.join(' ')}"`)
  })

  test('has every setting that the page gives a value of', () => {
    const lines = new Set(service.split('\n'))
    const given = [...page.matchAll(/`([A-Z][A-Za-z]+=[^`\s]+)`/g)].flatMap(([, setting]) => setting ?? [])
    const others = ['Type=exec', 'NotifyAccess=none', 'WatchdogSec=0']
    expect(given.length).toBeGreaterThan(others.length)
    expect(
      given.filter(
        (setting) =>
          !lines.has(setting) && !others.includes(setting) && !setting.startsWith('RestrictNamespaces='),
      ),
    ).toEqual([])
  })

  test('has no setting that the page says is off', () => {
    const off = [
      'MemoryDenyWriteExecute',
      'PrivateTmp',
      'ProtectHome',
      'TemporaryFileSystem',
      'RootDirectory',
    ]
    for (const key of off) {
      expect(page).toContain(`\`${key}\``)
      expect(service).not.toContain(`\n${key}=`)
    }
  })

  test('is found by whoever looks for the files that the page names', () => {
    const named = [...page.matchAll(/(?:packaging\/systemd\/|examples\/)[\w@./-]*\w/g)].map(([path]) => path)
    expect(named.length).toBeGreaterThan(5)
    for (const path of named)
      expect(statSync(join(path.startsWith('examples') ? units : root, path)).isFile()).toBe(true)
  })
})
