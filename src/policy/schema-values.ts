/** The values of a policy file: each read from its text, or refused with what to write instead. */
import * as z from 'zod'
import { isByFirst, overlap, parseSubnet } from '../shared/addresses.ts'
import { nearestWord } from '../shared/nearest.ts'
import { normalizeImagePattern } from './images.ts'
import { normalizePath, rootProblem } from './paths.ts'
import type { BindRoot } from './policy.ts'
import { formatSize, parseCpus, parseSize, SIZE } from '../shared/sizes.ts'
import { wordsIn } from '../shared/words.ts'

// Code made from strings is switched off in the gate's process.
z.config({ jitless: true })

interface Context {
  readonly addIssue: (issue: {
    code: 'custom'
    message: string
    path?: PropertyKey[]
    params?: { hint?: string }
  }) => void
}

function refuse(context: Context, message: string, hint?: string): never {
  context.addIssue({ code: 'custom', message, ...(hint === undefined ? {} : { params: { hint } }) })
  return z.NEVER
}

/** `512m` or a number of bytes, not less than `least` bytes. */
export function size(least: number) {
  const form = 'must be a size, as 512m or 4g'
  return z.union([z.string().regex(SIZE, form), z.int().min(0)], form).transform((written, context) => {
    const bytes = parseSize(String(written))
    if (bytes === undefined) return refuse(context, form)
    return bytes < least ? refuse(context, `must be at least ${formatSize(least)}`) : bytes
  })
}

const ULIMIT = 'must be a number, a size as 64m, or unlimited'

/** The most of a ulimit; of no limit Infinity. */
export const ulimit = z
  .union([z.literal('unlimited'), z.string().regex(SIZE, ULIMIT), z.int().min(0)], ULIMIT)
  .transform((written, context) =>
    written === 'unlimited' ? Infinity : (parseSize(String(written)) ?? refuse(context, ULIMIT)),
  )

/** CPUs as a number; read as billionths. */
export const cpus = z
  .number()
  .transform(
    (written, context) =>
      parseCpus(written) ??
      refuse(context, 'must be a number of CPUs, as 2 or 0.5, with up to three decimals'),
  )

export const image = z.string().transform((written, context) => {
  const full = normalizeImagePattern(written)
  return 'pattern' in full ? full.pattern : refuse(context, full.problem, full.hint)
})

export const path = z.string().transform((written, context) => {
  const normal = normalizePath(written)
  return 'path' in normal ? normal.path : refuse(context, normal.problem)
})

export const workerName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,31}$/, 'a worker is named in a-z, 0-9 and -, a letter first')

const ENGINE = /^unix:\/\/\/./

/** `unix:///var/run/docker.sock`. */
export const engine = z
  .string()
  .regex(
    ENGINE,
    "must be unix:// and the absolute path of the engine's socket; no other address is supported yet",
  )
  .transform((written, context) => {
    const normal = normalizePath(written.slice('unix://'.length))
    return 'path' in normal ? `unix://${normal.path}` : refuse(context, `the path ${normal.problem}`)
  })

/** A fault by its number: `CVE-2025-52881`, `GHSA-jq35-85cj-fj4p`. */
export const fault = z
  .string()
  .regex(
    /^(?:CVE-[0-9]{4}-[0-9]{4,7}|GHSA(?:-[0-9a-z]{4}){3})$/,
    'must be the number of a fault, as CVE-2025-52881',
  )

/** Linux keeps a socket's path in 108 bytes, the last of them 0. */
const SOCKET_PATH_BYTES = 107

export const socketPath = path.refine(
  (written) => new TextEncoder().encode(written).length <= SOCKET_PATH_BYTES,
  `must be at most ${SOCKET_PATH_BYTES} bytes, as the path of a socket`,
)

