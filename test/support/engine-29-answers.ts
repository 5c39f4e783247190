/** What Docker 29 answers otherwise than 28: sources are those of moby's docker-v29.7.2. */
import type { Transform } from 'node:stream'
import { listOf, objectOf, textOf, textsOf, type Unknown } from '../../src/shared/json-value.ts'
import { usageOf } from './engine-29-usage.ts'
import { linesOf, logsAsJson } from './engine-29-streams.ts'

/** What the stand-in says that it is. */
export const STAND_IN = 'stand-in for Docker 29.7.2, before a real 28.5.2'
/** In what others have pulled, built and signed. */
export const ELSEWHERE = 'registry.elsewhere.example/elsewhere/secret'
const PROVENANCE = '/home/elsewhere/secret/Dockerfile'

/** A request, taken apart. */
export interface Asked {
  readonly method: string
  /** As the path has it. */
  readonly version: string
  readonly minor: number
  /** Without the version. */
  readonly path: string
  readonly query: URLSearchParams
  readonly accept: string
}

interface Said {
  readonly status: number
  readonly body: unknown
}

/** Asks the engine behind. */
export type Behind = (path: string) => Promise<Said>

/** How the answer of the engine behind is changed where it is 200. */
export interface Rewrite {
  /** What it is asked by instead. */
  readonly query?: URLSearchParams
  readonly whole?: (body: unknown) => unknown
  /** @param type of the content that the engine behind sends */
  readonly stream?: (type: string) => Transform
  readonly type?: string
}

/** An answer that the engine behind has no part in; undefined where it has. */
export async function answeredAlone(
  { path, minor, query }: Asked,
  behind: Behind,
): Promise<Said | undefined> {
  const refused = (message: string): Said => ({ status: 400, body: { message } })
  if (/^\/images\/.+\/attestations$/.test(path)) {
    if (minor < 55) return refused('GET /images/{name:.*}/attestations requires minimum API version 1.55')
    const { status, body } = await behind(path.replace(/attestations$/, 'json'))
    return status === 200 ? { status, body: [ATTESTATION] } : { status, body }
  }
  if (path === '/images/json' && minor >= 54 && isTrue(query, 'identity') && !isTrue(query, 'manifests'))
    return refused('conflicting options: identity requires manifests=1')
  const format = query.get('format') ?? ''
  if (isLogs(path) && minor >= 54 && !['', 'json'].includes(format)) return refused('unsupported log format')
  return undefined
}

const ATTESTATION = {
  Descriptor: { mediaType: 'application/vnd.in-toto+json', digest: `sha256:${'a'.repeat(64)}`, size: 9 },
  PredicateType: 'https://slsa.dev/provenance/v1',
  Statement: { predicate: { buildDefinition: { externalParameters: { configSource: PROVENANCE } } } },
}

const isLogs = (path: string): boolean => /^\/containers\/[^/]+\/logs$/.test(path)

/** How Go reads it (daemon/server/httputils/form.go). */
function isTrue(query: URLSearchParams, name: string): boolean {
  return !['', '0', 'no', 'false', 'none'].includes((query.get(name) ?? '').trim().toLowerCase())
}

const STREAM_TYPES = ['application/jsonl', 'application/x-ndjson', 'application/json-seq']

/** What the client takes of the forms of a stream; any kind (`*`) does not count. */
function streamType({ accept }: Asked): string | undefined {
  const taken = accept.split(',').map((one) => one.replace(/;.*/, '').trim())
  return taken.find((type) => STREAM_TYPES.includes(type))
}

const separatorOf = (type: string | undefined): string => (type === 'application/json-seq' ? '\x1e' : '')

/** @param oldest minor API version that is spoken */
export function rewriteOf(asked: Asked, behind: Behind, oldest: number): Rewrite {
  const { method, path } = asked
  if (method === 'POST' && /^\/(?:build|images\/create|images\/load|images\/.+\/push)$/.test(path))
    return { stream: () => linesOf((line) => without(line, 'progress')) }
  if (method !== 'GET') return {}
  const whole = wholeOf(asked, behind, oldest)
  if (whole !== undefined) return { whole }
  if (path === '/events') return eventsOf(asked)
  if (isLogs(path)) return logsOf(asked)
  return {}
}

