/**
 * Every endpoint of the Engine API (1.25 to 1.55, and what engines honour beside it): its operation and how it is decoded,
 * or why it is refused. An endpoint that is not here is not there for a worker.
 */
import type { Finding } from './fields.ts'
import { FieldError } from './fields.ts'
import type { Json, JsonObject } from './json.ts'
import type { Operation } from './operation.ts'
import * as container from './operations/container.ts'
import { containerCreateQuery, readContainerCreate } from './operations/container-create.ts'
import { containerUpdateQuery, readContainerUpdate } from './operations/container-update.ts'
import { execResizeQuery, readContainerExec, readExecStart } from './operations/exec.ts'
import { readImageBuild } from './operations/build.ts'
import * as image from './operations/image.ts'
import { archivePutQuery } from './operations/archive.ts'
import * as network from './operations/network.ts'
import { pruneQuery, type Prunable, type Prune } from './operations/prune.ts'
import * as volume from './operations/volume.ts'
import { diskUsageQuery, eventsQuery } from './operations/system.ts'
import { REFUSED_ENDPOINTS } from './refused-endpoints.ts'

/** What a decoder has to work with. */
export interface Parts {
  readonly method: string
  /** The path's object, `web` in /containers/web/json; empty where the path has none. */
  readonly name: string
  readonly query: JsonObject
  readonly body: Json
  readonly header: (name: string) => string | undefined
  readonly findings: Finding[]
}

export interface Route {
  /** `GET /containers/{id}/json`, with the engine's own placeholders. */
  readonly endpoint: string
  /** The engine's name of the operation. */
  readonly id: string
  /**
   * `json`: read whole and decoded. `stream`: passed on as it comes. `hijack`: the connection is taken over. `none`: must say nothing that the query does not.
   * `unread`: of no meaning, since the endpoint is refused.
   */
  readonly body: 'none' | 'json' | 'stream' | 'hijack' | 'unread'
  /** Whether the connection is taken over where the client asks for it by Upgrade. */
  readonly takesOver: boolean
  /** Query parameters that may be repeated. */
  readonly repeatable: readonly string[]
  readonly decode: (parts: Parts) => Operation
}

type Decode = Route['decode']

function route(
  endpoint: string,
  id: string,
  decode: Decode,
  options: Partial<Pick<Route, 'body' | 'repeatable' | 'takesOver'>> = {},
): Route {
  return { endpoint, id, decode, body: 'none', takesOver: false, repeatable: [], ...options }
}

/** A decoder for an operation on a container that has nothing but a query. */
function onContainer<const K extends string, P>(
  kind: K,
  query: { readonly read: (value: Json, path: string, findings: Finding[]) => P },
): (parts: Parts) => { readonly kind: K; readonly container: string; readonly parameters: P } {
  return ({ name, query: given, findings }) => ({
    kind,
    container: containerReference(name),
    parameters: query.read(given, '', findings),
  })
}

