import { describe, expect, test } from 'vitest'
import { FieldError, type Finding } from '../fields.ts'
import { parseJson } from '../json.ts'
import { containerCreateBody } from './container-create-body.ts'
import { readContainerCreate } from './container-create.ts'

/** A create with this HostConfig, and what was found in it. */
function create(host: object) {
  const findings: Finding[] = []
  const body = parseJson(Buffer.from(JSON.stringify({ Image: 'alpine', HostConfig: host })))
  return { ...readContainerCreate(containerCreateBody.read(body, '', findings), {}, findings), findings }
}

describe('binds', () => {
  const point = { at: 'HostConfig.Binds[0]', field: 'Binds', readOnly: false }
  const made = { create: true, missing: [] }
  const bind = {
    ...point,
    ...made,
    type: 'bind',
    relabel: undefined,
    nonRecursive: false,
    forceReadOnly: false,
  }
  const volume = { ...point, type: 'volume', noCopy: false, labels: new Map() }

  test.each([
    ['/srv/a:/b', { ...bind, source: '/srv/a', target: '/b' }],
    ['/srv//a/../c:/b/./d', { ...bind, source: '/srv/c', target: '/b/d' }],
    ['/srv/a:/b:ro', { ...bind, source: '/srv/a', target: '/b', readOnly: true }],
    ['/srv/a:/b:rw,z,rprivate', { ...bind, source: '/srv/a', target: '/b', relabel: 'z' }],
    ['/srv/a:/b:Z,ro', { ...bind, source: '/srv/a', target: '/b', relabel: 'Z', readOnly: true }],
    ['/srv/a:/b:private,consistent', { ...bind, source: '/srv/a', target: '/b' }],
    ['/srv/a:/b:cached,,delegated', { ...bind, source: '/srv/a', target: '/b' }],
    ['name:/b', { ...volume, source: 'name', target: '/b' }],
    ['name:/b:nocopy', { ...volume, source: 'name', target: '/b', noCopy: true }],
    ['/b', { ...volume, source: undefined, target: '/b' }],
  ])('%s is read', (written, mount) => {
    const { mounts, findings } = create({ Binds: [written] })
    expect(mounts).toEqual([mount])
    expect(findings).toEqual([])
  })

  test.each([
    '',
    ':',
    ':/b',
    'a',
    'a:b',
    '/a:b',
    './a:/b',
    '~/a:/b',
    '../a:/b',
    'a/b:/c',
    '/a:/b:ro:rw',
    '-x:/b',
    'a b:/c',
  ])('%j is not a bind', (written) => {
    expect(() => create({ Binds: [written] })).toThrow(FieldError)
  })

  test.each(['shared', 'rslave', 'volume-opt=x', 'U', 'O', 'copy', 'RO'])(
    'the option %s is a finding',
    (option) => {
      expect(create({ Binds: [`/a:/b:${option}`] }).findings).toMatchObject([
        { why: `the option ${option} is not given to workers` },
      ])
    },
  )
})

describe('mount objects', () => {
  test('are read by type', () => {
    const { mounts } = create({
      Mounts: [
        { Type: 'bind', Source: '/srv/./a', Target: '/b', BindOptions: { NonRecursive: true } },
        { Type: 'volume', Target: '/c' },
        { Type: 'tmpfs', Target: '/d', TmpfsOptions: { SizeBytes: 4096, Mode: 0o700 } },
      ],
    })
    expect(mounts).toMatchObject([
      { type: 'bind', source: '/srv/a', target: '/b', nonRecursive: true, at: 'HostConfig.Mounts[0]' },
      { type: 'volume', source: undefined, target: '/c' },
      { type: 'tmpfs', size: 4096, mode: 0o700 },
    ])
  })

  test('have nothing that was not asked for', () => {
    const point = { field: 'Mounts', readOnly: false }
    const { mounts, findings } = create({
      Mounts: [
        { Type: 'bind', Source: '/a', Target: '/b', BindOptions: { Propagation: 'rprivate' } },
        { Type: 'volume', Source: 'data', Target: '/c', BindOptions: { Propagation: 'private' } },
        { Type: 'tmpfs', Target: '/d', BindOptions: { Propagation: '' } },
      ],
    })
    expect(mounts).toEqual([
      {
        ...point,
        type: 'bind',
        at: 'HostConfig.Mounts[0]',
        ...{ create: false, missing: [] },
        ...{ source: '/a', target: '/b', relabel: undefined, nonRecursive: false, forceReadOnly: false },
      },
      {
        ...point,
        type: 'volume',
        at: 'HostConfig.Mounts[1]',
        ...{ source: 'data', target: '/c', noCopy: false, labels: new Map(), subpath: undefined },
      },
      {
        ...point,
        type: 'tmpfs',
        at: 'HostConfig.Mounts[2]',
        ...{ target: '/d', size: undefined, mode: undefined, options: [] },
      },
    ])
    expect(findings).toEqual([])
  })

  test('have what was asked for', () => {
    const bind = { NonRecursive: true, ReadOnlyForceRecursive: true }
    const volume = { NoCopy: true, Labels: { a: 'b' } }
    expect(
      create({
        Mounts: [
          { Type: 'bind', Source: '/a', Target: '/b', ReadOnly: true, BindOptions: bind },
          { Type: 'volume', Target: '/c', VolumeOptions: volume },
        ],
      }).mounts,
    ).toMatchObject([
      { readOnly: true, nonRecursive: true, forceReadOnly: true },
      { readOnly: false, noCopy: true, labels: new Map([['a', 'b']]) },
    ])
  })

  test.each(['shared', 'rshared', 'slave', 'PRIVATE'])('do not pass on mounts by %s', (Propagation) => {
    const mount = { Type: 'bind', Source: '/a', Target: '/b', BindOptions: { Propagation } }
    expect(create({ Mounts: [mount] }).findings).toMatchObject([
      { what: `HostConfig.Mounts[0].BindOptions.Propagation = ${Propagation}` },
    ])
  })

  test.each([
    [{ Type: 'image', Target: '/b' }, 'HostConfig.Mounts[0].Source must name an image'],
    [{ Target: '/b' }, 'HostConfig.Mounts[0].Type must be bind, volume, tmpfs or image, not ""'],
    [{ Type: 'tmpfs' }, 'HostConfig.Mounts[0]: "" is not an absolute path'],
    [{ Type: 'bind', Source: 'a', Target: '/b' }, 'HostConfig.Mounts[0]: "a" is not an absolute path'],
    [{ Type: 'volume', Source: '/a', Target: '/b' }, 'HostConfig.Mounts[0]: "/a" is not a volume name'],
  ])('of %j are told to be none', (mount, why) => {
    expect(() => create({ Mounts: [mount] })).toThrow(why)
  })

  test.each([
    { Type: 'npipe', Source: 'x', Target: '/b' },
    { Type: 'cluster', Source: 'x', Target: '/b' },
    { Type: 'BIND', Source: '/a', Target: '/b' },
    { Target: '/b' },
    { Type: 'bind', Source: 'a', Target: '/b' },
    { Type: 'bind', Target: '/b' },
    { Type: 'bind', Source: '/a', Target: 'b' },
    { Type: 'volume', Source: '/a', Target: '/b' },
    { Type: 'volume', Source: '../a', Target: '/b' },
  ])('%j is none', (mount) => {
    expect(() => create({ Mounts: [mount] })).toThrow(FieldError)
  })
})

