/** What a right really means, said where an operator looks at the policy. */
import { holds, parseSubnet, type Addresses } from '../shared/addresses.ts'
import { wordsIn } from '../shared/words.ts'
import type { BindRoot, PortRange, RestartPolicyName, SocketPolicy } from './policy.ts'

/** What it means that everybody may open the socket. */
export function socketNote({ mode }: SocketPolicy): string | undefined {
  return (mode & 0o006) === 0 ? undefined : 'every account of the host can use it'
}

/** What a diagnostic shows beside what it is asked for. */
export function hostNote(program: string): string | undefined {
  if (program === 'journalctl') return 'journalctl shows whatever was logged, secrets too'
  return program === 'ss' ? 'ss -p names the processes of every account' : undefined
}

/** As which account a worker's MCP server runs. */
export function mcpNote({ owner }: SocketPolicy): string | undefined {
  return owner === undefined ? 'without socket.owner it is served only by a gate that is not root' : undefined
}

export const EVERY_IMAGE =
  'every image on this host, and of every registry that the engine reaches, those of your network among them'

export function isEveryImage(pattern: string): boolean {
  return /^\*\*(?::|$)/.test(pattern)
}

export function imageNote(pattern: string): string | undefined {
  if (isEveryImage(pattern)) return EVERY_IMAGE
  return /^docker\.io\/\*+/.test(pattern) ? 'anybody can publish there' : undefined
}

export function bindNote({ mode }: BindRoot): string {
  return mode === 'rw'
    ? 'containers write in it as root: keep it on a file system mounted nosuid and nodev'
    : 'containers read all of it, as root'
}

export function portNote({ address, from }: PortRange): string | undefined {
  if (['0.0.0.0', '::'].includes(address)) {
    return "open to every network of the host; Docker's own rules pass by most firewalls"
  }
  return from < 1024 ? "below 1024 it can take the place of the host's own services" : undefined
}

const PRIVATE = wordsIn('10.0.0.0/8 100.64.0.0/10 172.16.0.0/12 192.168.0.0/16 fc00::/7').flatMap(
  (one) => parseSubnet(one) ?? [],
)

/** What it means that a worker chooses subnets in one. */
export function subnetNote(subnet: Addresses): string {
  return PRIVATE.some((one) => holds(one, subnet))
    ? 'while a network of its own has one of these addresses, the host reaches nobody else by it'
    : 'addresses of the Internet: for the host its network stands in the place of whoever has one'
}

export function restartNote(name: RestartPolicyName): string | undefined {
  return name === 'always' || name === 'unless-stopped'
    ? 'such containers start again after a reboot'
    : undefined
}

/** @param names of ulimits */
export function ulimitNote(names: readonly string[]): string | undefined {
  const before = names.filter((name) => ['nice', 'rtprio', 'rttime'].includes(name))
  if (before.length > 0) return `by ${before.join(', ')} its processes can go before those of the host`
  const queued = names.filter((name) => ['msgqueue', 'sigpending'].includes(name))
  return queued.length > 0 ? `what ${queued.join(', ')} give is memory of the host` : undefined
}

export const OWN_SOCKET = 'whatever runs in a container that mounts it has all that this worker may'

export const SHARED_NAMES =
  'if it makes a volume, a network or a project under a name of yours before you do, you use its own'

export const ACTED_ON_LABELS =
  'what reads them does what they say: a proxy sends what they name to its containers'

export const NAMED_IMAGES =
  'if no image has one of these names yet, it can give it to its own image, which you then run by that name'
