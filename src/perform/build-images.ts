/**
 * The images that a build takes from: the gate brings them itself, looks into those that stages begin with, and puts their ids
 * into the Dockerfile. Instructions for later builds (ONBUILD) would be carried out unseen.
 */
import {
  familiar,
  familiarReference,
  fullReference,
  storedReference,
  type ImageReference,
} from '../decode/reference.ts'
import { askForImage } from '../engine/questions/images.ts'
import { LONGEST_VALUE } from '../decode/operations/build.ts'
import { isGuarded } from '../decode/operations/guarded.ts'
import { MOST_MOUNTS } from '../decode/operations/mounts.ts'
import type { CheckedText } from './build-context.ts'
import type { Gate } from '../gate.ts'
import { checkDockerfile, type BuildOptions, type CheckedDockerfile } from '../decide/dockerfile/check.ts'
import type { From } from '../decide/dockerfile/from.ts'
import { MOST_LISTED_LABELS } from '../decide/dockerfile/lengths.ts'
import { isPlainPort, MOST_EXPOSED } from '../decide/dockerfile/ports.ts'
import { writeDockerfile } from '../decide/dockerfile/write.ts'
import { planBasePull } from '../decide/image-build.ts'
import type { Violation } from '../decide/refuse.ts'
import type { BuildPermit } from '../decide/verdict.ts'
import { spaceOf } from '../policy/space.ts'
import { isHidden } from '../resolve/images.ts'
import { ownImage } from '../resolve/own-images.ts'
import type { DockerRight } from '../rights/docker-call.ts'
import { splitLines } from '../world/lines.ts'
import { encode } from '../encode/encode.ts'
import { atOnce } from '../schedule/at-once.ts'
import type { Share } from '../schedule/scheduler.ts'
import { either } from '../shared/ending.ts'
import { listOf, objectOf, textOf, textsOf } from '../shared/json-value.ts'
import { labelsLength, MOST_LABELS } from '../shared/labels.ts'
import type { Change } from '../record/store.ts'
import { NewImages } from '../settle/images.ts'
import { pulledName } from '../settle/image-operations.ts'
import { givePulled, pinned } from './pull.ts'

/** An image could not be pulled: no refusal, but the build can't go on. */
export class PullFailed extends Error {
  override readonly name = 'PullFailed'
  /** Of the reply. */
  readonly status: number

  constructor(image: string, why: string, status: number) {
    super(`${image} can't be pulled for the build: ${why}`)
    this.status = status
  }
}

interface Found {
  readonly id: string
  /** `linux/arm64/v8` */
  readonly platform: string
  readonly hasTriggers: boolean
  /** Characters of its longest variable, and of its labels together. */
  readonly longestVariable: number
  readonly labels: number
  readonly volumes: number
  /** A volume in a place that a runtime guards. */
  readonly guarded: string | undefined
  readonly ports: number
  /** Names of its variables that are no plain ports. */
  readonly variables: ReadonlySet<string>
}

/** Milliseconds for all pulls of a build. */
const PULL_LIMIT = 30 * 60_000

export class BuildImages {
  readonly #permit: BuildPermit
  readonly #call: BuildCall
  /** By name in full and platform, so that all stages get the same. */
  readonly #found = new Map<string, Found>()
  #pinning: Promise<CheckedText> | undefined

  constructor(call: BuildCall, permit: BuildPermit) {
    this.#call = call
    this.#permit = permit
  }

  /** Checks a Dockerfile and gives it with ids. @throws {PullFailed} @throws {EngineUnavailable} */
  pin(dockerfile: string): Promise<CheckedText> {
    this.#pinning = this.#pin(dockerfile)
    return this.#pinning
  }

