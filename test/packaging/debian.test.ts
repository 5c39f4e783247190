/**
 * The Debian package: what is in it, and what its scripts say of themselves. The executable is a stand-in, the first bytes of one for
 * each architecture: packaging/debian/try.sh tries a real one, in clean roots of Debian.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { afterAll, describe, expect, test } from 'vitest'
import { parsePolicy } from '../../src/policy/parse.ts'
import { VERSION } from '../../src/shared/version.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'dockgate-debian-'))
afterAll(() => rmSync(folder, { recursive: true }))

const MACHINES = { amd64: 0x3e, arm64: 0xb7 } as const
const EPOCH = 1_700_000_000

const UNITS = join(root, 'packaging/systemd')

function standIn(architecture: keyof typeof MACHINES): string {
  const file = join(folder, `dockgate-${architecture}`)
  const header = Buffer.alloc(64)
  header.write('\x7fELF', 'latin1')
  header.writeUInt16LE(MACHINES[architecture], 18)
  writeFileSync(file, header)
  writeFileSync(join(folder, 'licenses.txt'), 'Licences of a stand-in\n')
  return file
}

function build(words: readonly string[]): {
  readonly status: number | null
  readonly stderr: string
  readonly file: string
} {
  const env = { PATH: process.env['PATH'], SOURCE_DATE_EPOCH: String(EPOCH) }
  const { status, stdout, stderr } = spawnSync(
    join(root, 'packaging/debian/build.sh'),
    ['--units', UNITS, ...words],
    {
      encoding: 'utf8',
      env,
    },
  )
  return { status, stderr, file: stdout.trim() }
}

describe.each(['amd64', 'arm64'] as const)('the package for %s', (architecture) => {
  const { status, stderr, file } = build([standIn(architecture), join(folder, 'out')])
  const tree = join(folder, architecture)
  if (file !== '') execFileSync('dpkg-deb', ['--raw-extract', file, tree])
  const read = (path: string): string => readFileSync(join(tree, path), 'utf8')
  const unpacked = (path: string): string => gunzipSync(readFileSync(join(tree, path))).toString()
  /** Each line of what is in it: mode, owner, path. */
  const contents = execFileSync('dpkg-deb', ['--contents', file], {
    encoding: 'utf8',
    env: { ...process.env, TZ: 'UTC' },
  })
    .trimEnd()
    .split('\n')
    .map((line) => /^(\S+) (\S+) +\d+ (\S+ \S+) \.(\S+)/.exec(line)?.slice(1) ?? [line])
  const modeOf = (path: string): string | undefined => contents.find((cells) => cells[3] === path)?.[0]

  test('is built, and has its version and architecture in its name', () => {
    expect({ status, stderr, file }).toEqual({
      status: 0,
      stderr: '',
      file: join(folder, 'out', `dockgate_${VERSION}-1_${architecture}.deb`),
    })
  })

  test('is the same, byte for byte, when it is built again', () => {
    const again = build(['--architecture', architecture, standIn(architecture), join(folder, 'again')])
    expect(readFileSync(again.file).equals(readFileSync(file))).toBe(true)
  })

  test("is root's, with one time for all, and nothing in it may be written by others", () => {
    const time = '2023-11-14 22:13'
    const modes = new Set(['drwxr-xr-x', '-rwxr-xr-x', '-rw-r--r--'])
    expect(
      contents.filter(([mode = '', owner, at]) => owner !== 'root/root' || at !== time || !modes.has(mode)),
    ).toEqual([])
    expect(contents.filter(([mode]) => mode === '-rwxr-xr-x').map(([, , , path]) => path)).toEqual([
      '/usr/bin/dockgate',
    ])
  })

  test.each([
    '/usr/bin/dockgate',
    '/etc/dockgate/policy.yaml.example',
    '/usr/lib/systemd/system/dockgate.service',
    '/usr/lib/systemd/system/dockgate.service.d/needs-policy.conf',
    '/usr/lib/systemd/system/dockgate@.socket',
    '/usr/lib/sysusers.d/dockgate.conf',
    '/usr/lib/tmpfiles.d/dockgate.conf',
    '/usr/share/bash-completion/completions/dockgate',
    '/usr/share/zsh/vendor-completions/_dockgate',
    '/usr/share/fish/vendor_completions.d/dockgate.fish',
    '/usr/share/man/man1/dockgate.1.gz',
    '/usr/share/man/man5/dockgate-policy.5.gz',
    '/usr/share/dockgate/policy.schema.json',
    '/usr/share/doc/dockgate/copyright',
    '/usr/share/doc/dockgate/changelog.Debian.gz',
    '/usr/share/doc/dockgate/docs/policy.md',
    '/usr/share/doc/dockgate/examples/sshd-worker.conf',
  ])('brings %s', (path) => {
    expect(modeOf(path)).toBeDefined()
  })

  test('says what it is and needs', () => {
    const fields = new Map(
      read('DEBIAN/control')
        .split('\n')
        .flatMap((line) => {
          const [, name, value] = /^([A-Z][\w-]*): (.*)$/.exec(line) ?? []
          return name === undefined || value === undefined ? [] : [[name, value] as const]
        }),
    )
    expect(Object.fromEntries(fields)).toMatchObject({
      Package: 'dockgate',
      Version: `${VERSION}-1`,
      Architecture: architecture,
      Section: 'admin',
      Depends: expect.stringMatching(/libc6 \(>= 2\.28\).*systemd/),
      Recommends: expect.stringContaining('bubblewrap'),
    })
    expect(Number(fields.get('Installed-Size'))).toBeGreaterThan(100)
    expect(read('DEBIAN/control')).not.toMatch(/@[A-Z]+@/)
  })

  test('keeps what an operator changed in its example, and puts no policy where a gate would take it', () => {
    expect(read('DEBIAN/conffiles')).toBe('/etc/dockgate/policy.yaml.example\n')
    expect(existsSync(join(tree, 'etc/dockgate/policy.yaml'))).toBe(false)
  })

  test('has a sound policy as its example, whose schema is where it says', () => {
    const text = read('etc/dockgate/policy.yaml.example')
    expect(parsePolicy(text, 'policy.yaml.example')).toMatchObject({
      policy: { workers: [{ name: 'ai-worker' }] },
    })
    const [, schema = ''] = /\$schema=(\S+)/.exec(text) ?? []
    expect(existsSync(join(tree, schema))).toBe(true)
  })

  test('has the digest of each file', () => {
    const files = contents.filter(
      ([mode = '', , , path = '']) => mode.startsWith('-') && !path.startsWith('/etc/'),
    )
    expect(read('DEBIAN/md5sums').trimEnd().split('\n')).toHaveLength(files.length)
    execFileSync('md5sum', ['--check', '--quiet', 'DEBIAN/md5sums'], { cwd: tree })
  })

  test('brings the licences of what is in the executable, and the changes', () => {
    expect(unpacked('usr/share/doc/dockgate/licenses.txt.gz')).toBe('Licences of a stand-in\n')
    expect(unpacked('usr/share/doc/dockgate/changelog.gz')).toBe(
      readFileSync(join(root, 'CHANGELOG.md'), 'utf8'),
    )
    expect(unpacked('usr/share/doc/dockgate/changelog.Debian.gz')).toMatch(
      /^dockgate \(\S+-1\) unstable; urgency=medium\n[^]* {2}Tue, 14 Nov 2023 22:13:20 \+0000\n$/,
    )
  })

  test("lets a worker in by SSH with the lines of docs/ssh.md, and the package's path", () => {
    const lines = (text: string): readonly string[] =>
      /^ *Match User[^]*?ExposeAuthInfo yes$/m.exec(text)?.[0].split('\n') ?? []
    const documented = lines(readFileSync(join(root, 'docs/ssh.md'), 'utf8')).map((line) => line.slice(4))
    const shipped = lines(read('usr/share/doc/dockgate/examples/sshd-worker.conf'))
    expect(shipped.length).toBeGreaterThan(5)
    expect(shipped).toEqual(documented.map((line) => line.replace('/usr/local/bin/', '/usr/bin/')))
  })

  test.each(['postinst', 'prerm', 'postrm'])('has a sound %s', (script) => {
    const path = join(tree, 'DEBIAN', script)
    execFileSync('sh', ['-n', path])
    expect(spawnSync('shellcheck', [path], { encoding: 'utf8' })).toMatchObject({ status: 0, stdout: '' })
  })
})

describe('no package is built', () => {
  const script = join(folder, 'script')
  writeFileSync(script, '#!/bin/sh\n')

  test.each([
    ['of a script', [script, folder], 'is no executable for amd64 or arm64'],
    [
      'for another architecture',
      ['--architecture', 'arm64', standIn('amd64'), folder],
      'is for amd64, not for arm64',
    ],
    ['without an executable', [join(folder, 'missing'), folder], "run 'npm run executable' first"],
    [
      'without licences',
      ['--licenses', join(folder, 'missing'), standIn('amd64'), folder],
      'must have the licences',
    ],
  ])('%s', (_, words, reason) => {
    const { status, stderr } = build(words)
    expect(status).toBe(69)
    expect(stderr).toContain(reason)
  })
})
