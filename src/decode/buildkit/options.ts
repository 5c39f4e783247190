/**
 * Options of a build, as clients name them for the frontend that reads Dockerfiles (github.com/moby/buildkit, frontend/dockerui and
 * frontend/dockerfile): a closed list.
 */
import type { Finding } from '../fields.ts'
import { Secret } from '../secret.ts'
import { isId } from './ids.ts'

export interface BuildOptions {
  /** Those that are sent as they were said, by name. */
  readonly plain: ReadonlyMap<string, string>
  /** Values of ARG, by name. */
  readonly buildArgs: ReadonlyMap<string, Secret<string>>
  readonly labels: ReadonlyMap<string, string>
  /** Named contexts: what the client sends, or an image. */
  readonly contexts: ReadonlyMap<string, string>
  /** Sessions that the client names for what it sends, by the name of that. */
  readonly sessions: ReadonlyMap<string, string>
  /** Whether registries are asked for images that are here. */
  readonly pulls: boolean
}

type Rule =
  | { readonly sent: true; readonly values?: RegExp; readonly why?: string; readonly instead?: string }
  | { readonly sent: false }
  | { readonly refused: string; readonly instead: string }

const sent: Rule = { sent: true }
const leftOut: Rule = { sent: false }
const refused = (why: string, instead: string): Rule => ({ refused: why, instead })

/** An archive or a Dockerfile that the client sends in its session (session/upload). */
export const UPLOAD_EXPRESSION = '^http://buildkit-session/[a-z0-9]{25}$'
export const UPLOAD = new RegExp(UPLOAD_EXPRESSION)

const SENT_ALONE = 'docker build with a folder, or with an archive on stdin'

const OPTIONS: Readonly<Record<string, Rule>> = {
  'add-hosts': sent,
  'cache-from': leftOut,
  'cache-imports': leftOut,
  'cgroup-parent': refused('it takes the build out of its limits', 'docker build without --cgroup-parent'),
  context: {
    sent: true,
    values: UPLOAD,
    why: 'it makes the host fetch an address',
    instead: SENT_ALONE,
  },
  contextkey: refused('a context has the name that docker gives it', SENT_ALONE),
  cpuperiod: leftOut,
  cpuquota: leftOut,
  cpusetcpus: leftOut,
  cpusetmems: leftOut,
  cpushares: leftOut,
  device: refused('devices are the host’s', 'docker build without --device'),
  dockerfilekey: sent,
  filename: sent,
  'force-network-mode': {
    sent: true,
    values: /^(?:|default|sandbox|none)$/,
    why: 'steps of a build have a network of their own, or none',
    instead: 'docker build --network none',
  },
  'frontend.caps': sent,
  hostname: sent,
  'image-resolve-mode': { sent: true, values: /^(?:|default|pull|local|preferlocal)$/ },
  memory: leftOut,
  memswap: leftOut,
  'multi-platform': sent,
  'no-cache': sent,
  platform: sent,
  requestid: {
    sent: true,
    values: /^(?:frontend\.(?:lint|outline|targets)|frontend\.subrequests\.describe)$/,
  },
  'shm-size': sent,
  target: sent,
  ulimit: refused('ulimits of builds are the engine’s own', 'docker build without --ulimit'),
}

const SBOM = 'its scanner is an image that the engine would run'
const BUILD_ARG = 'build-arg:'
const LABEL = 'label:'
const CONTEXT = 'context:'
const SESSION = 'local-sessionid:'

const BEGINNINGS: readonly (readonly [string, Rule])[] = [
  ['attest:sbom', refused(SBOM, 'docker build without --sbom')],
  ['attest:', leftOut],
  ['input-metadata:', sent],
  // They say where a context came from, for what is attested.
  ['sharedkey:localdir:', leftOut],
  ['vcs:', leftOut],
]

/** Arguments that are options of the frontend itself: another frontend, and what is kept of a repository. */
const NO_ARGUMENTS = ['BUILDKIT_SYNTAX', 'BUILDKIT_CONTEXT_KEEP_GIT_DIR', 'BUILDKIT_CACHE_MOUNT_NS']

/** What a named context may be. */
const CONTEXTS = /^(?:local:[^\0]{1,256}|docker-image:\/\/[^\0\s]{1,512}|input:[^\0]{1,256})$/

/** Reads options. What is refused, or not known, is a finding. */
export function readBuildOptions(options: ReadonlyMap<string, string>, findings: Finding[]): BuildOptions {
  const plain = new Map<string, string>()
  const buildArgs = new Map<string, Secret<string>>()
  const labels = new Map<string, string>()
  const contexts = new Map<string, string>()
  const sessions = new Map<string, string>()
  for (const [name, value] of options) {
    if (name.startsWith(BUILD_ARG)) {
      const argument = name.slice(BUILD_ARG.length)
      if (!NO_ARGUMENTS.includes(argument))
        buildArgs.set(argument, new Secret(value, (text, hide) => hide(text)))
    } else if (name.startsWith(LABEL)) labels.set(name.slice(LABEL.length), value)
    else if (name.startsWith(CONTEXT)) {
      if (CONTEXTS.test(value)) contexts.set(name.slice(CONTEXT.length), value)
      else
        findings.push(found(name, value, 'it makes the host fetch an address', '--build-context NAME=FOLDER'))
    } else if (name.startsWith(SESSION)) {
      if (isId(value)) sessions.set(name.slice(SESSION.length), value)
      else findings.push(found(name, value, 'it is no id of a session'))
    } else if (isSent(name, value, findings)) plain.set(name, value)
  }
  const pulls = plain.get('image-resolve-mode') === 'pull'
  return { plain, buildArgs, labels, contexts, sessions, pulls }
}

function isSent(name: string, value: string, findings: Finding[]): boolean {
  const rule = Object.hasOwn(OPTIONS, name)
    ? OPTIONS[name]
    : BEGINNINGS.find(([beginning]) => name.startsWith(beginning))?.[1]
  if (rule === undefined) {
    findings.push(found(name, value, 'this option of a build is not known here'))
    return false
  }
  if ('refused' in rule) {
    if (value !== '') findings.push(found(name, value, rule.refused, rule.instead))
    return false
  }
  if (!rule.sent) return false
  if (rule.values?.test(value) === false)
    findings.push(found(name, value, rule.why ?? 'this value is not known here', rule.instead))
  return true
}

/** Characters of a value that are told. */
const LONGEST = 100

function found(name: string, value: string, why: string, instead?: string): Finding {
  const shown = value.length > LONGEST ? `${value.slice(0, LONGEST)}…` : value
  return { what: `${name} = ${JSON.stringify(shown)}`, why, ...(instead === undefined ? {} : { instead }) }
}
