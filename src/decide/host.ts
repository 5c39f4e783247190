/** The decision about a diagnostic: the program by name or path, then word by word. */
import { withoutSecrets } from '../decode/line/secrets.ts'
import type { HostDiagnostic } from '../decode/operations/host.ts'
import { nearestWord } from '../shared/nearest.ts'
import type { WorkerPolicy } from '../policy/policy.ts'
import { permitting } from './permit.ts'
import { refuse } from './refuse.ts'
import type { HostPermit, Verdict } from './verdict.ts'
import type { Diagnostic } from '../policy/host/policy.ts'
import type { HostFacts } from '../resolve/facts.ts'
import { describeValues, valueMatches } from '../policy/host/values.ts'

const WORD = 'host'

/** Diagnostics of one worker at once. */
const MOST = 4

/** Decides one diagnostic of one worker. */
export function decideDiagnostic(
  { host }: WorkerPolicy,
  operation: HostDiagnostic,
  { running }: HostFacts,
): Verdict<HostPermit> {
  const [program = '', ...words] = operation.words
  const written = withoutSecrets(operation.words, () => '...').join(' ')
  const known = host.allow.filter((one) => isProgram(one, program))
  const found = known.find((one) => matches(one, words, true))
  if (found !== undefined && running >= MOST)
    return refuse(WORD, 'host.limits', written, {
      why: `${MOST} diagnostics run already`,
      instead: ['wait until one has ended'],
      retryable: true,
    })
  if (found !== undefined) {
    const permit = permitting<HostPermit>({ on: 'host', operation, paths: found.paths, arguments: words })
    return { effect: 'allow', subcommand: WORD, rule: `host.allow`, permit }
  }
  const likely = known.find((one) => matches(one, words, false))
  if (likely !== undefined) {
    const wrong = likely.words.flatMap((word, index) =>
      'name' in word && !valueMatches(word.values, words[index] ?? '')
        ? [`<${word.name}> may be: ${describeValues(word.values)}`]
        : [],
    )
    return refuse(WORD, 'host.parameters', written, { why: wrong.join('; '), instead: [likely.line] })
  }
  const lines = (known.length > 0 ? known : host.allow).map(({ line }) => line)
  const nearest = nearestWord(written, lines)
  return refuse(WORD, 'host.allow', written, {
    why:
      known.length > 0
        ? `${known[0]?.program} is given with exact arguments only`
        : `${baseName(program)} is not among what this worker may run; there is no shell`,
    instead: nearest === undefined ? lines.slice(0, 3) : [nearest],
  })
}

function isProgram({ program, paths }: Diagnostic, written: string): boolean {
  return written === program || paths.includes(written)
}

/** @param exactly whether values must be allowed ones; else they may be anything */
function matches({ words }: Diagnostic, given: readonly string[], exactly: boolean): boolean {
  return (
    words.length === given.length &&
    words.every((word, index) => {
      const value = given[index] ?? ''
      return 'literal' in word ? word.literal === value : !exactly || valueMatches(word.values, value)
    })
  )
}

function baseName(program: string): string {
  return program.slice(program.lastIndexOf('/') + 1)
}
