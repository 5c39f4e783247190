/** Endpoints about containers, and about programs that are started in them. */
import { archiveGetQuery, archivePutQuery } from '../operations/archive.ts'
import { HANDSHAKE_HEADERS, readAttachWebSocket } from '../operations/attach-websocket.ts'
import { readCommit } from '../operations/commit.ts'
import * as container from '../operations/container.ts'
import { containerCreateQuery, readContainerCreate } from '../operations/container-create.ts'
import { containerUpdateQuery, readContainerUpdate } from '../operations/container-update.ts'
import { execResizeQuery, readContainerExec, readExecStart } from '../operations/exec.ts'
import { containerReference } from '../parts.ts'
import { JSON_BODY, onContainer, prune, route, withoutQuery, type Route } from './route.ts'
export const CONTAINER_ROUTES: readonly Route[] = [
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
    { body: 'hijack', takesOver: 'tcp' },
  ),
  route('GET /containers/{id}/attach/ws', 'ContainerAttachWebsocket', readAttachWebSocket, {
    takesOver: 'websocket',
    headers: HANDSHAKE_HEADERS,
  }),
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
      takesOver: 'tcp',
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
  route('POST /containers/prune', 'ContainerPrune', prune('container', 'container.prune')),
  route(
    'PUT /containers/{id}/archive',
    'PutContainerArchive',
    onContainer('container.archive-put', archivePutQuery),
    { body: 'stream' },
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
  route('GET /containers/{id}/export', 'ContainerExport', onContainer('container.export', container.noQuery)),
  route(
    'GET /containers/{id}/changes',
    'ContainerChanges',
    onContainer('container.changes', container.noQuery),
  ),
  route('POST /commit', 'ImageCommit', readCommit, { body: 'json', repeatable: ['changes'] }),
]
