/** Paths of the host that a policy names: which are well formed, and which give the host away when mounted. */

/** Whoever may write in these is root on the host sooner or later. Parts of them may be mounted read-only. */
const SYSTEM = ['/etc', '/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/boot', '/root', '/nix']
/** The kernel's own; no part of them may be mounted. */
const KERNEL = ['/proc', '/sys', '/dev']
/** They hold other people's sockets and keys; a folder within may be mounted. */
const SHARED = ['/', '/run', '/home']
/** The engine's and the gate's own: nothing in them and nothing around them may be mounted. */
const OWN = [
  '/var/lib/docker',
  '/var/lib/containerd',
  '/var/lib/containers',
  '/var/lib/dockgate',
  '/etc/dockgate',
  '/run/docker',
  '/run/docker.sock',
  '/run/containerd',
  '/run/podman',
  '/run/containers',
  '/run/dockgate',
  '/run/dockgate-binds',
  '/run/dockgate-sockets',
]

/** An absolute path without empty parts and slash at the end, or what is wrong with it. */
export function normalizePath(written: string): { readonly path: string } | { readonly problem: string } {
  if (!written.startsWith('/')) return { problem: 'must be an absolute path' }
  if (/[\p{Cc}:,]/u.test(written)) return { problem: 'must not hold a colon, a comma or a control character' }
  const parts = written.split('/').filter((part) => part !== '')
  if (parts.some((part) => part === '.' || part === '..')) return { problem: 'must not hold . or ..' }
  return { path: `/${parts.join('/')}` }
}

/** Why a folder must not be mounted into a worker's containers, or undefined where nothing speaks against it. */
export function rootProblem(path: string, mode: 'ro' | 'rw'): string | undefined {
  const real = withoutRunLink(path)
  if (SHARED.includes(real)) return `${path} as a whole holds what belongs to others`
  const kernel = KERNEL.find((folder) => isWithin(real, folder))
  if (kernel !== undefined) return `${kernel} is the kernel's own: containers with access to it own the host`
  const system = SYSTEM.find((folder) => isWithin(real, folder))
  if (real === system) return `${system} as a whole is the host's own`
  const own = OWN.find((folder) => isWithin(folder, real) || isWithin(real, folder))
  if (own !== undefined)
    return `${own} is the engine's or the gate's own: containers with access to it own the host`
  return system === undefined || mode === 'ro'
    ? undefined
    : `whoever may write in ${system} becomes root on the host`
}

/** True for the folder itself and what lies in it. */
export function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder === '/' ? '/' : `${folder}/`)
}

/** The path as it is compared: /var/run is a link to /run. */
export function withoutRunLink(path: string): string {
  return isWithin(path, '/var/run') ? path.slice('/var'.length) : path
}
