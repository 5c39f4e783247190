/** Labels that the gate puts on what it makes. They grant nothing: whose an object is stands in the gate's own record. */

/** What the names of all of them begin with. */
export const OWN_LABELS = 'dockgate.'
/** Ties an object to the claim it was made under, so that it is found again after a crash in between. */
export const CLAIM_LABEL = 'dockgate.claim'
/** The same for an image that a commit or an import makes. What is built upon it, or made of it, has the label too. */
export const IMAGE_CLAIM_LABEL = 'dockgate.image'
/** Tells the operator whose an object is. */
export const WORKER_LABEL = 'dockgate.worker'

/** By this label Docker knows a volume that it named itself, from 23 on. */
export const ANONYMOUS_LABEL = 'com.docker.volume.anonymous'
const NAMED_BY_ENGINE = 'anonymous'

/**
 * What tells a volume from another of its name: the claim that it was made under. One that a container got without a name has none: its
 * name is the engine's, which nobody else has, and the engine's mark goes where a volume is made anew under that.
 */
export function markOf(labels: Readonly<Record<string, unknown>>): string {
  const claim = labels[CLAIM_LABEL]
  if (typeof claim === 'string' && claim !== '') return claim
  return ANONYMOUS_LABEL in labels ? NAMED_BY_ENGINE : ''
}

/** Whether no claim is behind the mark of a volume: an engine made it for a container. */
export function isUnclaimed(mark: string): boolean {
  return mark === '' || mark === NAMED_BY_ENGINE
}

/** By this label compose finds what is of a project, whoever made it. */
export const PROJECT_LABEL = 'com.docker.compose.project'

/**
 * How labels begin that programs of a host act on, whoever's container has them: reverse proxies, updaters, schedulers, dashboards,
 * collectors. docs/policy.md#labels names them.
 */
const ACTED_ON = [
  'ad.datadoghq.com/',
  'autoheal',
  'caddy',
  'chadburn.',
  'co.elastic.',
  'com.centurylinklabs.watchtower.',
  'com.docker.stack.',
  'com.docker.swarm.',
  'crowdsec.',
  'deunhealth.',
  'dev.dozzle.',
  'diun.',
  'docker-volume-backup.',
  'glance.',
  'homepage.',
  'io.portainer.',
  'kuma.',
  'ofelia.',
  'prometheus.',
  'sablier.',
  'swag',
  'swarm.cronjob.',
  'traefik.',
  'tsdproxy.',
  'wud.',
]

/** Whether a program of a host may act on a label of this name. */
export function isActedOn(name: string): boolean {
  const small = name.toLowerCase()
  return ACTED_ON.some((beginning) => small.startsWith(beginning))
}

/** Characters of all labels of an object together: they come with every event and every list. */
export const MOST_LABELS = 64 * 1024

/** Characters of labels as an engine tells them. */
export function labelsLength(labels: Readonly<Record<string, unknown>>): number {
  return Object.entries(labels).reduce((sum, [name, value]) => sum + name.length + String(value).length, 0)
}
