/**
 * The filter of system calls for a program that works for a worker: it may have threads, start no other program, and open no socket but Unix ones. Whatever a
 * compose file, a configuration or a file of the worker's names to be run, there is no process for it to run in. (Replacing itself
 * by execve(2) is left: that is how it is started, and a filter can't tell the one from the other. It has these bounds then.)
 *
 * Sources: seccomp(2), linux/seccomp.h, linux/bpf_common.h; numbers of asm/unistd_64.h (x86-64) and asm-generic/unistd.h (arm64).
 */

/** Refused with EPERM; what a processor has no call of its own for is null. x86-64 first, then arm64. */
const REFUSED = {
  // Other processes: made,
  fork: [57, null],
  vfork: [58, null],
  // looked into and taken from,
  ptrace: [101, 117],
  process_vm_readv: [310, 270],
  process_vm_writev: [311, 271],
  pidfd_getfd: [438, 438],
  kcmp: [312, 272],
  // or entered.
  setns: [308, 268],
  unshare: [272, 97],
  // A file that has no path.
  execveat: [322, 281],
  open_by_handle_at: [304, 265],
  // The tree of files.
  mount: [165, 40],
  umount2: [166, 39],
  pivot_root: [155, 41],
  chroot: [161, 51],
  open_tree: [428, 428],
  move_mount: [429, 429],
  fsopen: [430, 430],
  fsconfig: [431, 431],
  fsmount: [432, 432],
  fspick: [433, 433],
  mount_setattr: [442, 442],
  // Parts of the kernel that a client of an engine has no business with, and that were the way of many an attack.
  bpf: [321, 280],
  perf_event_open: [298, 241],
  userfaultfd: [323, 282],
  add_key: [248, 217],
  request_key: [249, 218],
  keyctl: [250, 219],
  // These do work of other calls, unseen by a filter.
  io_uring_setup: [425, 425],
  io_uring_enter: [426, 426],
  io_uring_register: [427, 427],
} as const satisfies Readonly<Record<string, readonly [number, number | null]>>

interface Processor {
  /** AUDIT_ARCH_… of linux/audit.h. */
  readonly audit: number
  /** Its column of the table. */
  readonly column: 0 | 1
  readonly clone: number
  readonly ioctl: number
  readonly socket: number
  /** Set in the numbers of a second interface to the same kernel (x32). */
  readonly second?: number
}

const PROCESSORS: Readonly<Partial<Record<NodeJS.Architecture, Processor>>> = {
  x64: { audit: 0xc000003e, column: 0, clone: 56, ioctl: 16, socket: 41, second: 0x40000000 },
  arm64: { audit: 0xc00000b7, column: 1, clone: 220, ioctl: 29, socket: 198 },
}

/** The same on both. */
const CLONE3 = 435
/** A new task in this process (clone(2)). */
const CLONE_THREAD = 0x10000
/** What types into a terminal in its user's place (CVE-2017-5226, CVE-2023-28100). */
const TIOCSTI = 0x5412
const TIOCLINUX = 0x541c

/** Sockets in the file system; a namespace of its own does not keep all others in (vsock(7)). */
const AF_UNIX = 1

const EPERM = 1
const ENOSYS = 38
const ENETUNREACH = 101

/** Places in what a filter looks at (struct seccomp_data); of arguments the lower half, as both processors have it first. */
const NUMBER = 0
const ARCHITECTURE = 4
const FIRST_ARGUMENT = 16
const SECOND_ARGUMENT = 24

/** Instructions of classic BPF. */
const LOAD = 0x20
const IF_EQUAL = 0x15
const IF_AT_LEAST = 0x35
const IF_SET = 0x45
const RETURN = 0x06

const KILL = 0x80000000
const ALLOW = 0x7fff0000
const fail = (errno: number): number => 0x00050000 | errno

type Instruction = readonly [code: number, operand: number, ifTrue: number, ifFalse: number]

const load = (at: number): Instruction => [LOAD, at, 0, 0]
const answer = (action: number): Instruction => [RETURN, action, 0, 0]
/** Goes through `then` where what was loaded is that number, else past it. */
const when = (value: number, ...then: readonly Instruction[]): readonly Instruction[] => [
  [IF_EQUAL, value, 0, then.length],
  ...then,
]

/** The filter for a processor, as `bwrap --seccomp` takes it; undefined for one that is not known here. */
export function seccompFilter(architecture: NodeJS.Architecture): Buffer | undefined {
  const processor = PROCESSORS[architecture]
  if (processor === undefined) return undefined
  const { audit, column, clone, ioctl, socket, second } = processor
  const refused = Object.values(REFUSED).flatMap((numbers) => numbers[column] ?? [])
  return encode([
    load(ARCHITECTURE),
    [IF_EQUAL, audit, 1, 0],
    answer(KILL),
    load(NUMBER),
    ...(second === undefined ? [] : [[IF_AT_LEAST, second, 0, 1] as const, answer(KILL)]),
    ...refused.flatMap((number) => when(number, answer(fail(EPERM)))),
    // Its flags are in memory, where no filter looks. The C library and Go take clone where it is missing.
    ...when(CLONE3, answer(fail(ENOSYS))),
    ...when(clone, load(FIRST_ARGUMENT), [IF_SET, CLONE_THREAD, 1, 0], answer(fail(EPERM)), answer(ALLOW)),
    ...when(socket, load(FIRST_ARGUMENT), ...when(AF_UNIX, answer(ALLOW)), answer(fail(ENETUNREACH))),
    ...when(
      ioctl,
      load(SECOND_ARGUMENT),
      ...when(TIOCSTI, answer(fail(EPERM))),
      ...when(TIOCLINUX, answer(fail(EPERM))),
      answer(ALLOW),
    ),
    answer(ALLOW),
  ])
}

/** struct sock_filter of linux/filter.h; both processors are little-endian. */
function encode(program: readonly Instruction[]): Buffer {
  const bytes = Buffer.alloc(program.length * 8)
  for (const [index, [code, operand, ifTrue, ifFalse]] of program.entries()) {
    bytes.writeUInt16LE(code, index * 8)
    bytes.writeUInt8(ifTrue, index * 8 + 2)
    bytes.writeUInt8(ifFalse, index * 8 + 3)
    bytes.writeUInt32LE(operand >>> 0, index * 8 + 4)
  }
  return bytes
}
