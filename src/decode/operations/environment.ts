/** Variables of a container. */

/**
 * Whether a variable has no value: Podman gives it the one that its own service has, and one that ends in a star all that begin so
 * (CVE-2026-57231). Docker leaves it out.
 */
export function isUnset(variable: string): boolean {
  return !variable.includes('=')
}
