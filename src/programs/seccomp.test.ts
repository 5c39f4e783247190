import { describe, expect, test } from 'vitest'
import { seccompFilter } from './seccomp.ts'

const KILL = 0x80000000
const ALLOW = 0x7fff0000
const EPERM = 0x00050001
const ENOSYS = 0x00050026
const ENETUNREACH = 0x00050065

/** What the kernel would make of a call: the instructions that a filter may have here (linux/bpf_common.h). */
function run(filter: Buffer, { audit, number, args = [] }: Call): number {
  const data = Buffer.alloc(64)
  data.writeUInt32LE(number, 0)
  data.writeUInt32LE(audit, 4)
  for (const [index, value] of args.entries()) data.writeBigUInt64LE(BigInt(value), 16 + index * 8)
  let accumulator = 0
  for (let at = 0; at < filter.length / 8; at += 1) {
    const code = filter.readUInt16LE(at * 8)
    const operand = filter.readUInt32LE(at * 8 + 4)
    const jump = (is: boolean): number => filter.readUInt8(at * 8 + (is ? 2 : 3))
    if (code === 0x20) accumulator = data.readUInt32LE(operand)
    else if (code === 0x15) at += jump(accumulator === operand)
    else if (code === 0x35) at += jump(accumulator >= operand)
    else if (code === 0x45) at += jump((accumulator & operand) !== 0)
    else if (code === 0x06) return operand
    else throw new Error(`no such instruction: ${code}`)
  }
  throw new Error('a filter ends with an answer')
}

interface Call {
  readonly audit: number
  readonly number: number
  readonly args?: readonly (number | bigint)[]
}

const SIGCHLD = 17
/** What Go and the C library give clone for a thread: VM, FS, FILES, SIGHAND, SYSVSEM, THREAD. */
const THREAD = 0x50f00

describe.each([
  {
    architecture: 'x64',
    audit: 0xc000003e,
    clone: 56,
    ioctl: 16,
    socket: 41,
    execve: 59,
    mount: 165,
    kill: 62,
    getfd: 438,
  },
  {
    architecture: 'arm64',
    audit: 0xc00000b7,
    clone: 220,
    ioctl: 29,
    socket: 198,
    execve: 221,
    mount: 40,
    kill: 129,
    getfd: 438,
  },
] as const)(
  'on $architecture a program',
  ({ architecture, audit, clone, ioctl, socket, execve, mount, kill, getfd }) => {
    const filter = seccompFilter(architecture) ?? Buffer.alloc(0)
    const call = (number: number, ...args: readonly (number | bigint)[]): number =>
      run(filter, { audit, number, args })

    test('makes threads and no processes', () => {
      expect(call(clone, THREAD)).toBe(ALLOW)
      for (const flags of [SIGCHLD, 0, 0x4111, 0x10000000 | SIGCHLD, 0x100n << 32n])
        expect(call(clone, flags)).toBe(EPERM)
      // Half of a register that the kernel does not look at.
      expect(call(clone, 0x10000n << 32n)).toBe(EPERM)
      expect(call(435)).toBe(ENOSYS)
    })

    test('looks into no other process, and leaves the tree of files as it is', () => {
      expect(call(getfd)).toBe(EPERM)
      expect(call(mount)).toBe(EPERM)
    })

    test('opens no socket but Unix ones', () => {
      expect(call(socket, 1)).toBe(ALLOW)
      for (const domain of [0, 2, 10, 16, 17, 38, 40]) expect(call(socket, domain)).toBe(ENETUNREACH)
    })

    test('types nothing into a terminal, and may set and ask it', () => {
      expect(call(ioctl, 0, 0x5412)).toBe(EPERM)
      expect(call(ioctl, 0, (1n << 40n) | 0x5412n)).toBe(EPERM)
      expect(call(ioctl, 0, 0x541c)).toBe(EPERM)
      expect(call(ioctl, 0, 0x5413)).toBe(ALLOW)
    })

    test('is begun, and signals itself', () => {
      expect(call(execve)).toBe(ALLOW)
      expect(call(kill)).toBe(ALLOW)
    })

    test('is ended where it calls as another processor would', () => {
      expect(run(filter, { audit: 0x40000003, number: 11 })).toBe(KILL)
      expect(run(filter, { audit: architecture === 'x64' ? 0xc00000b7 : 0xc000003e, number: 0 })).toBe(KILL)
      if (architecture === 'x64') expect(call(0x40000000 | 57)).toBe(KILL)
    })
  },
)

test('there is none for a processor that is not known', () => {
  expect(seccompFilter('riscv64')).toBeUndefined()
})
