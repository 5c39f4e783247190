/** The engine's events, those that are about objects in reach. */
import { CLAIM_LABEL } from '../shared/labels.ts'
import { objectOf, textOf, type Unknown } from '../shared/json-value.ts'
import { pick } from './inspect.ts'
import type { View } from './view.ts'

/** Attributes that are no labels. */
const PLAIN = ['name', 'image', 'exitCode', 'signal', 'oldName', 'execDuration']

/** The event as the worker may see it, or undefined. */
export function filterEvent(written: unknown, view: View): Unknown | undefined {
  const event = objectOf(written)
  const actor = objectOf(event['Actor'])
  const id = textOf(actor['ID'])
  const attributes = objectOf(actor['Attributes'])
  switch (event['Type']) {
    case 'container':
      if (view.inspectable(id)) return event
      // The event of a create can overtake its answer; until then the claim tells whose it is.
      if (view.claim(textOf(attributes[CLAIM_LABEL]))) return event
      return view.container(id)
        ? { ...event, Actor: { ID: id, Attributes: pick(attributes, PLAIN) } }
        : undefined
    case 'image':
      return view.imageName(textOf(attributes['name'])) || view.image(id) ? event : undefined
    case 'volume':
      return view.volumeName(id) ? event : undefined
    case 'network':
      return view.container(textOf(attributes['container'])) ? event : undefined
    default:
      return undefined
  }
}
