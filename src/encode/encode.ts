/** A permit to the one encoding that is sent. Nothing of the client's bytes is in it, only decoded values. */
import { requireDecided } from '../decide/permit.ts'
import type {
  EnginePermit,
  FrontendPermit,
  GraphPermit,
  Permit,
  PrunePermit,
  SolvePermit,
} from '../decide/verdict.ts'
import type { SystemDiskUsage } from '../decode/operations/system.ts'
import { createBody } from './container-create.ts'
import {
  apiPath,
  archiveRequest,
  jsonRequest,
  plainRequest,
  type EncodedRequest,
  type Parameters,
} from '../engine/encoded.ts'
import { encodeBuild } from './build.ts'
import { encodeBuildConnection } from './buildkit.ts'
import { narrowFilters } from './filters.ts'
import { encodeAboutImages } from './image.ts'
import { memberBody, networkBody } from './network.ts'
import type { Sending } from './sending.ts'
import { updateBody } from './container-update.ts'

/** A permit that stands for one request; a prune stands for several, and what is asked of BuildKit goes another way (buildkit.ts). */
export type Sendable = Exclude<Permit, PrunePermit | SolvePermit | FrontendPermit | GraphPermit>

/** Encodes the request that a permit stands for. @throws {TypeError} for what is none */
export function encode(permit: Sendable, sending: Sending): EncodedRequest {
  requireDecided(permit)
  const { clientMinor, engineMinor, labels } = sending
  switch (permit.on) {
    case 'engine':
      return encodeEngine(permit.operation.kind, clientMinor)
    case 'list':
      return encodeList(permit, clientMinor)
    case 'container list':
      return encodeContainerList(permit, clientMinor)
    case 'container':
      return encodeContainer(permit, clientMinor)
    case 'update': {
      const path = apiPath(engineMinor, ['containers', permit.container.id, 'update'])
      return jsonRequest('POST', path, updateBody(permit.changes))
    }
    case 'create': {
      const { name, platform } = permit.operation
      const query = { name, platform: platform === '' ? undefined : platform }
      return jsonRequest(
        'POST',
        apiPath(engineMinor, ['containers', 'create'], query),
        createBody(permit, labels),
      )
    }
    case 'exec create':
      return jsonRequest('POST', apiPath(engineMinor, ['containers', permit.container.id, 'exec']), {
        Cmd: permit.operation.argv,
        ...permit.operation.body,
        Env: permit.operation.body.Env?.reveal(),
      })
    case 'exec':
      return encodeExec(permit, clientMinor)
    case 'build':
      return encodeBuild(permit, engineMinor)
    case 'build connection':
      return encodeBuildConnection(permit, engineMinor)
    case 'network create':
      return jsonRequest(
        'POST',
        apiPath(engineMinor, ['networks', 'create']),
        networkBody(permit.operation, labels),
      )
    case 'network':
      return encodeNetwork(permit, clientMinor)
    case 'network member': {
      const word = permit.operation.kind === 'network.connect' ? 'connect' : 'disconnect'
      return jsonRequest(
        'POST',
        apiPath(engineMinor, ['networks', permit.network.id, word]),
        memberBody(permit),
      )
    }
    case 'volume create':
      return encodeVolumeCreate(permit, sending)
    case 'volume':
      return encodeVolume(permit, clientMinor)
    case 'image':
    case 'pull':
    case 'tag':
    case 'commit':
    case 'import':
    case 'load':
    case 'push':
    case 'save':
    case 'search':
      return encodeAboutImages(permit, sending)
  }
}

function encodeEngine(kind: EnginePermit['operation']['kind'], minor: number): EncodedRequest {
  const path = {
    'plugin.list': 'plugins',
    'system.ping': '_ping',
    'system.version': 'version',
    'system.info': 'info',
  }[kind]
  return plainRequest('GET', apiPath(minor, [path]))
}

type On<Kind extends Permit['on']> = Extract<Permit, { on: Kind }>

function encodeContainerList(
  { operation, containers, ancestors }: On<'container list'>,
  minor: number,
): EncodedRequest {
  const filters = narrowFilters(operation.parameters.filters, containers, ancestors)
  const query = { ...operation.parameters, filters, trunc_cmd: undefined }
  return plainRequest('GET', apiPath(minor, ['containers', 'json'], query))
}

function encodeList({ operation }: On<'list'>, minor: number): EncodedRequest {
  switch (operation.kind) {
    case 'image.list':
      return plainRequest(
        'GET',
        apiPath(minor, ['images', 'json'], {
          ...operation.parameters,
          filter: undefined,
          only_ids: undefined,
        }),
      )
    case 'network.list':
      return plainRequest('GET', apiPath(minor, ['networks'], operation.parameters))
    case 'volume.list':
      return plainRequest('GET', apiPath(minor, ['volumes'], operation.parameters))
    case 'system.df':
      return plainRequest('GET', apiPath(minor, ['system', 'df'], usageQuery(operation.parameters, minor)))
    case 'system.events':
      return plainRequest('GET', apiPath(minor, ['events'], operation.parameters))
  }
}

