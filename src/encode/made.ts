/**
 * What a container was made with, as the body of a create (world/made.ts reads it again): what policies speak of, and nothing of
 * what may be secret. Binds are left out of that: an engine lists them. Beside it stands what was asked for, as it was written.
 */
import type { CreatePermit, NetworkMemberPermit } from '../decide/verdict.ts'
import type { LimitChanges } from '../decide/plans.ts'
import { objectOf } from '../shared/json-value.ts'
import { networking, textOfBody } from '../world/made-body.ts'
import { updateBody } from './container-update.ts'
import { hostConfig } from './container-create.ts'
import { ipamConfig } from './network.ts'

/** Of a container that is about to be made. */
export function madeBody({ operation, plan }: CreatePermit): string {
  const networks = plan.endpoints.map(({ network, fixed }) => [network, ipamConfig(fixed)] as const)
  const left = plan.labelsLeft.map((name) => [name, operation.config.Labels?.get(name)])
  const asked = { ...operation.asked, Labels: Object.fromEntries(left) }
  const mounts = plan.mounts.map((mount) =>
    mount.type === 'image' ? { ...mount, source: mount.granted } : mount,
  )
  const host = hostConfig(operation, { ...plan, mounts })
  return textOfBody(plan.granted, operation.config.Hostname, host, networks, asked)
}

/** After an update of its limits. */
export function madeAfterUpdate(text: string, changes: LimitChanges): string {
  const body = objectOf(JSON.parse(text))
  const changed = Object.entries(updateBody(changes)).filter(([, value]) => value !== undefined)
  const HostConfig = { ...objectOf(body['HostConfig']), ...Object.fromEntries(changed) }
  return JSON.stringify({ ...body, HostConfig })
}

/** After it has joined a network, or left one. */
export function madeAfterMove(text: string, { network, operation }: NetworkMemberPermit): string {
  const body = objectOf(JSON.parse(text))
  const before = Object.entries(objectOf(objectOf(body['NetworkingConfig'])['EndpointsConfig']))
  const others = before
    .filter(([other]) => other !== network.id)
    .map(([other, endpoint]) => [other, objectOf(objectOf(endpoint)['IPAMConfig'])] as const)
  const joined =
    operation.kind === 'network.connect' ? [[network.id, ipamConfig(operation.endpoint.fixed)] as const] : []
  const after = [...others, ...joined]
  return JSON.stringify({ ...body, NetworkingConfig: networking(after) })
}
