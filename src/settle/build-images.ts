/**
 * The images that a build takes from: the gate brings them itself, looks into those that stages begin with, and puts their ids
 * into the Dockerfile. Instructions for later builds (ONBUILD) would be carried out unseen.
 */
import { familiarReference, fullReference, type ImageReference } from '../decode/reference.ts'
import { readWhole } from '../forward/engine.ts'
import type { CheckedText } from '../forward/build-context.ts'
import type { Gate } from '../gate.ts'
import {
  checkDockerfile,
  pinBases,
  type BaseImage,
  type CheckedDockerfile,
  type PinnedBase,
} from '../policy/dockerfile.ts'
import { planBasePull } from '../policy/image-build.ts'
import type { Violation } from '../policy/refuse.ts'
import type { BuildPermit } from '../policy/verdict.ts'
import { splitLines } from '../resolve/lines.ts'
import { apiPath, plainRequest } from '../rewrite/encoded.ts'
import { rewrite } from '../rewrite/rewrite.ts'
import { listOf, objectOf, textOf } from '../shared/json-value.ts'
import type { Change } from '../store/store.ts'
import { NewImages } from './images.ts'

/** An image could not be pulled: no refusal, but the build can't go on. */
export class PullFailed extends Error {
  override readonly name = 'PullFailed'
  /** Of the reply. */
  readonly status: number

  constructor(image: ImageReference, why: string, status: number) {
    super(`${familiarReference(image)} can't be pulled for the build: ${why}`)
    this.status = status
  }
}

interface Found {
  readonly id: string
  /** `linux/arm64/v8` */
  readonly platform: string
  readonly hasTriggers: boolean
}

const INSPECT_LIMIT = 30_000
/** Milliseconds for all pulls of a build. */
const PULL_LIMIT = 30 * 60_000
const LARGEST_ANSWER = 4 * 2 ** 20

export class BuildImages {
  readonly #gate: Gate
  readonly #worker: string
  readonly #minor: number
  readonly #permit: BuildPermit
  readonly #signal: AbortSignal
  readonly #settled: (changes: readonly Change[]) => void
  /** By name in full and platform, so that all stages get the same. */
  readonly #found = new Map<string, Found>()
  #pinning: Promise<CheckedText> | undefined

  /**
   * @param minor API version of the engine
   * @param signal ends pulls, for a client that went away
   * @param settled is called with the changes to write for what was pulled
   */
  constructor(
    { gate, worker, minor, signal }: BuildCall,
    permit: BuildPermit,
    settled: (changes: readonly Change[]) => void,
  ) {
    this.#gate = gate
    this.#worker = worker
    this.#minor = minor
    this.#permit = permit
    this.#signal = signal
    this.#settled = settled
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
    const { operation, patterns } = this.#permit
    const options = { buildArgs: operation.buildArgs, target: operation.parameters.target ?? '' }
    const checked = checkDockerfile(dockerfile, patterns, options)
    if (checked.violations.length > 0) return { violations: checked.violations, dockerfile }
    const { pinned, violations } = await this.#bring(checked)
    return { violations, dockerfile: pinBases(dockerfile, pinned) }
  }

  async #bring({ bases, copied }: CheckedDockerfile) {
    const late = AbortSignal.timeout(PULL_LIMIT)
    const pinned: PinnedBase[] = []
    const violations: Violation[] = []
    const all = this.#permit.operation.parameters.platform || undefined
    for (const base of bases) {
      const platform = base.platform ?? all
      const found = await this.#find(base.image, platform, late)
      violations.push(...violationsOf(base, platform, found))
      pinned.push({ base, id: found.id })
    }
    // Nothing in these is carried out: a build looks them up by name.
    if (violations.length === 0) for (const image of copied) await this.#find(image, all, late)
    return { pinned, violations }
  }

  /** An image that is here, or that was pulled: where the client asks for it, or it is missing or of another platform. */
  async #find(image: ImageReference, platform: string | undefined, late: AbortSignal): Promise<Found> {
    const key = `${fullReference(image)} ${platform ?? ''}`
    const known = this.#found.get(key)
    if (known !== undefined) return known
    let found = this.#permit.operation.parameters.pull === true ? undefined : await this.#inspect(image)
    if (found === undefined || !isFor(found, platform)) {
      await this.#pull(image, platform, late)
      found = await this.#inspect(image)
    }
    if (found === undefined) throw new PullFailed(image, 'it was pulled, and is gone again', 404)
    this.#found.set(key, found)
    return found
  }

  async #inspect(image: ImageReference): Promise<Found | undefined> {
    const path = apiPath(this.#minor, ['images', familiarReference(image), 'json'])
    const answer = await this.#gate.engine.send(plainRequest('GET', path), INSPECT_LIMIT, this.#signal)
    const body = objectOf(JSON.parse((await readWhole(answer, LARGEST_ANSWER)).toString()))
    if (answer.statusCode === 404) return undefined
    if (answer.statusCode !== 200)
      throw new PullFailed(image, textOf(body['message']), answer.statusCode ?? 500)
    return {
      id: textOf(body['Id']),
      platform: [body['Os'], body['Architecture'], body['Variant']].map(textOf).filter(Boolean).join('/'),
      hasTriggers: listOf(objectOf(body['Config'])['OnBuild']).length > 0,
    }
  }

  /** Pulls as `docker pull` does; what comes is the worker's in the same way. */
  async #pull(image: ImageReference, platform: string | undefined, late: AbortSignal): Promise<void> {
    const permit = planBasePull(this.#permit, image, platform)
    const images = await NewImages.before(this.#gate, this.#worker, permit)
    const encoded = rewrite(permit, { clientMinor: this.#minor, engineMinor: this.#minor, labels: {} })
    const signal = AbortSignal.any([this.#signal, late])
    try {
      const answer = await this.#gate.engine.send(encoded, undefined, signal)
      let last = objectOf(undefined)
      for await (const line of splitLines(answer)) last = objectOf(JSON.parse(line))
      const failed = textOf(last['error'])
      if (answer.statusCode !== 200)
        throw new PullFailed(image, textOf(last['message']), answer.statusCode ?? 500)
      if (failed !== '') throw new PullFailed(image, failed, 500)
    } catch (cause) {
      if (!late.aborted) throw cause
      throw new PullFailed(image, `it takes more than ${PULL_LIMIT / 60_000} minutes; pull it before`, 504)
    } finally {
      this.#settled(await images.take())
    }
  }
}

/** The call that a build belongs to. */
export interface BuildCall {
  readonly gate: Gate
  readonly worker: string
  readonly minor: number
  readonly signal: AbortSignal
}

function violationsOf(
  { image }: BaseImage,
  platform: string | undefined,
  found: Found,
): readonly Violation[] {
  const what = `FROM ${familiarReference(image)}`
  const violation = (why: string, instead: string): Violation => {
    return { rule: 'build.base', what, why, instead: [instead] }
  }
  // An engine would pull again by itself.
  if (!isFor(found, platform))
    return [violation(`it is for ${found.platform}, not for ${platform}`, `--platform ${found.platform}`)]
  return found.hasTriggers
    ? [violation('it has ONBUILD instructions, which are carried out unseen', 'an image without ONBUILD')]
    : []
}

/** Whether an engine takes an image for one of the platform that is asked for, however strictly it compares. */
function isFor({ platform }: Found, wanted: string | undefined): boolean {
  const isUsualArm = platform === 'linux/arm64/v8' && wanted === 'linux/arm64'
  return wanted === undefined || wanted === platform || isUsualArm
}
