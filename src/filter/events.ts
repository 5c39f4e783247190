/** The engine's events, those that are about objects in reach. */
import type { Filters } from '../decode/query.ts'
import { looksLikeImageId } from '../decode/reference.ts'
import { CLAIM_LABEL } from '../shared/labels.ts'
import { objectOf, textOf, type Unknown } from '../shared/json-value.ts'
import { shorten } from '../shared/refusal.ts'
import { each, fields, number, text, textByName } from './fields.ts'
import type { View } from './view.ts'

/** What an engine tells of an event. */
const known = fields({
  ...each(['Type', 'Action', 'scope', 'status', 'id', 'from'], text),
  ...each(['time', 'timeNano'], number),
  Actor: fields({ ID: text, Attributes: textByName }),
})

/** Attributes that are no labels. */
const plain = fields(each(['name', 'image', 'exitCode', 'signal', 'oldName', 'execDuration'], text))

/** Characters of what happened: an exec's holds its program, which can be as long as a body. */
const LONGEST_ACTION = 200
/** What happened, without the program that it happened to. */
const PLAIN_ACTION = /^(?:health_status: )?[\w-]*/

/** Whether filters would tell what only inspect shows: labels, and the programs of exec by how they begin. */
export function asksInside(filters: Filters | undefined): boolean {
  const asksProgram = filters?.get('event')?.some((action) => /^exec_[a-z]+:/.test(action)) ?? false
  return asksProgram || (filters?.has('label') ?? false)
}

/**
 * The event as the worker may see it, or undefined.
 * @param byInside whether the engine was asked by what only inspect shows
 */
export function filterEvent(written: unknown, view: View, byInside = false): Unknown | undefined {
  const event = known.read(written, view) ?? {}
  const actor = objectOf(event['Actor'])
  const id = textOf(actor['ID'])
  const attributes = objectOf(actor['Attributes'])
  switch (event['Type']) {
    case 'container':
      if (view.inspectable(id)) {
        const told = withAction(event, (action) => shorten(action, LONGEST_ACTION))
        return { ...told, Actor: { ...actor, Attributes: withoutOthers(attributes, view) } }
      }
      // The event of a create can overtake its answer; until then the claim tells whose it is.
      if (view.claim(textOf(attributes[CLAIM_LABEL]))) return withoutClaim(event, actor, attributes)
      if (byInside || !view.container(id)) return undefined
      return {
        ...withAction(event, (action) => PLAIN_ACTION.exec(action)?.[0] ?? ''),
        Actor: { ID: id, Attributes: plain.read(attributes, view) },
      }
    case 'image':
      return view.imageName(textOf(attributes['name'])) || (view.image(id) && isById(attributes))
        ? event
        : undefined
    case 'volume':
      return view.volumeName(id) && isOnOwn(attributes, view) ? event : undefined
    case 'network':
      return view.network(id) !== undefined && view.container(textOf(attributes['container']))
        ? event
        : undefined
    default:
      return undefined
  }
}

/** Without the name by which others committed the container to an image, and the id of a program that others have run in it. */
function withoutOthers(attributes: Unknown, view: View): Unknown {
  const { imageRef, execID } = attributes
  const hidden = [
    ...(imageRef === undefined || view.imageName(textOf(imageRef)) ? [] : ['imageRef', 'imageID']),
    ...(view.exec(textOf(execID)) ? [] : ['execID']),
  ]
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => !hidden.includes(name)))
}

/** Whether what happened to a volume was for a container in reach, or for none. */
function isOnOwn({ container }: Unknown, view: View): boolean {
  return container === undefined || view.container(textOf(container))
}

/** Whether the event of an image is by no name, which can be one that others gave it. */
function isById({ name }: Unknown): boolean {
  return name === undefined || looksLikeImageId(textOf(name))
}

/** An open claim is told to nobody: whatever carries it is taken for what was made under it. */
function withoutClaim(event: Unknown, actor: Unknown, attributes: Unknown): Unknown {
  const { [CLAIM_LABEL]: _claim, ...Attributes } = attributes
  return { ...event, Actor: { ...actor, Attributes } }
}

/** The event with what happened told otherwise; older clients read it as `status`. */
function withAction(event: Unknown, tell: (action: string) => string): Unknown {
  const told = ['Action', 'status'].filter((name) => name in event)
  return { ...event, ...Object.fromEntries(told.map((name) => [name, tell(textOf(event[name]))])) }
}
