/**
 * How many ports a Dockerfile exposes. An engine makes one of each in a range (moby, builder/dockerfile/dispatchers.go), and has all of
 * them in its list of containers while a step runs: one line can name 196,605.
 */
/** Ports that an image may expose. */
export const MOST_EXPOSED = 4_096

/** What may be put into an EXPOSE: no range, and no part of one. */
const PLAIN = /^[0-9]{1,5}(?:\/[a-z]{3,4})?$/
/** `$NAME`, `${NAME}` */
const VARIABLE = /\$(?:\{([A-Za-z_][A-Za-z0-9_]*)(?::-[0-9]{1,5})?\}|([A-Za-z_][A-Za-z0-9_]*))/g
/** A name with a value without quotes, at the beginning or behind another one. */
const PAIR = /^([A-Za-z_][A-Za-z0-9_]*)=([^\s"'\\$]*)$/
/** A port or a range, with variables left out. */
const PORT = /^([0-9]{0,5})(?:-([0-9]{1,5}))?(?:\/[A-Za-z]{1,8})?$/

/** Whether a value is a plain port, so that it makes no range of what it is put into. */
export function isPlainPort(value: string): boolean {
  return PLAIN.test(value)
}

export class Ports {
  readonly #buildArgs: ReadonlyMap<string, string>
  /** Variables that some line may have set to something else than a plain port. */
  readonly #others = new Set<string>()
  /** Whether a line may have set any variable. */
  #isAny = false
  #count = 0
  /** Variables in an EXPOSE, which a base image may have set. */
  readonly exposed = new Set<string>()

  /** @param buildArgs what the client gives */
  constructor(buildArgs: ReadonlyMap<string, string>) {
    this.#buildArgs = buildArgs
  }

  /** Adds an instruction. Returns what is wrong with its ports; undefined where nothing is. */
  add(word: string, rest: string): string | undefined {
    if (word === 'ONBUILD') {
      const [, inner = '', behind = ''] = /^(\S+)(?:[ \t]+([^]*))?$/.exec(rest) ?? []
      // One within another is refused elsewhere.
      return inner.toUpperCase() === 'ONBUILD' ? undefined : this.add(inner.toUpperCase(), behind)
    }
    if (word === 'ENV' || word === 'ARG') this.#assign(word, rest)
    return word === 'EXPOSE' ? this.#expose(rest) : undefined
  }

  #assign(word: string, rest: string): void {
    const legacy = word === 'ENV' ? /^([A-Za-z_][A-Za-z0-9_]*)[ \t]+([^]*)$/.exec(rest) : null
    const pairs = legacy === null ? rest.trim().split(/[ \t]+/) : [`${legacy[1]}=${legacy[2]}`]
    for (const pair of pairs) {
      // An argument without a value has one that was given before, or by the client.
      if (word === 'ARG' && /^[A-Za-z_][A-Za-z0-9_]*$/.test(pair)) continue
      const [, name, value = ''] = PAIR.exec(pair) ?? []
      const written = name ?? /^([A-Za-z_][A-Za-z0-9_]*)=/.exec(pair)?.[1]
      if (written === undefined) this.#isAny = true
      else if (name === undefined || !isPlainPort(value)) this.#others.add(written)
    }
  }

  #expose(rest: string): string | undefined {
    for (const port of rest.trim().split(/[ \t]+/)) {
      const names = [...port.matchAll(VARIABLE)].map(([, braced, bare]) => braced ?? bare ?? '')
      for (const name of names) this.exposed.add(name)
      if (!names.every((name) => this.#isPlain(name)))
        return 'a variable in it can be something else than a plain port, as a range of them'
      const [whole, first, last] = PORT.exec(port.replaceAll(VARIABLE, '')) ?? []
      if (whole === undefined || (last !== undefined && names.length > 0))
        return 'a port of it is not written as NUMBER, FIRST-LAST or $NAME'
      this.#count += last === undefined ? 1 : Math.max(1, Number(last) - Number(first) + 1)
    }
    return this.#count > MOST_EXPOSED ? `a Dockerfile may expose ${MOST_EXPOSED} ports` : undefined
  }

  #isPlain(name: string): boolean {
    const given = this.#buildArgs.get(name)
    return !this.#isAny && !this.#others.has(name) && (given === undefined || isPlainPort(given))
  }
}