function wholeOf(asked: Asked, behind: Behind, oldest: number): Rewrite['whole'] {
  const { path, minor, query } = asked
  const since52 = minor >= 52
  switch (path) {
    case '/version':
      return (body) => versionOf(objectOf(body), oldest)
    case '/info':
      return (body) => infoOf(objectOf(body), minor)
    case '/system/df':
      return (body) =>
        usageOf(objectOf(body), since52, isTrue(query, 'verbose'), (one) => withHealth(one, behind))
    case '/networks':
      return since52 ? (body) => listOf(body).map((one) => without(one, 'Containers')) : undefined
    case '/containers/json':
      return since52 ? (body) => Promise.all(listOf(body).map((one) => withHealth(one, behind))) : undefined
    case '/images/json':
      return minor >= 54 && isTrue(query, 'identity')
        ? (body) => listOf(body).map((one) => withIdentities(objectOf(one)))
        : undefined
  }
  if (/^\/containers\/[^/]+\/json$/.test(path)) return (body) => containerOf(objectOf(body), since52)
  if (/^\/networks\/[^/]+$/.test(path)) return since52 ? (body) => networkOf(objectOf(body)) : undefined
  if (/^\/images\/.+\/json$/.test(path)) return since52 ? (body) => imageOf(objectOf(body), minor) : undefined
  return undefined
}

function versionOf(version: Unknown, oldest: number): Unknown {
  const spoken = { ApiVersion: '1.55', MinAPIVersion: `1.${oldest}` }
  const components = listOf(version['Components']).map(objectOf)
  return {
    ...version,
    ...spoken,
    Version: '29.7.2',
    Platform: { Name: STAND_IN },
    Components: components.map((component) =>
      component['Name'] === 'Engine'
        ? { ...component, Version: '29.7.2', Details: { ...objectOf(component['Details']), ...spoken } }
        : component,
    ),
  }
}

function infoOf(info: Unknown, minor: number): Unknown {
  const NRI = { Info: [['plugin-path', `/opt/${ELSEWHERE}`]] }
  const changed = { ...info, ServerVersion: '29.7.2', ...(minor >= 53 ? { NRI } : {}) }
  return minor >= 52 ? without(changed, 'KernelMemoryTCP') : changed
}

/** What is gone from a container's network settings, beside what is told of the network `bridge` below 1.52. */
const GONE = ['Bridge', 'HairpinMode', 'LinkLocalIPv6Address', 'LinkLocalIPv6PrefixLen']
const GONE_TOO = ['SecondaryIPAddresses', 'SecondaryIPv6Addresses']
const OF_BRIDGE = [
  ...['EndpointID', 'Gateway', 'GlobalIPv6Address', 'GlobalIPv6PrefixLen'],
  ...['IPAddress', 'IPPrefixLen', 'IPv6Gateway', 'MacAddress'],
]

/** daemon/server/router/container/inspect.go. */
function containerOf(container: Unknown, since52: boolean): Unknown {
  const settings = without(container['NetworkSettings'], ...GONE, ...GONE_TOO)
  if (!since52) return { ...container, NetworkSettings: settings }
  const { GraphDriver, ...others } = container
  const Storage = { RootFS: { Snapshot: { Name: textOf(objectOf(GraphDriver)['Name']) } } }
  const { OnBuild, ...config } = without(container['Config'], 'MacAddress')
  return {
    ...others,
    Storage,
    HostConfig: without(container['HostConfig'], 'KernelMemoryTCP'),
    Config: OnBuild === null || OnBuild === undefined ? config : { ...config, OnBuild },
    NetworkSettings: without(settings, ...OF_BRIDGE),
  }
}

const EMPTY = ['Cmd', 'Entrypoint', 'Env', 'Labels', 'OnBuild', 'User', 'Volumes', 'WorkingDir']

/** daemon/server/router/image/image_routes.go. */
function imageOf(image: Unknown, minor: number): Unknown {
  const { GraphDriver: _none, ...others } = image
  const config = withoutEmpty(objectOf(image['Config']), EMPTY)
  const told = { ...withoutEmpty(others, ['Comment', 'Author', 'Parent', 'DockerVersion']), Config: config }
  return minor >= 53 ? { ...told, Identity: identityOf(image) } : told
}

