/** Says of limits that an engine does not hold (world/unheld.ts) what that means. */
export function describeUnheld(limits: readonly string[]): string {
  return (
    `does not hold limits of ${limits.join(', ')}: containers can take all of it that the host gives the engine; ` +
    'an engine of root has what it needs, a rootless one where cgroup v2 hands it the controllers'
  )
}
