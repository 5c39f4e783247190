/**
 * What each endpoint that is decoded takes: the very descriptions that its decoder reads by, for the reference and for the
 * tests that walk the engine's own tables. test/engine-api/ checks that the decoders do read by them.
 */
import { forwarded, record, refused, rewritten, type Field } from './fields.ts'
import type { OperationKind } from './operation.ts'
import { archiveGetQuery, archivePutQuery } from './operations/archive.ts'
import { attachWebSocketQuery, HANDSHAKE_HEADERS } from './operations/attach-websocket.ts'
import { buildQuery } from './operations/build.ts'
import { commitBody, commitQuery } from './operations/commit.ts'
import { containerCreateBody } from './operations/container-create-body.ts'
import { containerCreateQuery } from './operations/container-create.ts'
import { containerUpdateBody, containerUpdateQuery } from './operations/container-update.ts'
import * as container from './operations/container.ts'
import { execCreateBody, execResizeQuery, execStartBody } from './operations/exec.ts'
import * as image from './operations/image.ts'
import * as transfer from './operations/image-transfer.ts'
import * as network from './operations/network.ts'
import { pruneQuery } from './operations/prune.ts'
import { diskUsageQuery, eventsQuery } from './operations/system.ts'
import * as volume from './operations/volume.ts'

export interface Description {
  readonly kind: OperationKind
  readonly query: Field<unknown>
  /** Of a JSON body; undefined where there is none. */
  readonly body?: Field<unknown>
  readonly headers?: Field<unknown>
}

const nothing = container.noQuery
const opaque = (value: unknown): unknown => value

/** Credentials are the one header that goes on to the engine. */
const credentials = forwarded(opaque)
const tcp = rewritten(opaque, 'the connection is taken over; what goes to the engine asks for it anew')
const handshake = rewritten(opaque, 'the handshake with the engine is made anew')
const contextType = rewritten(opaque, 'sent as application/x-tar')

/** An import is asked for at the endpoint of pulls. */
export const IMPORT = 'POST /images/create?fromSrc=-'

