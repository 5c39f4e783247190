/**
 * How long the instructions of a Dockerfile become once an engine has put variables in their places. It does so letter by letter, in
 * a time that grows with the square of the length and that no client can end; and a value that is made of others can double with each line.
 */
import { LONGEST_VALUE } from '../../decode/operations/build.ts'
import { isGuarded } from '../../decode/operations/guarded.ts'
import { MOST_MOUNTS } from '../../decode/operations/mounts.ts'
import { MOST_LABELS } from '../../shared/labels.ts'
import type { From } from './from.ts'
import { wordsIn } from '../../shared/words.ts'

/** Instructions that variables are put into (moby, builder/dockerfile/dispatchers.go). */
const EXPANDED = wordsIn('ADD ARG COPY ENV EXPOSE LABEL STOPSIGNAL USER VOLUME WORKDIR')
const LONGEST_WRITTEN = 16 * 1024
/** An engine takes no longer line (bufio.MaxScanTokenSize). */
const LONGEST_LINE = 64 * 1024 - 1
/** Each check is an event that has it whole. */
const LONGEST_CHECK = 4 * 1024
const LONGEST_EXPANDED = 64 * 1024
/** Of all instructions together. */
const MOST_EXPANDED = 2 ** 20
/** Each makes an image, which an engine lists. */
const MOST_INSTRUCTIONS = 1_000

/** Characters of the labels of all these images together: each has those of the one before. */
export const MOST_LISTED_LABELS = 2 * 2 ** 20

