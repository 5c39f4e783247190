/** Labels that a worker gives to what it makes. */
import type { RunPolicy } from '../policy/policy.ts'
import type { ImageFacts } from '../resolve/facts.ts'
import { isActedOn, MOST_LABELS, OWN_LABELS, PROJECT_LABEL } from '../shared/labels.ts'
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

/**
 * A container's labels as they are sent. What a program of the host would act on is left out, if the policy does not give it; of those
 * that its image hands down the values are emptied, as they can't be taken away.
 */
export function planLabels(
  run: Pick<RunPolicy, 'labels'>,
  asked: ReadonlyMap<string, string> = new Map(),
  image: Pick<ImageFacts, 'actedOn' | 'project'> | undefined,
): { readonly labels: Readonly<Record<string, string>>; readonly labelsLeft: readonly string[] } {
  const emptied = (image?.actedOn ?? []).filter((name) => isLeftOut(run, name))
  const sent = [...asked].filter(([name]) => !isLeftOut(run, name))
  const handedDown = image?.project === undefined ? [] : [[PROJECT_LABEL, image.project] as const]
  return {
    labels: Object.fromEntries([...emptied.map((name) => [name, ''] as const), ...handedDown, ...sent]),
    labelsLeft: [...asked.keys()].filter((name) => isLeftOut(run, name)),
  }
}

/**
 * Labels that a container was not to have, where its image is another than the one that was decided on: images are given by name.
 * @param inSpace whether projects of compose are called by names of the worker's own
 */
export function unplannedLabels(
  planned: Readonly<Record<string, string>>,
  found: Readonly<Record<string, unknown>>,
  run: Pick<RunPolicy, 'labels'>,
  inSpace: boolean,
): readonly string[] {
  const matters = (name: string): boolean => (name === PROJECT_LABEL ? inSpace : isLeftOut(run, name))
  return Object.keys(found).filter((name) => matters(name) && found[name] !== (planned[name] ?? ''))
}

/** Whether a program of the host would act on it, and the policy does not give it. */
function isLeftOut({ labels }: Pick<RunPolicy, 'labels'>, name: string): boolean {
  return isActedOn(name) && !labels.some((pattern) => covers(pattern, name))
}

function covers(pattern: string, name: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern
}