/** A bind root as it is written, once its path is one that may be mounted. */
export function bindPath(bind: BindRoot, context: Context): BindRoot {
  const problem = rootProblem(bind.path, bind.mode)
  if (problem !== undefined) context.addIssue({ code: 'custom', message: problem, path: ['path'] })
  return bind
}

const RANGE = /^[0-9]{1,5}(?:-[0-9]{1,5})?$/
const RANGE_FORM = 'must be a port, or the first and the last, as 20000-20999'

/** `80` or `20000-20999`. */
export const portRange = z
  .union([z.int(), z.string().regex(RANGE, RANGE_FORM)], RANGE_FORM)
  .transform((written, context) => {
    const [from = 0, to = from] = String(written).split('-').map(Number)
    if (Math.min(from, to) < 1 || Math.max(from, to) > 65_535) return refuse(context, 'ports are 1 to 65535')
    return from > to ? refuse(context, 'the first port is above the last') : { from, to }
  })

/** What is on every host already, or no address of anybody's. */
const RESERVED = wordsIn('0.0.0.0/8 127.0.0.0/8 169.254.0.0/16 224.0.0.0/3 ::/8 fe80::/10 ff00::/8').flatMap(
  (one) => parseSubnet(one) ?? [],
)

/** `172.30.0.0/16`. */
export const subnet = z.string().transform((written, context) => {
  const read = parseSubnet(written)
  if (read === undefined) return refuse(context, 'must be a subnet, as 172.30.0.0/16')
  if (!isByFirst(read)) return refuse(context, 'must be written by its first address, as 172.30.0.0/16')
  const reserved = RESERVED.find((one) => overlap(one, read))
  return reserved === undefined
    ? read
    : refuse(context, `has addresses of ${reserved.text}, which no network may have`)
})

// include/uapi/linux/capability.h
const CAPABILITIES = wordsIn(`
  AUDIT_CONTROL AUDIT_READ AUDIT_WRITE BLOCK_SUSPEND BPF CHECKPOINT_RESTORE CHOWN DAC_OVERRIDE
  DAC_READ_SEARCH FOWNER FSETID IPC_LOCK IPC_OWNER KILL LEASE LINUX_IMMUTABLE MAC_ADMIN MAC_OVERRIDE
  MKNOD NET_ADMIN NET_BIND_SERVICE NET_BROADCAST NET_RAW PERFMON SETFCAP SETGID SETPCAP SETUID SYSLOG
  SYS_ADMIN SYS_BOOT SYS_CHROOT SYS_MODULE SYS_NICE SYS_PACCT SYS_PTRACE SYS_RAWIO SYS_RESOURCE
  SYS_TIME SYS_TTY_CONFIG WAKE_ALARM
`)

/** With one of these a container is root on the host, or can stop it. */
const FATAL_CAPABILITIES = wordsIn(
  'BPF DAC_READ_SEARCH MAC_ADMIN MAC_OVERRIDE PERFMON SYS_ADMIN SYS_BOOT SYS_MODULE SYS_RAWIO ALL',
)

/** `NET_ADMIN` or `CAP_NET_ADMIN`; read without CAP_. */
export const capability = z.string().transform((written, context) => {
  const name = written.replace(/^CAP_/, '')
  if (FATAL_CAPABILITIES.includes(name)) return refuse(context, `${name} is root on the host by another name`)
  if (CAPABILITIES.includes(name)) return name
  const nearest = nearestWord(name, CAPABILITIES)
  return refuse(
    context,
    `unknown capability ${JSON.stringify(written)}`,
    nearest === undefined ? undefined : `did you mean ${nearest}?`,
  )
})

/** What a refusal's line holds beside its label. */
const HINT_LENGTH = 88

export const hint = z
  .string()
  .min(1, 'must not be empty')
  .max(HINT_LENGTH, `must be at most ${HINT_LENGTH} characters, to fit on one line of a refusal`)
  .regex(/^[\x20-\x7e]*$/, 'must be one line of plain ASCII')