/** `$NAME`, `${NAME`, and behind that a slash where a part is replaced, as often as it is there. */
const VARIABLE = /\$(?:\{([\p{L}_][\p{L}\p{N}_]*)(\/?)|([\p{L}_][\p{L}\p{N}_]*))?/gu
/** A name with or without a value, as it can be read in one way only. */
const PAIR = /([A-Za-z_][A-Za-z0-9_]*)(?:=(?:[^\s"'\\]|\\.|"(?:[^"\\]|\\.)*"|'[^'\\]*')*)?(?:[ \t]+|$)/y

interface Stage {
  /** Lengths of the variables that ENV has set. */
  readonly variables: Map<string, number>
  labels: number
  /** What is carried out in the stages that go on from this one (ONBUILD). */
  readonly triggers: (readonly [string, string])[]
}

/** Lengths of variables and labels, up to a line. They are never less than those that come of it. */
export class Lengths {
  #stage = newStage(undefined)
  readonly #stages = new Map<string, Stage>()
  /** Lengths of the longest default of each ARG. */
  readonly #arguments = new Map<string, number>()
  /** The longest value whose name could not be read. */
  #unnamed = 0
  #expanded = 0
  #instructions = 0
  #listedLabels = 0
  #volumes = 0

  /** A stage begins. Returns why what is carried out in it at once is too long; undefined where it is not. */
  begin({ image, name, stage }: From): string | undefined {
    const base = image === undefined ? this.#stages.get(name.toLowerCase()) : undefined
    this.#stage = newStage(base)
    if (stage !== undefined) this.#stages.set(stage, this.#stage)
    for (const [word, rest] of base?.triggers ?? []) {
      const tooLong = this.add(word, rest)
      if (tooLong !== undefined) return tooLong
    }
    return undefined
  }

  /** Adds an instruction. Returns why it is too long; undefined where it is not. */
  add(word: string, rest: string): string | undefined {
    this.#instructions += 1
    if (this.#instructions > MOST_INSTRUCTIONS)
      return `a Dockerfile may have ${MOST_INSTRUCTIONS} instructions`
    this.#listedLabels += this.#stage.labels
    if (this.#listedLabels > MOST_LISTED_LABELS)
      return `the images of all steps would have labels of more than ${MOST_LISTED_LABELS} characters`
    if (word === 'ONBUILD') return this.#addTrigger(rest)
    if (!EXPANDED.includes(word)) {
      const most = word === 'HEALTHCHECK' ? LONGEST_CHECK : LONGEST_LINE
      return word.length + rest.length + 1 > most ? `it may have ${most} characters` : undefined
    }
    if (rest.length > LONGEST_WRITTEN) return `it may have ${LONGEST_WRITTEN} characters`
    const length = this.#lengthOf(rest)
    this.#expanded += length
    if (length > LONGEST_EXPANDED)
      return `with the values of variables it could have ${length} characters: ${LONGEST_EXPANDED} at most`
    if (this.#expanded > MOST_EXPANDED)
      return `with the values of variables, all instructions may have ${MOST_EXPANDED} characters together`
    if (word === 'LABEL') return this.#addLabels(length)
    if (word === 'VOLUME') return this.#addVolumes(rest)
    if (word === 'ENV' || word === 'ARG') this.#assign(word, rest, length)
    return undefined
  }

  #addTrigger(written: string): string | undefined {
    const [, word = '', rest = ''] = /^(\S+)(?:[ \t]+([^]*))?$/.exec(written) ?? []
    // One within another is refused elsewhere, and not followed here.
    if (word.toUpperCase() !== 'ONBUILD') this.#stage.triggers.push([word.toUpperCase(), rest])
    return rest.length > LONGEST_WRITTEN ? `it may have ${LONGEST_WRITTEN} characters` : undefined
  }

  #addLabels(length: number): string | undefined {
    this.#stage.labels += length
    return this.#stage.labels > MOST_LABELS
      ? `labels travel with every event: ${MOST_LABELS} characters in all`
      : undefined
  }

  /** Each step that runs has one made of each. Commas separate them in the form of JSON alone, and count in both. */
  #addVolumes(written: string): string | undefined {
    this.#volumes += written.split(/[\s,]+/).length
    if (written.split(/[\s,"[\]]+/).some((path) => path.startsWith('/') && isGuarded(path)))
      return 'a volume can not be at /dev, /proc or /sys'
    return this.#volumes > MOST_MOUNTS ? `all VOLUMEs may name ${MOST_MOUNTS} together` : undefined
  }

  #lengthOf(text: string): number {
    let length = text.length
    // A Dockerfile can have half a million short arguments.
    if (!text.includes('$')) return length
    for (const [, braced, slash, bare] of text.matchAll(VARIABLE)) {
      const value = this.#valueOf(braced ?? bare ?? '')
      length += slash === '/' ? value * text.length : value
    }
    return length
  }

  /** A variable that ENV has not set can be one of the base image's, or be given by the client. */
  #valueOf(name: string): number {
    const other = Math.max(LONGEST_VALUE, this.#arguments.get(name) ?? 0)
    return Math.max(this.#unnamed, this.#stage.variables.get(name) ?? other)
  }

  #assign(word: string, rest: string, length: number): void {
    const legacy = word === 'ENV' ? /^([A-Za-z_][A-Za-z0-9_]*)[ \t]/.exec(rest)?.[1] : undefined
    const values = legacy === undefined ? this.#pairsOf(rest) : new Map([[legacy, length]])
    if (values === undefined) this.#unnamed = Math.max(this.#unnamed, length)
    for (const [name, value] of values ?? []) {
      if (word === 'ENV') this.#stage.variables.set(name, value)
      else this.#arguments.set(name, Math.max(value, this.#arguments.get(name) ?? 0))
    }
  }

  /** Lengths by name; undefined where a name can't be read for sure. */
  #pairsOf(rest: string): ReadonlyMap<string, number> | undefined {
    const pairs = new Map<string, number>()
    for (let at = 0; at < rest.length; at = PAIR.lastIndex) {
      PAIR.lastIndex = at
      const [whole, name] = PAIR.exec(rest) ?? []
      if (whole === undefined || name === undefined) return undefined
      // Of two of one name the last one counts, which may be the shorter one.
      pairs.set(name, Math.max(this.#lengthOf(whole), pairs.get(name) ?? 0))
    }
    return pairs
  }
}

function newStage(base: Stage | undefined): Stage {
  return { variables: new Map(base?.variables), labels: base?.labels ?? 0, triggers: [] }
}
