/** What scripts/test.sh tells the tests in the environment. No test is skipped for want of it. */
type Setting =
  | 'ENGINE'
  | 'ENGINE_OLD'
  | 'ENGINE_28'
  | 'ENGINE_26'
  | 'ENGINE_RESTART'
  | 'PODMAN'
  | 'PODMAN_OLD'
  | 'PODMAN_ROOTLESS'
  | 'DOCKER'
  | 'DOCKER_OLD'
  | 'DOCKER_28'
  | 'REGISTRY'
  | 'PLUGINS'
  | 'CLIENTS'

/** The value of DOCKGATE_TEST_<name>; throws where it is missing. */
export function setting(name: Setting): string {
  const value = process.env[`DOCKGATE_TEST_${name}`]
  if (value) return value
  throw new Error(
    `DOCKGATE_TEST_${name} is not set; run the tests by 'npm test', which starts the engines they need`,
  )
}
