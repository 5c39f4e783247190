/** Volumes that an engine made for a container without a name: of an image's VOLUME, or of `-v /data`. It names them itself. */
import { listOf, objectOf, textOf, type Unknown } from '../shared/json-value.ts'

/** Whether a name may be one that an engine gave. */
export function isNamedByEngine(name: string): boolean {
  return /^[0-9a-f]{64}$/.test(name)
}

/** Names of those that a container may have: in a list, or inspected. */
export function unnamedVolumes(container: Unknown): readonly string[] {
  const volumes = listOf(container['Mounts'])
    .map(objectOf)
    .filter(({ Type }) => Type === 'volume')
  return volumes.map(({ Name }) => textOf(Name)).filter(isNamedByEngine)
}