describe('what of a volume or an image is mounted', () => {
  const subpathOf = (Type: string, Subpath: string) =>
    create({
      Mounts: [{ Type, Source: 'data', Target: '/b', VolumeOptions: { Subpath }, ImageOptions: { Subpath } }],
    }).mounts[0]

  test.each(['volume', 'image'])('of %s is a plain path', (type) => {
    expect(subpathOf(type, 'a/b c/.d..')).toMatchObject({ type, subpath: 'a/b c/.d..' })
    expect(subpathOf(type, '')).toMatchObject({ type, subpath: undefined })
    for (const other of [
      '..',
      '../a',
      'a/../b',
      'a/..',
      '/a',
      'a//b',
      'a/',
      './a',
      '.',
      'a\0b',
      'a/'.repeat(600) + 'b',
    ])
      expect(() => subpathOf(type, other)).toThrow(FieldError)
  })

  test('is nothing of a volume without a name', () => {
    const mount = { Type: 'volume', Target: '/b', VolumeOptions: { Subpath: 'a' } }
    expect(() => create({ Mounts: [mount] })).toThrow('must not set Subpath when using anonymous volumes')
  })
})

describe('tmpfs', () => {
  test.each([
    ['', { size: undefined, options: [], readOnly: false }],
    ['size=16m', { size: 2 ** 24, options: ['size=16m'] }],
    [
      'size=1K,ro,exec,mode=1777,uid=1000',
      { size: 1024, options: ['size=1K', 'ro', 'exec', 'mode=1777', 'uid=1000'], readOnly: true },
    ],
    ['size=1g,size=1k', { size: 1024 }],
  ])('%j is read', (options, mount) => {
    const { mounts, findings } = create({ Tmpfs: { '/t': options } })
    expect(mounts).toMatchObject([{ type: 'tmpfs', target: '/t', ...mount }])
    expect(findings).toEqual([])
  })

  test('without a size may have one that says none', () => {
    for (const options of ['size=0', 'size=0k'])
      expect(create({ Tmpfs: { '/t': options } }).mounts).toMatchObject([{ size: undefined }])
    for (const SizeBytes of [0, -1, undefined])
      expect(
        create({ Mounts: [{ Type: 'tmpfs', Target: '/t', TmpfsOptions: { SizeBytes } }] }).mounts,
      ).toMatchObject([{ size: undefined, options: [] }])
    expect(
      create({ Mounts: [{ Type: 'tmpfs', Target: '/t', TmpfsOptions: { SizeBytes: 1 } }] }).mounts,
    ).toMatchObject([{ size: 1 }])
    expect(() => create({ Tmpfs: { '/t': 'size=x' } })).toThrow('HostConfig.Tmpfs./t: "x" is not a size')
    expect(() => create({ Tmpfs: { t: '' } })).toThrow('HostConfig.Tmpfs.t: "t" is not an absolute path')
  })

  test.each(['size=50%', 'size=', 'size=-1', 'size=0x10', 'size=999999999999g'])(
    '%s is not a size',
    (options) => {
      expect(() => create({ Tmpfs: { '/t': options } })).toThrow(FieldError)
    },
  )
  test.each(['dev', 'suid', 'mpol=bind', 'SIZE=9g', 'huge=always', 'mode=99'])(
    '%s is a finding',
    (options) => {
      expect(create({ Tmpfs: { '/t': options } }).findings).toHaveLength(1)
    },
  )
})
