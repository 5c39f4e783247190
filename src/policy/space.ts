/** The names of a worker's own things: as it says them, and as the engine has them. Whose a thing is stands in the record, never in its name. */
import type { Unknown } from '../shared/json-value.ts'
import { OWN_LABELS, PROJECT_LABEL } from '../shared/labels.ts'
import { ImageSpace, imageHostOf } from './image-space.ts'
import type { WorkerPolicy } from './policy.ts'

/** What stands before a name in a text, and behind the beginning of one: a path of the host is none, nor is the end of a sentence. */
const BEFORE = '(?<![A-Za-z0-9_.-]|[A-Za-z0-9_.-]/)'
const BEHIND = '(?=[A-Za-z0-9_])'

export class Space {
  /** What the engine's names begin with; empty where they are the worker's. A dot is in no compose project, so none meets another's. */
  readonly prefix: string
  /** Names of images: theirs are another form. */
  readonly images: ImageSpace

  /** @param worker whose names these are; empty where they are as it says them */
  constructor(worker: string) {
    this.prefix = worker === '' ? '' : `${worker}.`
    this.images = new ImageSpace(worker === '' ? '' : imageHostOf(worker))
  }

  /** What the engine is to call something that the worker calls so. */
  nameOf(word: string): string {
    return this.prefix + word
  }

  /** What the worker calls a thing of its own that the engine calls so: one that was named before keeps its name. */
  wordFor(name: string): string {
    return name.startsWith(this.prefix) ? name.slice(this.prefix.length) : name
  }

  /** A text about the worker's own things, in its words. */
  inWords(text: string): string {
    if (this.prefix === '' || !text.includes(this.prefix)) return text
    return this.images
      .inWords(text)
      .replace(new RegExp(`${BEFORE}${RegExp.escape(this.prefix)}${BEHIND}`, 'g'), '')
  }

  /** Labels that the worker gives, as the engine is to have them. Those of the gate's that come back from an inspect are left out. */
  labelsFor(labels: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
    const given = [...labels].filter(([name]) => !isGatesLabel(name))
    return new Map(
      given.map(([name, value]) => [name, name === PROJECT_LABEL ? this.nameOf(value) : value] as const),
    )
  }

  /** Labels as the engine has them, in the worker's words. */
  labelsOf(labels: Unknown): Unknown {
    const given = Object.entries(labels).filter(([name]) => !isGatesLabel(name))
    return Object.fromEntries(
      given.map(([name, value]) => [
        name,
        name === PROJECT_LABEL && typeof value === 'string' ? this.wordFor(value) : value,
      ]),
    )
  }
}

function isGatesLabel(name: string): boolean {
  return name.toLowerCase().startsWith(OWN_LABELS)
}

/** A worker of a section of the policy, which may not be the first that has it (workers/roster.ts). */
export function calledSo(worker: WorkerPolicy, name: string): WorkerPolicy {
  if (worker.name === name) return worker
  const { docker } = worker
  const imageHost = docker.run.names === 'own' ? imageHostOf(name) : ''
  return { ...worker, name, docker: { ...docker, run: { ...docker.run, imageHost } } }
}

/** The names of a worker. */
export function spaceOf({ name, docker }: Pick<WorkerPolicy, 'name' | 'docker'>): Space {
  return new Space(docker.run.names === 'own' ? name : '')
}
