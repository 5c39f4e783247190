/** Endpoints about networks and volumes. */
import * as network from '../operations/network.ts'
import * as volume from '../operations/volume.ts'
import { JSON_BODY, prune, route, withoutQuery, type Route } from './route.ts'
export const NETWORK_ROUTES: readonly Route[] = [
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
  route('POST /networks/prune', 'NetworkPrune', prune('network', 'network.prune')),
  route('POST /volumes/prune', 'VolumePrune', prune('volume', 'volume.prune')),
]
