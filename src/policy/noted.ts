/** What an operator should know of a policy wherever it is checked, with its place: what gives far more than it looks like. */
import type { Finding } from './finding.ts'
import { EVERY_IMAGE, isEveryImage } from './notes.ts'
import type { Policy } from './policy.ts'

export function notesOf({ workers }: Pick<Policy, 'workers'>): readonly Finding[] {
  return workers.flatMap(({ name, docker }) =>
    docker.run.images.flatMap((pattern, index): readonly Finding[] => {
      const path = ['workers', name, 'docker', 'run', 'images', index]
      return isEveryImage(pattern) ? [{ path, at: 'value', message: EVERY_IMAGE }] : []
    }),
  )
}
