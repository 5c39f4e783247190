/** What engines told of themselves when they were asked, as far as faults hang on it. */
import type { Told } from '../../src/faults/told.ts'

interface Answers {
  readonly name: string
  readonly version: string
  readonly built: string
  readonly go: string
  readonly containerd: readonly [string, string]
  readonly runc: readonly [string, string]
  readonly info: Told['info']
}

function docker({ name, version, built, go, containerd, runc, info }: Answers): Told {
  const [containerdVersion, containerdCommit] = containerd
  const [runcVersion, runcCommit] = runc
  return {
    version: {
      Platform: { Name: name },
      Version: version,
      GoVersion: go,
      BuildTime: built,
      Components: [
        { Name: 'Engine', Version: version, Details: { BuildTime: built, GoVersion: go } },
        { Name: 'containerd', Version: containerdVersion, Details: { GitCommit: containerdCommit } },
        { Name: 'runc', Version: runcVersion, Details: { GitCommit: runcCommit } },
        { Name: 'docker-init', Version: '0.19.0', Details: { GitCommit: '' } },
      ],
    },
    info: { Plugins: { Authorization: null }, SecurityOptions: ['name=seccomp,profile=builtin'], ...info },
  }
}

/** Debian 12's, 13's, and sid's, with either store of images. */
export const DOCKER_20_10 = docker({
  ...{ name: '', version: '20.10.24+dfsg1', built: '2026-05-07T21:09:36.000000000+00:00', go: 'go1.19.8' },
  containerd: ['1.6.20~ds1', '1.6.20~ds1-1+deb12u3'],
  runc: ['1.1.5+ds1', '1.1.5+ds1-1+deb12u1'],
  info: { Driver: 'overlay2', DriverStatus: [['Backing Filesystem', 'extfs']] },
})
export const DOCKER_26 = docker({
  ...{ name: '', version: '26.1.5+dfsg1', built: '2026-08-13T05:35:48.000000000+00:00', go: 'go1.24.4' },
  containerd: ['1.7.24~ds1', '1.7.24~ds1-6+deb13u1'],
  runc: ['1.1.15+ds1', '1.1.15+ds1-2+b4'],
  info: { Driver: 'overlay2', DriverStatus: [['Backing Filesystem', 'extfs']] },
})
const SID = {
  ...{ name: '', version: '28.5.2+dfsg4', built: '2026-09-15T11:02:57.000000000+00:00', go: 'go1.27.1' },
  containerd: ['2.1.9+unknown', ''],
  runc: ['1.3.6+ds1', '1.3.6+ds1-1'],
} as const
export const DOCKER_28 = docker({ ...SID, info: { DriverStatus: [['Backing Filesystem', 'extfs']] } })
export const DOCKER_28_CONTAINERD = docker({
  ...SID,
  info: { DriverStatus: [['driver-type', 'io.containerd.snapshotter.v1']] },
})

/** As one from Docker's own packages tells, which have commits in the place of packages. */
export const DOCKERS_OWN_28 = docker({
  ...{ name: 'Docker Engine - Community', version: '28.3.0', built: '2025-06-24T15:44:13Z', go: 'go1.24.4' },
  containerd: ['1.7.27', '05044ec0a9a75232cad458027ca83437aae3f4da'],
  runc: ['1.2.5', 'v1.2.5-0-g59923ef'],
  info: { FirewallBackend: { Driver: 'iptables' }, DriverStatus: [] },
})

function podman(runtime: string, text: string, package_: string): Told {
  return {
    version: {
      Platform: { Name: 'linux/amd64/debian-12' },
      Version: '4.3.1',
      GoVersion: 'go1.19.8',
      BuildTime: '1970-01-01T00:00:00Z',
      Components: [
        { Name: 'Podman Engine', Version: '4.3.1', Details: { GitCommit: '' } },
        { Name: 'Conmon', Version: 'conmon version 2.1.6, commit: unknown', Details: {} },
        { Name: `OCI Runtime (${runtime})`, Version: text, Details: { Package: package_ } },
      ],
    },
    info: { Plugins: { Authorization: null }, SecurityOptions: ['name=seccomp,profile=default'] },
  }
}

/** Debian 12's Podman, with the runtime that it comes with, and with a runc from elsewhere. */
export const PODMAN_CRUN = podman(
  'crun',
  'crun version 1.8.1\ncommit: f8a096be060b22ccd3d5f3ebe44108517fbf6c30\nspec: 1.0.0',
  'crun_1.8.1-1+deb12u1_amd64',
)
export const PODMAN_RUNC = podman(
  'runc',
  'runc version 1.1.5+ds1\ncommit: 1.1.5+ds1-1+deb12u1\nspec: 1.0.2-dev\ngo: go1.19.8',
  'Unknown',
)
