/** Image patterns, brought to the form that Docker gives image names: with the registry's host in front. */

/** What an image pattern is in full, or why it is none. */
export type ImagePattern = { readonly pattern: string } | { readonly problem: string; readonly hint?: string }

const HUB = 'write docker.io/library/* for the official images, docker.io/** for all of Docker Hub'
const COMPONENT = /^[a-z0-9*]+(?:(?:\.|_|__|-+)[a-z0-9*]+)*$/
const HOST = /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]{1,5})?$/
const TAG = /^[A-Za-z0-9_*][A-Za-z0-9_.*-]{0,127}$/

/**
 * `alpine` becomes `docker.io/library/alpine`, `esc/*` `docker.io/esc/*`; a tag (`alpine:3.*`) stays.
 * `**` alone is every image there is. `*` is any part of one component, `**` of several (match.ts).
 * A first component is a registry if it has a `.` or `:` or is `localhost`. What could be read in two ways is a problem.
 */
export function normalizeImagePattern(written: string): ImagePattern {
  if (written.includes('@')) {
    return { problem: 'a pattern names images, not digests', hint: 'leave @sha256:… out' }
  }
  const colon = written.indexOf(':', written.lastIndexOf('/') + 1)
  const name = colon === -1 ? written : written.slice(0, colon)
  const tag = colon === -1 ? '' : written.slice(colon)
  if (tag !== '' && !TAG.test(tag.slice(1)))
    return { problem: `${JSON.stringify(tag.slice(1))} is not a tag` }
  if (name === '**') return { pattern: name + tag }
  const [first = '', ...rest] = name.split('/')
  const hasHost = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost')
  if (!hasHost && /^\*+$/.test(first)) {
    return { problem: 'the registry must be written out where the first part is "*"', hint: HUB }
  }
  const host = hasHost ? (first === 'index.docker.io' ? 'docker.io' : first) : 'docker.io'
  const path = hasHost ? rest : [first, ...rest]
  if (!HOST.test(host)) return { problem: `${JSON.stringify(host)} is not a registry's host name` }
  const wrong = path.find((component) => !COMPONENT.test(component))
  if (wrong !== undefined) return { problem: componentProblem(wrong) }
  if (host === 'docker.io' && path.length === 1) {
    if (path[0] === '*') return { problem: 'no image of Docker Hub has such a name', hint: HUB }
    if (path[0] !== '**') path.unshift('library')
  }
  return { pattern: [host, ...path].join('/') + tag }
}

function componentProblem(component: string): string {
  if (component === '') return 'an image name has no empty part'
  if (component !== component.toLowerCase()) return 'image names are lower case'
  return `${JSON.stringify(component)} is not a part of an image name`
}
