/** What is told in the worker's own words: names of what is its own, and labels, without those of the gate. */
import { nameAmong } from '../shared/container-names.ts'
import { objectOf, textOf, textsOf, type Unknown } from '../shared/json-value.ts'
import { askedWords } from './asked.ts'
import { cleaned, given, textByName, type Field } from './fields.ts'
import { withoutTargets } from './errors.ts'
import type { View } from './view.ts'

const IN_WORDS = 'names of its own are told as the worker has them'

const worded = (tell: (text: string, view: View) => string): Field<string> =>
  cleaned(
    IN_WORDS,
    given((value, view) => (typeof value === 'string' ? tell(value, view) : undefined)),
  )

export const labels: Field<Unknown> = cleaned(
  "those of the gate are left out, and the worker's project is called as the worker has it",
  given((value, view) => {
    const told = textByName.read(value, view)
    return told && view.words.labels(told)
  }, textByName.children),
)

/** A text of an engine's, as an error is. */
export const message = worded((text, view) => view.words.text(withoutTargets(text)))

/** A text with names of images. */
export const imageText = worded((text, view) => view.words.image(text))

export const imageName: Field<string> = cleaned(
  'names that are not the worker’s are left out, and those of its own are told as the worker has them',
  given((value, view) =>
    typeof value === 'string' && view.imageName(value) ? view.words.image(value) : undefined,
  ),
)

export const volumeName = worded((name, view) => view.words.volume(name))

/** `NAME:/data:ro`, or what begins with a path. */
export const bind = worded((text, view) => {
  const [source = '', ...rest] = text.split(':')
  return source.startsWith('/') || rest.length === 0 ? text : [view.words.volume(source), ...rest].join(':')
})

/** `/db:/web/db`, or `db:alias` as it was written. */
export const link = worded((text, view) => {
  const called = (name: string): string =>
    name.startsWith('/') ? `/${view.words.own(name.slice(1))}` : view.words.own(name)
  const [container = '', alias] = text.split(':')
  if (alias === undefined) return called(container)
  return `${called(container)}:${alias.startsWith('/') ? called(alias) : alias}`
})

/** A network by its id, as the gate asks for it, or what is no network. */
export const networkMode = worded((mode, view) => view.words.networkOf(mode) ?? mode)

/** A field that is read further when all of an object is. */
export function inWords(field: Field<Unknown>, tell: (told: Unknown, view: View) => Unknown): Field<Unknown> {
  return {
    ...cleaned(IN_WORDS, field),
    read: (value, view) => {
      const told = field.read(value, view)
      return told && tell(told, view)
    },
  }
}

/** A container, inspected or in a list. */
export function containerWords(container: Unknown, view: View): Unknown {
  const told = askedWords(container, view)
  const id = textOf(told['Id'])
  const called = (name: string): string =>
    name.startsWith('/') ? `/${view.words.container(id, name.slice(1))}` : view.words.container(id, name)
  const { Name, Names, NetworkSettings } = told
  const name = textOf(Name) || nameAmong(textsOf(Names))
  return {
    ...told,
    ...(typeof Name === 'string' ? { Name: called(Name) } : {}),
    ...(Array.isArray(Names) ? { Names: textsOf(Names).map(called) } : {}),
    ...(NetworkSettings === undefined
      ? {}
      : { NetworkSettings: settingsWords(objectOf(NetworkSettings), name.replace('/', ''), called, view) }),
  }
}

function settingsWords(
  settings: Unknown,
  name: string,
  called: (name: string) => string,
  view: View,
): Unknown {
  if (typeof settings['Networks'] !== 'object' || settings['Networks'] === null) return settings
  const networks = Object.entries(objectOf(settings['Networks'])).map(([network, endpoint]) => {
    const told = objectOf(endpoint)
    const word = view.words.network(textOf(told['NetworkID']), network)
    return [word, endpointWords(told, name, called(name), word)] as const
  })
  return { ...settings, Networks: Object.fromEntries(networks) }
}

