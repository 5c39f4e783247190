/** Labels that a worker gives to what it makes. */
import { MOST_LABELS, OWN_LABELS } from '../shared/labels.ts'
import type { Violation } from './refuse.ts'

/** The gate's own labels tell an operator whose a container is; nobody else writes them. */
export function checkLabels(labels: ReadonlyMap<string, string> | undefined, violations: Violation[]): void {
  const size = [...(labels ?? [])].reduce((sum, [name, value]) => sum + name.length + value.length, 0)
  if (size > MOST_LABELS) {
    const why = `labels travel with every event: ${MOST_LABELS} characters in all`
    violations.push({
      rule: 'run.labels',
      what: `Labels of ${size} characters`,
      why,
      instead: ['shorter labels'],
    })
  }
  for (const name of labels?.keys() ?? []) {
    if (!name.toLowerCase().startsWith(OWN_LABELS)) continue
    violations.push({
      rule: 'run.labels',
      what: `Labels.${name}`,
      why: 'labels that start with dockgate. are reserved',
      instead: [],
    })
  }
}
