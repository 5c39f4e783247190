/** Endpoints about containers, and about programs that are started in them. */
import { record, rewritten } from '../fields.ts'
import { archiveGetQuery, archivePutQuery } from '../operations/archive.ts'
import {
  attachWebSocketQuery,
  handshakeHeaders,
  readAttachWebSocket,
} from '../operations/attach-websocket.ts'
import { commitBody, commitQuery, readCommit } from '../operations/commit.ts'
import * as container from '../operations/container.ts'
import { containerCreateBody } from '../operations/container-create-body.ts'
import { containerCreateQuery, readContainerCreate } from '../operations/container-create.ts'
import { containerUpdateBody } from '../operations/container-update.ts'
import * as exec from '../operations/exec.ts'
import { containerReference, noFields } from '../parts.ts'
import { NOTHING, onContainer, plain, prune, route, takes, unnamed, type Route } from './route.ts'

/** Whether the client asks to take over the connection. */
const upgrade = record({
  Upgrade: rewritten(() => true, 'the connection is taken over; what goes to the engine asks for it anew'),
})

export const CONTAINER_ROUTES: readonly Route[] = [
  route('GET /containers/json', 'ContainerList', unnamed('container.list', container.listQuery)),
  route(
    'POST /containers/create',
    'ContainerCreate',
    takes(
      'container.create',
      { ...NOTHING, query: containerCreateQuery, body: containerCreateBody },
      ({ parameters, body, findings }) => readContainerCreate(body, parameters, findings),
    ),
  ),
  route(
    'GET /containers/{id}/json',
    'ContainerInspect',
    onContainer('container.inspect', container.inspectQuery),
  ),
  route('GET /containers/{id}/logs', 'ContainerLogs', onContainer('container.logs', container.logsQuery)),
  route('GET /containers/{id}/stats', 'ContainerStats', onContainer('container.stats', container.statsQuery)),
  route('GET /containers/{id}/top', 'ContainerTop', onContainer('container.top', container.topQuery)),
  route(
    'POST /containers/{id}/start',
    'ContainerStart',
    onContainer('container.start', container.startQuery),
  ),
  route('POST /containers/{id}/stop', 'ContainerStop', onContainer('container.stop', container.stopQuery)),
  route(
    'POST /containers/{id}/restart',
    'ContainerRestart',
    onContainer('container.restart', container.stopQuery),
  ),
  route('POST /containers/{id}/kill', 'ContainerKill', onContainer('container.kill', container.killQuery)),
  route('POST /containers/{id}/pause', 'ContainerPause', onContainer('container.pause', noFields)),
  route('POST /containers/{id}/unpause', 'ContainerUnpause', onContainer('container.unpause', noFields)),
  route('POST /containers/{id}/wait', 'ContainerWait', onContainer('container.wait', container.waitQuery)),
  route(
    'POST /containers/{id}/resize',
    'ContainerResize',
    onContainer('container.resize', container.resizeQuery),
  ),
  route(
    'POST /containers/{id}/rename',
    'ContainerRename',
    onContainer('container.rename', container.renameQuery),
  ),
  route(
    'POST /containers/{id}/update',
    'ContainerUpdate',
    takes('container.update', { ...NOTHING, body: containerUpdateBody }, ({ name, body }) => ({
      kind: 'container.update',
      container: containerReference(name),
      changes: body,
    })),
  ),
  route('DELETE /containers/{id}', 'ContainerDelete', onContainer('container.remove', container.removeQuery)),
  route(
    'POST /containers/{id}/attach',
    'ContainerAttach',
    takes(
      'container.attach',
      { ...NOTHING, query: container.attachQuery, headers: upgrade },
      ({ name, parameters, headers }) => ({
        kind: 'container.attach',
        container: containerReference(name),
        parameters,
        upgrade: headers.Upgrade ?? false,
      }),
    ),
    { content: 'hijack', takesOver: 'tcp' },
  ),
  route(
    'GET /containers/{id}/attach/ws',
    'ContainerAttachWebsocket',
    takes(
      'container.attach-ws',
      { ...NOTHING, query: attachWebSocketQuery, headers: handshakeHeaders },
      readAttachWebSocket,
    ),
    { takesOver: 'websocket' },
  ),
  route(
    'POST /containers/{id}/exec',
    'ContainerExec',
    takes('container.exec', { ...NOTHING, body: exec.execCreateBody }, ({ name, body }) =>
      exec.readContainerExec(containerReference(name), body),
    ),
  ),
  route(
    'POST /exec/{id}/start',
    'ExecStart',
    takes('exec.start', { ...NOTHING, body: exec.execStartBody, headers: upgrade }, ({ name, body }) => ({
      kind: 'exec.start',
      exec: name,
      body,
    })),
    { takesOver: 'tcp' },
  ),
  route(
    'GET /exec/{id}/json',
    'ExecInspect',
    takes('exec.inspect', NOTHING, ({ name }) => ({ kind: 'exec.inspect', exec: name })),
  ),
  route(
    'POST /exec/{id}/resize',
    'ExecResize',
    plain('exec.resize', exec.execResizeQuery, (name) => ({ exec: name })),
  ),
  route('POST /containers/prune', 'ContainerPrune', prune('container')),
  route(
    'PUT /containers/{id}/archive',
    'PutContainerArchive',
    onContainer('container.archive-put', archivePutQuery),
    { content: 'stream' },
  ),
  route(
    'GET /containers/{id}/archive',
    'ContainerArchive',
    onContainer('container.archive-get', archiveGetQuery),
  ),
  route(
    'HEAD /containers/{id}/archive',
    'ContainerArchiveInfo',
    onContainer('container.archive-stat', archiveGetQuery),
  ),
  route('GET /containers/{id}/export', 'ContainerExport', onContainer('container.export', noFields)),
  route('GET /containers/{id}/changes', 'ContainerChanges', onContainer('container.changes', noFields)),
  route(
    'POST /commit',
    'ImageCommit',
    takes('container.commit', { ...NOTHING, query: commitQuery, body: commitBody }, readCommit),
    { repeatable: ['changes'] },
  ),
]