/** Without the names that the gate added, by which the container is found as its worker calls it. */
function endpointWords(told: Unknown, name: string, word: string, network: string): Unknown {
  if (name === word) return told
  const asked = askedAliases(textsOf(told['Aliases']), network)
  const full = `${word}.${network}`
  const known = textsOf(told['DNSNames']).map((one) => (one === name ? word : one))
  return {
    ...told,
    ...(told['Aliases'] === undefined ? {} : { Aliases: asked.length === 0 ? null : asked }),
    ...(Array.isArray(told['DNSNames'])
      ? { DNSNames: [...new Set(known)].filter((one) => one !== full || asked.includes(full)) }
      : {}),
  }
}

/** The aliases that were asked for: the gate's own stand before them, of whatever name it had then (decide/create/aliases.ts). */
export function askedAliases(aliases: readonly string[], network: string): readonly string[] {
  const [first = '', second] = aliases
  if (second === `${first}.${network}`) return aliases.slice(2)
  return first.endsWith(`.${network}`) ? aliases.slice(1) : aliases
}

/** A network, with the containers on it. */
export function networkWords(told: Unknown, view: View): Unknown {
  const { Id, Name, Containers } = told
  const name = view.words.network(textOf(Id), textOf(Name))
  if (typeof Containers !== 'object' || Containers === null) return { ...told, Name: name }
  const containers = Object.entries(objectOf(Containers)).map(([id, container]) => {
    const on = objectOf(container)
    return [id, { ...on, Name: view.words.container(id, textOf(on['Name'])) }] as const
  })
  return { ...told, Name: name, Containers: Object.fromEntries(containers) }
}

/** What a container uses, in a line. */
export function statsWords(told: Unknown, view: View): Unknown {
  const { id, name } = told
  if (typeof name !== 'string') return told
  return { ...told, name: `/${view.words.container(textOf(id), name.replace(/^\//, ''))}` }
}

/** An event about something of the worker's. */
export function eventWords(event: Unknown, view: View): Unknown {
  const actor = objectOf(event['Actor'])
  const id = textOf(actor['ID'])
  const attributes = view.words.labels(objectOf(actor['Attributes']))
  const named = (key: string, tell: (name: string) => string): Unknown =>
    typeof attributes[key] === 'string' ? { [key]: tell(attributes[key]) } : {}
  switch (event['Type']) {
    case 'container': {
      const tell = (name: string): string => view.words.container(id, name)
      const oldName = named('oldName', (name) => `/${tell(name.replace(/^\//, ''))}`)
      const { Image: asked } = view.words.asked(id)
      const tellImage = (name: string): string => (typeof asked === 'string' ? asked : view.words.image(name))
      const image = { ...named('image', tellImage), ...named('imageRef', view.words.image) }
      const from = typeof event['from'] === 'string' ? { from: tellImage(event['from']) } : {}
      const Attributes = { ...attributes, ...named('name', tell), ...oldName, ...image }
      return { ...event, ...from, Actor: { ...actor, Attributes } }
    }
    case 'network': {
      const Attributes = { ...attributes, ...named('name', (name) => view.words.network(id, name)) }
      return { ...event, Actor: { ...actor, Attributes } }
    }
    case 'volume': {
      const told = { ...event, Actor: { ...actor, ID: view.words.volume(id), Attributes: attributes } }
      return typeof event['id'] === 'string' ? { ...told, id: view.words.volume(event['id']) } : told
    }
    case 'image': {
      const Attributes = { ...attributes, ...named('name', view.words.image) }
      const ids = typeof event['id'] === 'string' ? { id: view.words.image(event['id']) } : {}
      return { ...event, ...ids, Actor: { ...actor, ID: view.words.image(id), Attributes } }
    }
    default:
      return { ...event, Actor: { ...actor, Attributes: attributes } }
  }
}
