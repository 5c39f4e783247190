/**
 * What a container is told to have been asked for, as it was written: of an engine that resolves nothing it would be so. Limits, and
 * whatever else the gate put in, are told as they are in force.
 */
import { posix } from 'node:path'
import { looksLikeImageId } from '../decode/reference.ts'
import { listOf, objectOf, textOf, textsOf, type Unknown } from '../shared/json-value.ts'
import type { View } from './view.ts'

/** A container, inspected or in a list, with what was asked for in the place of what the engine was given. */
export function askedWords(told: Unknown, view: View): Unknown {
  const asked = view.words.asked(textOf(told['Id']))
  const { Config, HostConfig, Image, Labels, Mounts } = told
  const left = objectOf(asked['Labels'])
  const image = textOf(asked['Image'])
  const host = objectOf(asked['HostConfig'])
  // An engine lists the id where the name means another image by now.
  const isListed = Config === undefined && image !== '' && !looksLikeImageId(textOf(Image))
  return {
    ...told,
    ...(isListed ? { Image: image } : {}),
    ...(Labels === undefined ? {} : { Labels: { ...objectOf(Labels), ...left } }),
    ...(Config === undefined || image === '' ? {} : { Config: configWords(objectOf(Config), image, left) }),
    ...(HostConfig === undefined
      ? {}
      : { HostConfig: { ...withoutPlaces(objectOf(HostConfig), view), ...wishes(host, HostConfig) } }),
    ...(Mounts === undefined
      ? {}
      : { Mounts: listOf(Mounts).map((mount) => mountWords(objectOf(mount), host, view)) }),
  }
}

function configWords(config: Unknown, Image: string, left: Unknown): Unknown {
  const { Labels } = config
  return { ...config, Image, ...(Labels === undefined ? {} : { Labels: { ...objectOf(Labels), ...left } }) }
}

/** Without mounts of places of the gate's, which were asked for otherwise: an engine can list them in another field than they were given in. */
function withoutPlaces(told: Unknown, view: View): Unknown {
  const isPlace = (source: string): boolean => view.words.heldAt(source) !== undefined
  const { Binds, Mounts, ...rest } = told
  const mounts = listOf(Mounts).filter((mount) => !isPlace(textOf(objectOf(mount)['Source'])))
  return {
    ...rest,
    ...(Binds === undefined
      ? {}
      : { Binds: Binds && textsOf(Binds).filter((bind) => !isPlace(bind.split(':')[0] ?? '')) }),
    ...(mounts.length === 0 ? {} : { Mounts: mounts }),
  }
}

/** Fields that both have; a mode that leaves it to the engine is told as the engine took it. */
function wishes(asked: Unknown, told: unknown): Unknown {
  // An engine can have listed them among the others, and leaves them out where there are none.
  const listed = { ...objectOf(told), ...('Binds' in objectOf(told) ? { Mounts: [] } : {}) }
  return Object.fromEntries(
    Object.entries(asked).filter(
      ([name, value]) =>
        name in listed && !(name === 'NetworkMode' && /^(?:|default|container:.*)$/.test(textOf(value))),
    ),
  )
}

/** A mount as an engine lists it: a folder of the host by the path that was asked for, not by the place that holds it. */
function mountWords(mount: Unknown, asked: Unknown, view: View): Unknown {
  const { source, mode } = wishOf(asked, textOf(mount['Destination'])) ?? {}
  const place = textOf(mount['Source'])
  const path = mount['Type'] === 'bind' ? (source ?? view.words.heldAt(place)) : undefined
  return {
    ...mount,
    ...(mount['Type'] === 'image' && source !== undefined ? { Name: source } : {}),
    ...(path === undefined ? {} : { Source: posix.normalize(path) }),
    ...(view.words.isSocket(place) ? { Propagation: 'rprivate' } : {}),
    ...(mode === undefined ? {} : { Mode: mode }),
  }
}

/** What was asked for in a place of the container; a mode where that was written in a bind. */
function wishOf(
  asked: Unknown,
  destination: string,
): { readonly source: string; readonly mode?: string } | undefined {
  for (const bind of listOf(asked['Binds'])) {
    const [source = '', target = '', mode = ''] = textOf(bind).split(':')
    if (isAt(target, destination)) return { source, mode }
  }
  const mount = listOf(asked['Mounts'])
    .map(objectOf)
    .find(({ Target }) => isAt(textOf(Target), destination))
  return mount && { source: textOf(mount['Source']) }
}

function isAt(target: string, destination: string): boolean {
  return posix.join(target, '.') === posix.join(destination, '.')
}