  /** Resolves when nothing is under way any more; whoever asked for it is told how it ended. */
  async idle(): Promise<void> {
    await Promise.allSettled([this.#pinning])
  }

  async #pin(dockerfile: string): Promise<CheckedText> {
    const { operation } = this.#permit
    const { right, share } = this.#call
    const options = {
      buildArgs: operation.buildArgs,
      target: operation.parameters.target ?? '',
      own: await this.#ownImages(),
    }
    const check = (images: readonly string[]) => checkDockerfile(dockerfile, images, options)
    // Before anything is waited for: a policy that comes into force meanwhile is asked too.
    right.alsoHolds(({ docker }) => atOnce(check(docker.run.images)).violations)
    const checked = await share.run(check(right.worker.docker.run.images))
    if (checked.violations.length > 0) return { violations: checked.violations, dockerfile }
    const { ids, copied, violations } = await this.#bring(checked)
    this.#call.begun(ids.values())
    const written = writeDockerfile(checked.instructions, ids, copied, right.worker.name)
    return { violations, dockerfile: written }
  }

  /** Where the client asks for what registries have, its own images are not looked at, as those of an engine are not. */
  async #ownImages(): Promise<BuildOptions['own']> {
    const { gate, right } = this.#call
    if (this.#permit.operation.parameters.pull === true) return undefined
    const known = { images: await gate.sight.whenKnown(), ownership: gate.ownership }
    return (reference) => ownImage(known, right.worker, reference)
  }

  async #bring({ instructions, copied, exposed }: CheckedDockerfile) {
    const late = AbortSignal.timeout(PULL_LIMIT)
    const ids = new Map<From, string>()
    const violations: Violation[] = []
    const all = this.#permit.operation.parameters.platform || undefined
    for (const from of instructions) {
      if (from.kind !== 'from' || from.image === undefined) continue
      const platform = from.platform ?? all
      const found = await this.#find(from.image, platform, late)
      violations.push(...violationsOf(from.image, platform, found, instructions.length, exposed))
      ids.set(from, found.id)
    }
    // Nothing in these is carried out, so what is in them does not matter.
    const found = new Map<string, string>()
    if (violations.length === 0)
      for (const image of copied) found.set(fullReference(image), (await this.#find(image, all, late)).id)
    return { ids, copied: found, violations }
  }

  /** An image that is here, or that was pulled: where the client asks for it, or it is missing or of another platform. */
  async #find(image: ImageReference, platform: string | undefined, late: AbortSignal): Promise<Found> {
    const key = `${fullReference(image)} ${platform ?? ''}`
    const known = this.#found.get(key)
    if (known !== undefined) return known
    const isPulled = this.#permit.operation.parameters.pull === true
    let found = isPulled ? undefined : await this.#here(image)
    // No registry has one of the worker's own.
    const isOwn = spaceOf(this.#call.right.worker).images.holds(image.name)
    if (!isOwn && (found === undefined || !isFor(found, platform)))
      found = await this.#inspect(familiar(await this.#pull(image, platform, late)))
    if (found === undefined)
      throw new PullFailed(
        familiarReference(image),
        isOwn ? 'it is gone' : 'it was pulled, and is gone again',
        404,
      )
    this.#found.set(key, found)
    return found
  }

  /** What has that name here. What another worker pushes, when the engine is asked or has answered, is not there for others. */
  async #here(image: ImageReference): Promise<Found | undefined> {
    const { gate, right } = this.#call
    const isAnothers = (): boolean => isHidden(gate.ownership, right.worker.name, storedReference(image))
    const found = isAnothers() ? undefined : await this.#inspect(familiarReference(image))
    return isAnothers() ? undefined : found
  }

  async #inspect(image: string): Promise<Found | undefined> {
    const { right, minor } = this.#call
    const asked = await askForImage(right.engine, minor, image, right.untilGone())
    if (asked.status === 404) return undefined
    if (asked.status !== 200) throw new PullFailed(image, asked.message, asked.status)
    const body = asked.image
    const { OnBuild, Env, Labels, Volumes, ExposedPorts } = objectOf(body['Config'])
    return {
      id: textOf(body['Id']),
      platform: [body['Os'], body['Architecture'], body['Variant']].map(textOf).filter(Boolean).join('/'),
      hasTriggers: listOf(OnBuild).length > 0,
      longestVariable: Math.max(0, ...textsOf(Env).map((variable) => variable.length)),
      labels: labelsLength(objectOf(Labels)),
      volumes: Object.keys(objectOf(Volumes)).length,
      guarded: Object.keys(objectOf(Volumes)).find(isGuarded),
      ports: Object.keys(objectOf(ExposedPorts)).length,
      variables: namesOfOthers(textsOf(Env)),
    }
  }

