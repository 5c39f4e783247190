/**
 * Places in a container that its runtime makes and guards: what is mounted there decides what it takes for /dev/null, a terminal or a
 * file of the kernel (CVE-2025-31133, CVE-2025-52565). A link that leads there is not seen.
 */
import { posix } from 'node:path'

const KERNEL = /^\/(?:proc|sys)(?:\/|$)/
/** /dev itself, and what a runtime puts into it; not /dev/shm, /dev/mqueue and the like, which are there to be mounted. */
const DEVICES =
  /^\/dev(?:\/(?:console|core|fd|full|null|ptmx|pts|random|stderr|stdin|stdout|tty|urandom|zero)(?:\/.*)?)?$/

/** Whether a path in a container, however it is written, is one of them. */
export function isGuarded(path: string): boolean {
  const plain = posix.normalize(`/${path}`).replace(/(?<=.)\/$/, '')
  return KERNEL.test(plain) || DEVICES.test(plain)
}
