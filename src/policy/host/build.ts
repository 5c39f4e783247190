/** From a file's `host` part to the diagnostics that may be run, with what is wrong in it. */
import { isPlaceholder } from '../argv.ts'
import type { Finding } from '../finding.ts'
import { nearestWord } from '../../shared/nearest.ts'
import { isNever, SHIPPED, shippedPaths } from './catalogue.ts'
import type { Diagnostic, DiagnosticWord, HostPolicy } from './policy.ts'
import { readValues } from './values.ts'

/** The `host` part as the schema reads it. */
export interface HostFile {
  /** Lines as words. */
  readonly allow: readonly (readonly string[])[]
  readonly parameters: Readonly<Record<string, string | readonly string[]>>
  readonly programs: Readonly<Record<string, string>>
}

/** The diagnostics of a file. @param path where the part stands in it */
export function buildHost(file: HostFile, path: readonly string[], findings: Finding[]): HostPolicy {
  for (const [name, place] of Object.entries(file.programs)) {
    if (!isNever(name) && !isNever(place)) continue
    const message = `${JSON.stringify(isNever(name) ? name : place)} runs whatever it is told, so it is not a diagnostic`
    findings.push({ path: [...path, 'programs', name], at: 'value', message })
  }
  const allow = file.allow.flatMap((line, index) => {
    const built = buildLine(file, line.join(' '))
    if ('words' in built) return [built]
    findings.push({ path: [...path, 'allow', index], at: 'value', ...built })
    return []
  })
  const used = new Set(
    allow.flatMap(({ words }) => words.flatMap((word) => ('name' in word ? [word.name] : []))),
  )
  for (const [name, written] of Object.entries(file.parameters)) {
    const values = readValues(written)
    const at = [...path, 'parameters', name]
    if ('problem' in values) findings.push({ path: at, at: 'value', message: values.problem })
    else if (findings.length === 0 && !used.has(name)) {
      findings.push({
        path: at,
        at: 'key',
        message: `no line of host.allow has <${name}>`,
        hint: 'leave it out',
      })
    }
  }
  return { allow }
}

type Problem = { readonly message: string; readonly hint?: string }

function buildLine(file: HostFile, line: string): Diagnostic | Problem {
  const [program = '', ...rest] = line.split(' ')
  if (isNever(program))
    return { message: `${JSON.stringify(program)} is not a diagnostic; workers get docker by docker.allow` }
  const paths = pathsOf(file, program, line)
  if (paths === undefined) return unknownLine(line, program)
  const words: DiagnosticWord[] = []
  for (const word of rest) {
    if (!isPlaceholder(word)) {
      words.push({ literal: word })
      continue
    }
    const name = word.slice(1, -1)
    const written = Object.hasOwn(file.parameters, name) ? file.parameters[name] : undefined
    if (written === undefined) {
      return {
        message: `host.parameters does not say what <${name}> may be`,
        hint: `write parameters: { ${name}: "[a-z0-9-]+" }`,
      }
    }
    const values = readValues(written)
    // Told where the parameter stands.
    if (!('problem' in values)) words.push({ name, values })
  }
  return { line, program, paths, words }
}

function pathsOf(file: HostFile, program: string, line: string): readonly string[] | undefined {
  const own = Object.hasOwn(file.programs, program) ? file.programs[program] : undefined
  if (own !== undefined) return [own]
  return SHIPPED.some((shipped) => isLike(shipped, line)) ? shippedPaths(program) : undefined
}

/** What may stand for a parameter where the policy itself writes a value. */
const PLAIN = /^[A-Za-z0-9][A-Za-z0-9@._:-]*$/

/** True for a line that is the shipped one, with other names of parameters or with plain values in their places. */
function isLike(shipped: string, line: string): boolean {
  const words = line.split(' ')
  const pattern = shipped.split(' ')
  return (
    pattern.length === words.length &&
    pattern.every((word, index) => {
      const written = words[index] ?? ''
      return isPlaceholder(word) ? isPlaceholder(written) || PLAIN.test(written) : word === written
    })
  )
}

function unknownLine(line: string, program: string): Problem {
  const nearest = nearestWord(line, SHIPPED) ?? SHIPPED.find((shipped) => shipped.startsWith(`${program} `))
  return {
    message: `${JSON.stringify(line)} is not among the diagnostics that come with dockgate`,
    hint:
      nearest === undefined
        ? `name the program's path: programs: { ${program}: /usr/bin/${program} }`
        : `did you mean ${nearest}? For another, name the program's path: programs: { ${program}: … }`,
  }
}