  /** Pulls as `docker pull` does; what comes is the worker's in the same way. Gives what the engine finds it by. */
  async #pull(image: ImageReference, platform: string | undefined, late: AbortSignal): Promise<string> {
    const { gate, right, minor } = this.#call
    const planned = planBasePull(right.worker.docker.run, this.#permit, image, platform)
    const asked = familiarReference(image)
    const until = either(right.untilGone(), late)
    const permit = await pinned(right, minor, planned, until)
    if ('message' in permit) throw new PullFailed(asked, permit.message, permit.status)
    const give = (id: string, _names: readonly string[], changes: readonly Change[]) =>
      givePulled(gate, right, minor, permit, id, changes)
    const images = await NewImages.before(gate, right.worker.name, permit, give)
    const encoded = encode(permit, { clientMinor: minor, engineMinor: minor, labels: {} })
    try {
      const answer = await right.engine.send(encoded, undefined, until)
      let last = objectOf(undefined)
      for await (const line of splitLines(answer)) {
        images.look(line)
        last = objectOf(JSON.parse(line))
      }
      images.end()
      const failed = textOf(last['error'])
      if (answer.statusCode !== 200)
        throw new PullFailed(asked, textOf(last['message']), answer.statusCode ?? 500)
      if (failed !== '') throw new PullFailed(asked, failed, 500)
      this.#call.pulled(fullReference(image))
      return pulledName(permit)
    } catch (cause) {
      if (!late.aborted) throw cause
      throw new PullFailed(asked, `it takes more than ${PULL_LIMIT / 60_000} minutes; pull it before`, 504)
    } finally {
      this.#call.settled(await images.finish())
    }
  }
}

/** The call that a build belongs to. */
export interface BuildCall {
  readonly gate: Gate
  readonly right: DockerRight
  /** API version of the engine. */
  readonly minor: number
  /** What the worker has of the thread. */
  readonly share: Share
  /** Is called with the changes to write for what was pulled. */
  readonly settled: (changes: readonly Change[]) => void
  /** Is called with the name of each image that was pulled. */
  readonly pulled: (name: string) => void
  /** Is called with the ids of the images that the build begins with. */
  readonly begun: (ids: Iterable<string>) => void
}

function violationsOf(
  image: ImageReference,
  platform: string | undefined,
  found: Found,
  instructions: number,
  exposed: ReadonlySet<string>,
): readonly Violation[] {
  const what = `FROM ${familiarReference(image)}`
  const violation = (why: string, instead: string): Violation => {
    return { rule: 'build.base', what, why, instead: [instead] }
  }
  // An engine would pull again by itself.
  if (!isFor(found, platform))
    return [violation(`it is for ${found.platform}, not for ${platform}`, `--platform ${found.platform}`)]
  if (found.hasTriggers)
    return [
      violation('it has ONBUILD instructions, which are carried out unseen', 'an image without ONBUILD'),
    ]
  // A Dockerfile was measured as if none were longer.
  if (found.longestVariable > LONGEST_VALUE)
    return [violation(`it has a variable of more than ${LONGEST_VALUE} characters`, 'an image without it')]
  if (found.volumes > MOST_MOUNTS)
    return [violation(`it has more than ${MOST_MOUNTS} volumes`, 'an image with fewer')]
  if (found.guarded !== undefined)
    return [violation(`it has a volume at ${found.guarded}`, 'an image without it')]
  if (found.ports > MOST_EXPOSED)
    return [violation(`it exposes more than ${MOST_EXPOSED} ports`, 'an image with fewer')]
  const range = [...exposed].find((name) => found.variables.has(name))
  if (range !== undefined)
    return [violation(`its variable ${range} is not a plain port, and is exposed`, 'the number of the port')]
  // Images upon images would have more and more.
  if (found.labels > MOST_LABELS)
    return [violation(`it has labels of more than ${MOST_LABELS} characters`, 'an image with shorter ones')]
  return found.labels * instructions > MOST_LISTED_LABELS
    ? [violation(`each of ${instructions} steps would have its labels`, 'an image with shorter ones')]
    : []
}

function namesOfOthers(variables: readonly string[]): ReadonlySet<string> {
  const pairs = variables.map((variable) => /^([^=]*)=?([^]*)$/.exec(variable) ?? [])
  return new Set(pairs.flatMap(([, name = '', value = '']) => (isPlainPort(value) ? [] : [name])))
}

/** Whether an engine takes an image for one of the platform that is asked for, however strictly it compares. */
function isFor({ platform }: Found, wanted: string | undefined): boolean {
  const isUsualArm = platform === 'linux/arm64/v8' && wanted === 'linux/arm64'
  return wanted === undefined || wanted === platform || isUsualArm
}
