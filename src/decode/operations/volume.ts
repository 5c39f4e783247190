/** What is asked of volumes: plain local ones. */
import { dictionary, FieldError, forwarded, limited, record, refused, text, type Read } from '../fields.ts'
import type { Given } from '../parts.ts'
import { queryFilters, queryFlag, type ByWords } from '../query.ts'

export const listQuery = record({
  filters: forwarded(queryFilters(['dangling', 'driver', 'label', 'name'])),
})
export interface VolumeList extends ByWords {
  readonly kind: 'volume.list'
  readonly parameters: Read<typeof listQuery>
}

const PLAIN = 'volumes here are plain local ones: drivers and their options can mount the host'

export const createBody = record({
  ClusterVolumeSpec: refused("it needs Docker's swarm mode"),
  Driver: refused(PLAIN, ['local']),
  DriverOpts: refused(PLAIN, [], 'a bind mount under run.binds'),
  Labels: dictionary(forwarded(text)),
  Name: limited(text, "free, or the worker's own"),
})
export interface VolumeCreate {
  readonly kind: 'volume.create'
  /** The name, or undefined where the engine is to give one. */
  readonly name: string | undefined
  readonly labels: ReadonlyMap<string, string>
}

export interface VolumeInspect {
  readonly kind: 'volume.inspect'
  readonly volume: string
}

export const removeQuery = record({ force: forwarded(queryFlag) })
export interface VolumeRemove {
  readonly kind: 'volume.remove'
  readonly volume: string
  readonly parameters: Read<typeof removeQuery>
}

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,254}$/

/** @throws {FieldError} for a name that no volume can have */
export function readVolumeCreate({ body }: Given<unknown, Read<typeof createBody>>): VolumeCreate {
  const { Name: name = '', Labels: labels = new Map() } = body
  return { kind: 'volume.create', name: volumeName(name === '' ? undefined : name, 'Name'), labels }
}

/** A volume's name as engines accept it (moby, volume/names), or undefined for an anonymous one. */
export function volumeName(name: string | undefined, at: string): string | undefined {
  if (name === undefined || name === '') return undefined
  if (!NAME.test(name)) throw new FieldError(`${at}: ${JSON.stringify(name)} is not a volume name`)
  return name
}
