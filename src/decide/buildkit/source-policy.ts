/**
 * Which images, files and archives an engine takes for a build, in BuildKit's own words (sourcepolicy): the engine holds to it in all that
 * its frontend looks up, and in each graph, beside what is decided on the graph here.
 */
import type { SourcePolicy } from '../../decode/buildkit/control.ts'
import { UPLOAD_EXPRESSION } from '../../decode/buildkit/options.ts'
import type { RunPolicy } from '../../policy/policy.ts'

type Rule = SourcePolicy['rules'][number]

const DIGEST = '(@sha256:[0-9a-f]{64})?'
const TAG = '(:[A-Za-z0-9_][A-Za-z0-9_.-]*)?'
/** Names of workers' own images (policy/image-space.ts). */
const OTHERS = '^docker-image://[^/]*[.]dockgate[.]invalid(__[0-9]+)?/.*$'
/** What the client sends: folders, and an archive or a Dockerfile. */
const SENT = ['^local://.*$', UPLOAD_EXPRESSION]

/**
 * Of rules that allow or deny the last one counts that matches (solver/llbsolver, sourcepolicy engine), and a source that is converted
 * is looked at anew.
 * @param own names of the worker's own images on the engine, by what it calls them in full
 */
export function sourcePolicyFor(
  run: Pick<RunPolicy, 'images'>,
  own: ReadonlyMap<string, string>,
): SourcePolicy {
  const rules = [
    rule('deny', '^.*$'),
    ...SENT.map((source) => rule('allow', source)),
    ...run.images.map((pattern) => rule('allow', `^docker-image://${expressionOf(pattern)}${DIGEST}$`)),
    rule('deny', OTHERS),
    ...[...own.values()].map((name) => rule('allow', `^docker-image://${escaped(name)}${DIGEST}$`)),
    ...[...own].map(([said, name]) => converted(said, name)),
  ]
  return { version: 1n, rules }
}

function rule(action: 'allow' | 'deny', expression: string): Rule {
  return { action, selector: { identifier: expression, match_type: 'regex' }, updates: undefined }
}

function converted(said: string, name: string): Rule {
  return {
    action: 'convert',
    // What is matched exactly is converted to itself (sourcepolicy, selectorCache.Format).
    selector: { identifier: `^docker-image://${escaped(said)}$`, match_type: 'regex' },
    updates: { identifier: `docker-image://${name}` },
  }
}

/** The same words as of `policy/match.ts`: a star is any part of one component, two of several. */
function expressionOf(pattern: string): string {
  const colon = pattern.indexOf(':', pattern.lastIndexOf('/') + 1)
  const name = colon === -1 ? pattern : pattern.slice(0, colon)
  const tag = colon === -1 ? TAG : `:${starred(pattern.slice(colon + 1), '[^/:@]*')}`
  // Every image there is: of registries with a port too.
  return (name === '**' ? '[^@]*' : starred(name, '[^/:@]*')) + tag
}

function starred(text: string, one: string): string {
  return text
    .split(/(\*+)/)
    .map((part) => (part === '*' ? one : part.startsWith('*') ? '[^:@]*' : escaped(part)))
    .join('')
}

/** As RE2 reads it: all signs that could mean something stand alone in brackets. */
function escaped(text: string): string {
  return text.replaceAll(/[.+?()|[\]{}^$\\]/g, (sign) =>
    sign === '^' || sign === '\\' ? `\\${sign}` : `[${sign}]`,
  )
}
