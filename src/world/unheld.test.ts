import { expect, test } from 'vitest'
import { unheldLimits } from './unheld.ts'

test.each<readonly [string, object, object, readonly string[]]>([
  ['nothing of it, as engines long ago did', {}, {}, []],
  ['all of it', { MemoryLimit: true, CpuCfsQuota: true, PidsLimit: true }, {}, []],
  ['one that is missing', { MemoryLimit: true, CpuCfsQuota: false, PidsLimit: true }, {}, ['cpus']],
  ['no cgroups', { MemoryLimit: true, CgroupDriver: 'none' }, {}, ['memory', 'cpus', 'pids']],
  [
    'of the host what is not true of an account',
    { MemoryLimit: true, CpuCfsQuota: true, PidsLimit: true },
    { host: { cgroupControllers: [] } },
    ['memory', 'cpus', 'pids'],
  ],
  ['which controllers it has', {}, { host: { cgroupControllers: ['memory', 'pids'] } }, ['cpus']],
])('an engine that tells %s', (_what, info, libpod, limits) => {
  expect(unheldLimits({ ...info }, { ...libpod })).toEqual(limits)
})