/** Since 1.52 an engine tells sums, which the gate counts anew by single things: those of images by the containers that use them. */
function usageQuery({ type }: SystemDiskUsage['parameters'], minor: number): Parameters {
  if (minor < 52) return { type }
  const containers = type?.includes('image') === true && !type.includes('container') ? ['container'] : []
  return { type: type && [...type, ...containers], verbose: true }
}

function encodeContainer({ operation, container }: On<'container'>, minor: number): EncodedRequest {
  const on = (word: string): readonly string[] => ['containers', container.id, word]
  switch (operation.kind) {
    case 'container.inspect':
      return plainRequest('GET', apiPath(minor, on('json'), operation.parameters))
    case 'container.logs':
    case 'container.stats':
    case 'container.top':
      return plainRequest('GET', apiPath(minor, on(wordOf(operation.kind)), operation.parameters))
    case 'container.remove':
      return plainRequest('DELETE', apiPath(minor, ['containers', container.id], operation.parameters))
    case 'container.archive-put':
      return archiveRequest('PUT', apiPath(minor, on('archive'), operation.parameters))
    case 'container.archive-get':
      return plainRequest('GET', apiPath(minor, on('archive'), operation.parameters))
    case 'container.archive-stat':
      return plainRequest('HEAD', apiPath(minor, on('archive'), operation.parameters))
    case 'container.export':
    case 'container.changes':
      return plainRequest('GET', apiPath(minor, on(wordOf(operation.kind))))
    case 'container.attach-ws': {
      const headers = {
        Connection: 'Upgrade',
        Upgrade: 'websocket',
        'Sec-WebSocket-Key': operation.key,
        'Sec-WebSocket-Version': '13',
      }
      return plainRequest('GET', apiPath(minor, on('attach/ws'), operation.parameters)).with(headers)
    }
    case 'container.attach': {
      const request = plainRequest('POST', apiPath(minor, on('attach'), operation.parameters))
      return request.with({ Connection: 'Upgrade', Upgrade: 'tcp' })
    }
    case 'container.kill':
    case 'container.pause':
    case 'container.rename':
    case 'container.resize':
    case 'container.restart':
    case 'container.start':
    case 'container.stop':
    case 'container.unpause':
    case 'container.wait':
      return plainRequest('POST', apiPath(minor, on(wordOf(operation.kind)), operation.parameters))
  }
}

/** The path's word is the operation's own: `container.stop` is /containers/{id}/stop. */
function wordOf(kind: string): string {
  return kind.slice(kind.indexOf('.') + 1)
}

function encodeVolumeCreate(
  { operation: { name, labels: own } }: On<'volume create'>,
  { engineMinor, labels }: Sending,
): EncodedRequest {
  const body = { Name: name, Driver: 'local', Labels: { ...Object.fromEntries(own), ...labels } }
  return jsonRequest('POST', apiPath(engineMinor, ['volumes', 'create']), body)
}

function encodeVolume({ operation }: On<'volume'>, minor: number): EncodedRequest {
  const path = ['volumes', operation.volume]
  return operation.kind === 'volume.inspect'
    ? plainRequest('GET', apiPath(minor, path))
    : plainRequest('DELETE', apiPath(minor, path, operation.parameters))
}

function encodeNetwork({ operation, network }: On<'network'>, minor: number): EncodedRequest {
  return operation.kind === 'network.inspect'
    ? plainRequest('GET', apiPath(minor, ['networks', network.id], operation.parameters))
    : plainRequest('DELETE', apiPath(minor, ['networks', network.id]))
}

function encodeExec({ operation }: On<'exec'>, minor: number): EncodedRequest {
  switch (operation.kind) {
    case 'exec.inspect':
      return plainRequest('GET', apiPath(minor, ['exec', operation.exec, 'json']))
    case 'exec.resize':
      return plainRequest('POST', apiPath(minor, ['exec', operation.exec, 'resize'], operation.parameters))
    case 'exec.start': {
      const request = jsonRequest('POST', apiPath(minor, ['exec', operation.exec, 'start']), operation.body)
      if (operation.body.Detach === true) return request
      return request.with({ Connection: 'Upgrade', Upgrade: 'tcp' })
    }
  }
}

/** Whether a permit stands for one request. */
export function isSendable(permit: Permit): permit is Sendable {
  return !['prune', 'solve', 'frontend', 'graph'].includes(permit.on)
}
