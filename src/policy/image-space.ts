/**
 * Names of images of a worker's own: what it calls `app:1` is `ai-worker.dockgate.invalid/docker.io/library/app:1` on the engine. No
 * registry has such a host (RFC 6761, section 6.4), so nobody else pulls by that name, and no build or run of others finds it.
 */
import type { ImageReference } from '../decode/reference.ts'

/** What stands before a name in a text: in the middle of another it is none. */
const BEFORE = '(?<![A-Za-z0-9_./-])'
/** The rest of a reference, with its tag and digest. */
const REST =
  '(?<registry>[a-z0-9._-]+)/(?<rest>[A-Za-z0-9._/-]+(?::[A-Za-z0-9._-]+)?(?:@sha256:[0-9a-f]{64})?)'

/** The host of the names of a worker's own images. @param worker its name, which is plain (schema-values.ts) */
export function imageHostOf(worker: string): string {
  return `${worker}.dockgate.invalid`
}

/** Whether a name in full is one of a worker's own, whosever. */
export function isOfAnyImageSpace(name: string): boolean {
  return /^[^/]*\.dockgate\.invalid\//i.test(name)
}

export class ImageSpace {
  readonly #host: string
  /** Made when it is first needed. */
  #inTexts: RegExp | undefined

  /** @param host of all names; empty where they are as the worker says them */
  constructor(host: string) {
    this.#host = host
  }

  get isOwn(): boolean {
    return this.#host !== ''
  }

  /** Whether an engine's name is one of the worker's space, whoever gave it. */
  holds(name: string): boolean {
    return this.isOwn && name.startsWith(`${this.#host}/`)
  }

  /** What the engine is to call what the worker calls so. A registry's port stands behind `__`, which no host has in it. */
  nameOf(reference: ImageReference): ImageReference {
    const slash = reference.name.indexOf('/')
    const registry = reference.name.slice(0, slash).toLowerCase().replace(':', '__')
    return { ...reference, name: `${this.#host}/${registry}${reference.name.slice(slash)}` }
  }

  /** The same of a name that the worker gives; undefined where that is as it says it: names are shared, or it goes by a digest. */
  given(reference: ImageReference): ImageReference | undefined {
    return this.isOwn && reference.digest === undefined ? this.nameOf(reference) : undefined
  }

  /** A text in the worker's words: each name of its space as it says that, as people write it. */
  inWords(text: string): string {
    return this.#told(text, familiar)
  }

  /** The same, with names in full. */
  inFull(text: string): string {
    return this.#told(text, (registry, rest) => `${registry}/${rest}`)
  }

  #told(text: string, tell: (registry: string, rest: string) => string): string {
    if (!this.isOwn || !text.includes(this.#host)) return text
    this.#inTexts ??= new RegExp(`${BEFORE}${RegExp.escape(this.#host)}/${REST}`, 'g')
    return text.replaceAll(this.#inTexts, (_whole, registry: string, rest: string) =>
      tell(registry.replace('__', ':'), rest),
    )
  }
}

/** As Docker shortens names of its own registry (distribution/reference, familiarizeName). */
function familiar(registry: string, rest: string): string {
  return `${registry}/${rest}`.replace(/^docker\.io\/(?:library\/(?!.*\/))?/, '')
}
