/** An image's configuration in an archive: what of it would be carried out unseen, come too often, or fill an engine's lists. */
import { MOST_LABELS, OWN_LABELS } from '../shared/labels.ts'
import { FieldError, isEmpty } from './fields.ts'
import { foldKey, parseJson, type Json, type JsonObject } from './json.ts'
import { isGuarded } from './operations/guarded.ts'
import { MOST_MOUNTS } from './operations/mounts.ts'
import { MOST_CHECK, MOST_TEXTS, SHORTEST_INTERVAL } from './operations/container-create.ts'

interface ImageConfig {
  /** What an image may not have; undefined where there is nothing. */
  readonly wrong: string | undefined
  /** Characters of its labels. */
  readonly labels: number
  /** Digests of its layers, unpacked, by which an engine finds those that it has. */
  readonly diffIds: readonly string[]
}

/** Reads a configuration, however its keys are spelt. @throws {FieldError | JsonError} */
export function readConfig(content: Buffer): ImageConfig {
  const config = parseJson(content, { folded: true })
  if (!(config instanceof Map)) throw new FieldError('the configuration of an image must be an object')
  const parts = [...config.values()].filter((part) => part instanceof Map)
  return {
    wrong: parts.map(wrongPart).find((wrong) => wrong !== undefined),
    labels: parts.reduce((sum, part) => sum + labelsOf(part), 0),
    diffIds: diffIdsOf(config),
  }
}

/**
 * What is wrong with the configuration of an image that a build has made: labels of the gate's, and what no image may have. Instructions
 * for later builds are carried out in the open there. @throws {FieldError | JsonError}
 */
export function wrongInBuilt(content: Buffer): readonly string[] {
  const config = parseJson(content, { folded: true })
  if (!(config instanceof Map)) throw new FieldError('the configuration of an image must be an object')
  const parts = [...config.values()].filter((part) => part instanceof Map)
  const withoutTriggers = parts.map(
    (part) => new Map([...part].filter(([name]) => foldKey(name) !== 'onbuild')),
  )
  return [
    ...withoutTriggers.flatMap((part) => wrongPart(part) ?? []),
    ...parts.flatMap((part) => labelNames(part)).filter((name) => name.toLowerCase().startsWith(OWN_LABELS)),
  ]
}

function labelNames(part: JsonObject): readonly string[] {
  return [...part].flatMap(([name, value]) =>
    foldKey(name) === 'labels' && value instanceof Map ? [...value.keys()] : [],
  )
}

/** @throws {FieldError} */
function diffIdsOf(config: JsonObject): readonly string[] {
  const rootfs = valueOf(config, 'rootfs') ?? null
  if (rootfs === null) return []
  const ids = rootfs instanceof Map ? (valueOf(rootfs, 'diff_ids') ?? []) : undefined
  if (!Array.isArray(ids))
    throw new FieldError('rootfs.diff_ids of a configuration must be a list of digests')
  return ids.map((id: Json) => {
    if (typeof id === 'string' && DIGEST.test(id)) return id
    throw new FieldError('rootfs.diff_ids of a configuration must be digests of SHA-256')
  })
}

const DIGEST = /^sha256:[0-9a-f]{64}$/

/** What Go takes for the value of a key. */
function valueOf(object: JsonObject, key: string): Json | undefined {
  const written = [...object.keys()].find((each) => foldKey(each) === key)
  return written === undefined ? undefined : object.get(written)
}

function labelsOf(part: JsonObject): number {
  return [...part].reduce((sum, [name, value]) => sum + (foldKey(name) === 'labels' ? lengthOf(value) : 0), 0)
}

/** A part is what a container has (`config`), or something else that is looked at in the same way. */
function wrongPart(part: JsonObject): string | undefined {
  if (lengthOf(part) > MOST_TEXTS) return `a configuration of more than ${MOST_TEXTS} characters`
  for (const [name, value] of part) {
    const key = foldKey(name)
    // It would be carried out unseen in a later build.
    if (key === 'onbuild' && !isEmpty(value)) return 'ONBUILD instructions'
    if (key === 'labels' && lengthOf(value) > MOST_LABELS)
      return `labels of more than ${MOST_LABELS} characters`
    // An engine makes a volume of each for every container.
    if (key === 'volumes' && value instanceof Map && value.size > MOST_MOUNTS)
      return `more than ${MOST_MOUNTS} volumes`
    if (key === 'volumes' && value instanceof Map && [...value.keys()].some(isGuarded))
      return 'a volume at /dev, /proc or /sys'
    if (key === 'healthcheck' && value instanceof Map) {
      if (lengthOf(value) > MOST_CHECK) return `a health check of more than ${MOST_CHECK} characters`
      if ([...value].some(isTooShort)) return 'a health check more than once a second'
    }
  }
  return undefined
}

/** An engine makes no pause at all for a negative one. */
function isTooShort([name, value]: readonly [string, Json]): boolean {
  const isInterval = ['interval', 'startinterval'].includes(foldKey(name))
  return isInterval && typeof value === 'number' && value !== 0 && value < SHORTEST_INTERVAL
}

/** Characters of all texts in a value, keys among them. */
function lengthOf(value: Json): number {
  if (typeof value === 'string') return value.length
  if (Array.isArray(value)) return value.reduce<number>((sum, item: Json) => sum + lengthOf(item), 0)
  if (!(value instanceof Map)) return 0
  return [...value].reduce((sum, [name, item]) => sum + name.length + lengthOf(item), 0)
}