export const DESCRIBED: Readonly<Record<string, Description>> = {
  'GET /_ping': { kind: 'system.ping', query: nothing },
  'HEAD /_ping': { kind: 'system.ping', query: nothing },
  'GET /version': { kind: 'system.version', query: nothing },
  'GET /info': { kind: 'system.info', query: nothing },
  'GET /system/df': { kind: 'system.df', query: diskUsageQuery },
  'GET /events': { kind: 'system.events', query: eventsQuery },
  'GET /containers/json': { kind: 'container.list', query: container.containerListQuery },
  'POST /containers/create': {
    kind: 'container.create',
    query: containerCreateQuery,
    body: containerCreateBody,
  },
  'GET /containers/{id}/json': { kind: 'container.inspect', query: container.containerInspectQuery },
  'GET /containers/{id}/logs': { kind: 'container.logs', query: container.containerLogsQuery },
  'GET /containers/{id}/stats': { kind: 'container.stats', query: container.containerStatsQuery },
  'GET /containers/{id}/top': { kind: 'container.top', query: container.containerTopQuery },
  'POST /containers/{id}/start': { kind: 'container.start', query: container.containerStartQuery },
  'POST /containers/{id}/stop': { kind: 'container.stop', query: container.containerStopQuery },
  'POST /containers/{id}/restart': { kind: 'container.restart', query: container.containerStopQuery },
  'POST /containers/{id}/kill': { kind: 'container.kill', query: container.containerKillQuery },
  'POST /containers/{id}/pause': { kind: 'container.pause', query: nothing },
  'POST /containers/{id}/unpause': { kind: 'container.unpause', query: nothing },
  'POST /containers/{id}/wait': { kind: 'container.wait', query: container.containerWaitQuery },
  'POST /containers/{id}/resize': { kind: 'container.resize', query: container.containerResizeQuery },
  'POST /containers/{id}/rename': { kind: 'container.rename', query: container.containerRenameQuery },
  'POST /containers/{id}/update': {
    kind: 'container.update',
    query: containerUpdateQuery,
    body: containerUpdateBody,
  },
  'DELETE /containers/{id}': { kind: 'container.remove', query: container.containerRemoveQuery },
  'POST /containers/{id}/attach': {
    kind: 'container.attach',
    query: container.containerAttachQuery,
    headers: record({ Upgrade: tcp }),
  },
  'GET /containers/{id}/attach/ws': {
    kind: 'container.attach-ws',
    query: attachWebSocketQuery,
    headers: record({
      ...Object.fromEntries(HANDSHAKE_HEADERS.map((name) => [name, handshake])),
      origin: refused('a web page is not to type into a container'),
    }),
  },
  'GET /containers/{id}/archive': { kind: 'container.archive-get', query: archiveGetQuery },
  'HEAD /containers/{id}/archive': { kind: 'container.archive-stat', query: archiveGetQuery },
  'PUT /containers/{id}/archive': { kind: 'container.archive-put', query: archivePutQuery },
  'GET /containers/{id}/export': { kind: 'container.export', query: nothing },
  'GET /containers/{id}/changes': { kind: 'container.changes', query: nothing },
  'POST /commit': { kind: 'container.commit', query: commitQuery, body: commitBody },
  'POST /containers/{id}/exec': { kind: 'container.exec', query: nothing, body: execCreateBody },
  'POST /exec/{id}/start': {
    kind: 'exec.start',
    query: nothing,
    body: execStartBody,
    headers: record({ Upgrade: tcp }),
  },
  'GET /exec/{id}/json': { kind: 'exec.inspect', query: nothing },
  'POST /exec/{id}/resize': { kind: 'exec.resize', query: execResizeQuery },
  'GET /images/json': { kind: 'image.list', query: image.imageListQuery },
  'POST /images/create': {
    kind: 'image.pull',
    query: image.imagePullQuery,
    headers: record({ 'X-Registry-Auth': credentials }),
  },
  // The same endpoint, where a query begins so, is another right.
  [IMPORT]: { kind: 'image.import', query: transfer.imageImportQuery },
  'POST /images/{name}/tag': { kind: 'image.tag', query: transfer.imageTagQuery },
  'POST /images/{name}/push': {
    kind: 'image.push',
    query: transfer.imagePushQuery,
    headers: record({ 'X-Registry-Auth': credentials }),
  },
  'GET /images/{name}/get': { kind: 'image.save', query: transfer.imageSaveQuery },
  'GET /images/get': { kind: 'image.save', query: transfer.imageSaveQuery },
  'POST /images/load': { kind: 'image.load', query: transfer.imageLoadQuery },
  'GET /images/search': {
    kind: 'image.search',
    query: transfer.imageSearchQuery,
    headers: record({ 'X-Registry-Auth': credentials }),
  },
  'POST /build': {
    kind: 'image.build',
    query: buildQuery,
    headers: record({ 'X-Registry-Config': credentials, 'Content-type': contextType }),
  },
  'GET /images/{name}/json': { kind: 'image.inspect', query: image.imageInspectQuery },
  'GET /images/{name}/history': { kind: 'image.history', query: image.imageHistoryQuery },
  'DELETE /images/{name}': { kind: 'image.remove', query: image.imageRemoveQuery },
  'GET /networks': { kind: 'network.list', query: network.networkListQuery },
  'GET /networks/{id}': { kind: 'network.inspect', query: network.networkInspectQuery },
  'POST /networks/create': { kind: 'network.create', query: nothing, body: network.networkCreateBody },
  'DELETE /networks/{id}': { kind: 'network.remove', query: nothing },
  'POST /networks/{id}/connect': {
    kind: 'network.connect',
    query: nothing,
    body: network.networkConnectBody,
  },
  'POST /networks/{id}/disconnect': {
    kind: 'network.disconnect',
    query: nothing,
    body: network.networkDisconnectBody,
  },
  'GET /volumes': { kind: 'volume.list', query: volume.volumeListQuery },
  'GET /volumes/{name}': { kind: 'volume.inspect', query: nothing },
  'POST /volumes/create': { kind: 'volume.create', query: nothing, body: volume.volumeCreateBody },
  'DELETE /volumes/{name}': { kind: 'volume.remove', query: volume.volumeRemoveQuery },
  'POST /containers/prune': { kind: 'container.prune', query: pruneQuery('container') },
  'POST /images/prune': { kind: 'image.prune', query: pruneQuery('image') },
  'POST /networks/prune': { kind: 'network.prune', query: pruneQuery('network') },
  'POST /volumes/prune': { kind: 'volume.prune', query: pruneQuery('volume') },
  'POST /build/prune': { kind: 'build.prune', query: pruneQuery('build') },
}