function withIdentities(image: Unknown): Unknown {
  const Manifests = listOf(image['Manifests']).map((one) => {
    const manifest = objectOf(one)
    const data = manifest['ImageData']
    if (data === undefined) return manifest
    return { ...manifest, ImageData: { ...objectOf(data), Identity: identityOf(image) } }
  })
  return { ...image, Manifests }
}

/** Where the content came from, under whatever name, whoever pulled it. */
function identityOf(image: Unknown): Unknown {
  const names = [...textsOf(image['RepoTags']), `${ELSEWHERE}:1`]
  const repositories = new Set(names.map((name) => name.replace(/:[^:/]*$/, '')))
  return {
    Signature: [{ Name: 'signed', DockerReference: `${ELSEWHERE}:1`, SignatureType: 'simplesigning-v1' }],
    Pull: [...repositories].map((Repository) => ({ Repository })),
    Build: [{ Ref: `${ELSEWHERE}/builder0/abc`, CreatedAt: '2026-01-01T00:00:00Z' }],
  }
}

/** A network has no end of addresses where it is of IPv6. */
function networkOf(network: Unknown): Unknown {
  const subnets = listOf(objectOf(network['IPAM'])['Config']).map((one) => textOf(objectOf(one)['Subnet']))
  const DynamicIPsAvailable = JSON.rawJSON('18446744073709551615')
  const told = subnets.map((subnet) => [subnet, { IPsInUse: 3, DynamicIPsAvailable }] as const)
  return { ...network, Status: { IPAM: { Subnets: Object.fromEntries(told) } } }
}

async function withHealth(listed: unknown, behind: Behind): Promise<Unknown> {
  const container = objectOf(listed)
  const { body } = await behind(`/containers/${textOf(container['Id'])}/json`)
  const { Status = 'none', FailingStreak = 0 } = objectOf(objectOf(objectOf(body)['State'])['Health'])
  return { ...container, Health: { Status, FailingStreak } }
}

function eventsOf(asked: Asked): Rewrite {
  const wanted = streamType(asked)
  const type = wanted ?? (asked.minor < 52 ? 'application/json' : 'application/jsonl')
  const change = asked.minor < 52 ? wrapped : (event: unknown) => without(event, 'status', 'id', 'from')
  return { type, stream: () => linesOf(change, separatorOf(wanted)) }
}

/** Read and written again by Go: keys in their order, numbers with as many digits as a float64 has (daemon/internal/compat). */
function wrapped(event: unknown): unknown {
  const read: unknown = JSON.parse(JSON.stringify(event))
  const type = objectOf(read)['Type']
  if (type !== 'container' && type !== 'image') return event
  return Object.fromEntries(
    Object.entries(objectOf(read)).toSorted(([one], [other]) => (one < other ? -1 : 1)),
  )
}

function logsOf(asked: Asked): Rewrite {
  const wanted = streamType(asked)
  if (asked.minor < 54 || (asked.query.get('format') !== 'json' && wanted === undefined)) return {}
  const query = new URLSearchParams(asked.query)
  query.set('timestamps', '1')
  for (const name of ['format', 'details']) query.delete(name)
  const isFramed = (type: string): boolean => type.endsWith('multiplexed-stream')
  return {
    query,
    type: wanted ?? 'application/x-ndjson',
    stream: (type) => logsAsJson(isFramed(type), separatorOf(wanted)),
  }
}

function without(value: unknown, ...names: readonly string[]): Unknown {
  return Object.fromEntries(Object.entries(objectOf(value)).filter(([name]) => !names.includes(name)))
}

function withoutEmpty(value: Unknown, names: readonly string[]): Unknown {
  const isEmpty = (one: unknown): boolean =>
    one === null || one === '' || (typeof one === 'object' && Object.keys(one).length === 0)
  return Object.fromEntries(
    Object.entries(value).filter(([name, one]) => !names.includes(name) || !isEmpty(one)),
  )
}
