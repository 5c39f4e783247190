/** Endpoints about networks and volumes. */
import * as network from '../operations/network.ts'
import * as volume from '../operations/volume.ts'
import { NOTHING, plain, prune, route, takes, unnamed, type Route } from './route.ts'

export const NETWORK_ROUTES: readonly Route[] = [
  route('GET /networks', 'NetworkList', unnamed('network.list', network.listQuery)),
  route('GET /volumes', 'VolumeList', unnamed('volume.list', volume.listQuery)),
  route(
    'GET /networks/{id}',
    'NetworkInspect',
    plain('network.inspect', network.inspectQuery, (name) => ({ network: name })),
  ),
  route(
    'POST /networks/create',
    'NetworkCreate',
    takes('network.create', { ...NOTHING, body: network.createBody }, network.readNetworkCreate),
  ),
  route(
    'DELETE /networks/{id}',
    'NetworkDelete',
    takes('network.remove', NOTHING, ({ name }) => ({ kind: 'network.remove', network: name })),
  ),
  route(
    'POST /networks/{id}/connect',
    'NetworkConnect',
    takes('network.connect', { ...NOTHING, body: network.connectBody }, network.readNetworkConnect),
  ),
  route(
    'POST /networks/{id}/disconnect',
    'NetworkDisconnect',
    takes('network.disconnect', { ...NOTHING, body: network.disconnectBody }, network.readNetworkDisconnect),
  ),
  route(
    'GET /volumes/{name}',
    'VolumeInspect',
    takes('volume.inspect', NOTHING, ({ name }) => ({ kind: 'volume.inspect', volume: name })),
  ),
  route(
    'POST /volumes/create',
    'VolumeCreate',
    takes('volume.create', { ...NOTHING, body: volume.createBody }, volume.readVolumeCreate),
  ),
  route(
    'DELETE /volumes/{name}',
    'VolumeDelete',
    plain('volume.remove', volume.removeQuery, (name) => ({ volume: name })),
  ),
  route('POST /networks/prune', 'NetworkPrune', prune('network')),
  route('POST /volumes/prune', 'VolumePrune', prune('volume')),
]
