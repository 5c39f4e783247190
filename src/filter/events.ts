/** The engine's events, those that are about objects in reach. */
import type { SystemEvents } from '../decode/operations/system.ts'
import { looksLikeImageId } from '../decode/reference.ts'
import { CLAIM_LABEL } from '../shared/labels.ts'
import { objectOf, textOf, type Unknown } from '../shared/json-value.ts'
import { shorten } from '../shared/refusal.ts'
import { each, fields, number, text, textByName } from './fields.ts'
import type { View } from './view.ts'
import { eventWords } from './words.ts'

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
export function asksInside({ parameters: { filters }, byWords }: SystemEvents): boolean {
  const asksProgram = filters?.get('event')?.some((action) => /^exec_[a-z]+:/.test(action)) ?? false
  return asksProgram || filters?.has('label') === true || byWords?.has('label') === true
}

/**
 * The event as the worker may see it, or undefined.
 * @param byInside whether the engine was asked by what only inspect shows
 */
export function filterEvent(written: unknown, view: View, byInside = false): Unknown | undefined {
  const event = visible(written, view, byInside)
  const { ID, Attributes } = objectOf(objectOf(objectOf(written)['Actor']))
  const isBeingMade = view.claim(textOf(objectOf(Attributes)[CLAIM_LABEL]))
  return event && eventWords(event, isBeingMade ? whoMade(view, textOf(ID)) : view)
}

/** The view of who has asked for a container whose answer has not come yet. */
function whoMade(view: View, made: string): View {
  const container = (id: string, name: string): string =>
    id === made ? view.words.own(name) : view.words.container(id, name)
  return { ...view, words: { ...view.words, container } }
}

function visible(written: unknown, view: View, byInside: boolean): Unknown | undefined {
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