/** A container as clients name it: its name, its id or the start of one. */
function containerReference(name: string): string {
  // `docker inspect NAME` asks for images by this path too; no container has such a name, so it is simply not found.
  return name.replace(/^\//, '')
}

/** A decoder for an endpoint that has no query. */
function withoutQuery(decode: Decode): Decode {
  return (parts) => {
    container.noQuery.read(parts.query, '', parts.findings)
    return decode(parts)
  }
}

function prune(of: Prunable, kind: Prune['kind']): Decode {
  const query = pruneQuery(of)
  return (parts) => ({ kind, parameters: query.read(parts.query, '', parts.findings) })
}

const JSON_BODY = { body: 'json' } as const

export const ROUTES: readonly Route[] = [
  route(
    'GET /_ping',
    'SystemPing',
    withoutQuery(() => ({ kind: 'system.ping', method: 'GET' })),
  ),
  route(
    'HEAD /_ping',
    'SystemPingHead',
    withoutQuery(() => ({ kind: 'system.ping', method: 'HEAD' })),
  ),
  route(
    'GET /version',
    'SystemVersion',
    withoutQuery(() => ({ kind: 'system.version' })),
  ),
  route(
    'GET /info',
    'SystemInfo',
    withoutQuery(() => ({ kind: 'system.info' })),
  ),
  route(
    'GET /system/df',
    'SystemDataUsage',
    ({ query, findings }) => ({ kind: 'system.df', parameters: diskUsageQuery.read(query, '', findings) }),
    { repeatable: ['type'] },
  ),
  route('GET /events', 'SystemEvents', ({ query, findings }) => ({
    kind: 'system.events',
    parameters: eventsQuery.read(query, '', findings),
  })),
  route('GET /containers/json', 'ContainerList', ({ query, findings }) => ({
    kind: 'container.list',
    parameters: container.containerListQuery.read(query, '', findings),
  })),
  route(
    'POST /containers/create',
    'ContainerCreate',
    ({ query, body, findings }) =>
      readContainerCreate(body, containerCreateQuery.read(query, '', findings), findings),
    JSON_BODY,
  ),
  route(
    'GET /containers/{id}/json',
    'ContainerInspect',
    onContainer('container.inspect', container.containerInspectQuery),
  ),
  route(
    'GET /containers/{id}/logs',
    'ContainerLogs',
    onContainer('container.logs', container.containerLogsQuery),
  ),
  route(
    'GET /containers/{id}/stats',
    'ContainerStats',
    onContainer('container.stats', container.containerStatsQuery),
  ),
  route(
    'GET /containers/{id}/top',
    'ContainerTop',
    onContainer('container.top', container.containerTopQuery),
  ),
  route(
    'POST /containers/{id}/start',
    'ContainerStart',
    onContainer('container.start', container.containerStartQuery),
  ),
  route(
    'POST /containers/{id}/stop',
    'ContainerStop',
    onContainer('container.stop', container.containerStopQuery),
  ),
  route(
    'POST /containers/{id}/restart',
    'ContainerRestart',
    onContainer('container.restart', container.containerStopQuery),
  ),
  route(
    'POST /containers/{id}/kill',
    'ContainerKill',
    onContainer('container.kill', container.containerKillQuery),
  ),
  route('POST /containers/{id}/pause', 'ContainerPause', onContainer('container.pause', container.noQuery)),
  route(
    'POST /containers/{id}/unpause',
    'ContainerUnpause',
    onContainer('container.unpause', container.noQuery),
  ),
  route(
    'POST /containers/{id}/wait',
    'ContainerWait',
    onContainer('container.wait', container.containerWaitQuery),
  ),
  route(
    'POST /containers/{id}/resize',
    'ContainerResize',
    onContainer('container.resize', container.containerResizeQuery),
  ),
  route(
    'POST /containers/{id}/rename',
    'ContainerRename',
    onContainer('container.rename', container.containerRenameQuery),
  ),
  route(
    'POST /containers/{id}/update',
    'ContainerUpdate',
    ({ name, query, body, findings }) => {
      containerUpdateQuery.read(query, '', findings)
      return readContainerUpdate(containerReference(name), body, findings)
    },
    JSON_BODY,
  ),
  route(
    'DELETE /containers/{id}',
    'ContainerDelete',
    onContainer('container.remove', container.containerRemoveQuery),
  ),
  route(
    'POST /containers/{id}/attach',
    'ContainerAttach',
    (parts) => ({
      ...onContainer('container.attach', container.containerAttachQuery)(parts),
      upgrade: parts.header('upgrade') !== undefined,
    }),
    { body: 'hijack', takesOver: true },
  ),
  route(
    'POST /containers/{id}/exec',
    'ContainerExec',
    withoutQuery(({ name, body, findings }) => readContainerExec(containerReference(name), body, findings)),
    JSON_BODY,
  ),
  route(
    'POST /exec/{id}/start',
    'ExecStart',
    withoutQuery(({ name, body, findings }) => readExecStart(name, body, findings)),
    {
      body: 'json',
      takesOver: true,
    },
  ),
  route(
    'GET /exec/{id}/json',
    'ExecInspect',
    withoutQuery(({ name }) => ({ kind: 'exec.inspect', exec: name })),
  ),
  route('POST /exec/{id}/resize', 'ExecResize', ({ name, query, findings }) => ({
    kind: 'exec.resize',
    exec: name,
    parameters: execResizeQuery.read(query, '', findings),
  })),
  route('GET /images/json', 'ImageList', ({ query, findings }) => ({
    kind: 'image.list',
    parameters: image.imageListQuery.read(query, '', findings),
  })),
  route('POST /images/create', 'ImageCreate', ({ query, header, findings }) => ({
    kind: 'image.pull',
    parameters: image.imagePullQuery.read(query, '', findings),
    registryAuth: registryAuth(header('x-registry-auth')),
  })),
  route(
    'POST /build',
    'ImageBuild',
    ({ query, header, findings }) =>
      readImageBuild(query, registryAuth(header('x-registry-config')), findings),
    { body: 'stream', repeatable: ['t'] },
  ),
  route('GET /images/{name}/json', 'ImageInspect', ({ name, query, findings }) => ({
    kind: 'image.inspect',
    image: name,
    parameters: image.imageInspectQuery.read(query, '', findings),
  })),
  route('GET /images/{name}/history', 'ImageHistory', ({ name, query, findings }) => ({
    kind: 'image.history',
    image: name,
    parameters: image.imageHistoryQuery.read(query, '', findings),
  })),
  route('DELETE /images/{name}', 'ImageDelete', ({ name, query, findings }) => ({
    kind: 'image.remove',
    image: name,
    parameters: image.imageRemoveQuery.read(query, '', findings),
  })),
  route('GET /networks', 'NetworkList', ({ query, findings }) => ({
    kind: 'network.list',
    parameters: network.networkListQuery.read(query, '', findings),
  })),
  route('GET /volumes', 'VolumeList', ({ query, findings }) => ({
    kind: 'volume.list',
    parameters: volume.volumeListQuery.read(query, '', findings),
  })),
  route('GET /networks/{id}', 'NetworkInspect', ({ name, query, findings }) => ({
    kind: 'network.inspect',
    network: name,
    parameters: network.networkInspectQuery.read(query, '', findings),
  })),
  route(
    'POST /networks/create',
    'NetworkCreate',
    withoutQuery(({ body, findings }) => network.readNetworkCreate(body, findings)),
    JSON_BODY,
  ),
  route(
    'DELETE /networks/{id}',
    'NetworkDelete',
    withoutQuery(({ name }) => ({ kind: 'network.remove', network: name })),
  ),
  route(
    'POST /networks/{id}/connect',
    'NetworkConnect',
    withoutQuery(({ name, body, findings }) => network.readNetworkConnect(name, body, findings)),
    JSON_BODY,
  ),
  route(
    'POST /networks/{id}/disconnect',
    'NetworkDisconnect',
    withoutQuery(({ name, body, findings }) => network.readNetworkDisconnect(name, body, findings)),
    JSON_BODY,
  ),
  route(
    'GET /volumes/{name}',
    'VolumeInspect',
    withoutQuery(({ name }) => ({ kind: 'volume.inspect', volume: name })),
  ),
  route(
    'POST /volumes/create',
    'VolumeCreate',
    withoutQuery(({ body, findings }) => volume.readVolumeCreate(body, findings)),
    JSON_BODY,
  ),
  route('DELETE /volumes/{name}', 'VolumeDelete', ({ name, query, findings }) => ({
    kind: 'volume.remove',
    volume: name,
    parameters: volume.volumeRemoveQuery.read(query, '', findings),
  })),
  route('POST /containers/prune', 'ContainerPrune', prune('container', 'container.prune')),
  route('POST /images/prune', 'ImagePrune', prune('image', 'image.prune')),
  route('POST /networks/prune', 'NetworkPrune', prune('network', 'network.prune')),
  route('POST /volumes/prune', 'VolumePrune', prune('volume', 'volume.prune')),
  route('POST /build/prune', 'BuildPrune', prune('build', 'build.prune')),
  route(
    'PUT /containers/{id}/archive',
    'PutContainerArchive',
    onContainer('container.archive-put', archivePutQuery),
    { body: 'stream' },
  ),
  ...REFUSED_ENDPOINTS.map(([endpoint, id, words, why, ...instead]) =>
    route(endpoint, id, () => ({ kind: 'unsupported', endpoint: id, words, why, instead }), {
      body: 'unread',
    }),
  ),
]

/** Credentials for a registry: base64url of JSON, sent on as the same letters. */
function registryAuth(header: string | undefined): string | undefined {
  if (header === undefined || header === '') return undefined
  if (!/^[A-Za-z0-9_+/=-]{1,16384}$/.test(header))
    throw new FieldError('the registry credentials are not base64')
  return header
}
