/** JSON as clients and attackers may spell it: cases that Go folds, escapes, keys that are there twice, nulls. */
import fc from 'fast-check'

/** A value with its members in order, so that one key can be there twice. */
export type Node =
  | { readonly literal: unknown }
  | { readonly members: readonly (readonly [key: string, value: Node])[] }
  | { readonly items: readonly Node[] }

/** Plain data as a node. */
function nodeOf(value: unknown): Node {
  if (Array.isArray(value)) return { items: value.map(nodeOf) }
  if (typeof value !== 'object' || value === null) return { literal: value }
  return { members: Object.entries(value).map(([key, item]) => [key, nodeOf(item)]) }
}

type Twist = (node: Node) => Node

/** Letters that Go's decoder folds together with others. */
const FOLDED: readonly ((key: string) => string)[] = [
  (key) => key.toLowerCase(),
  (key) => key.toUpperCase(),
  (key) => key.replace(/s/i, '\u017f'),
  (key) => key.replace(/k/i, '\u212a'),
  (key) => key.slice(0, 1).toLowerCase() + key.slice(1),
]
const ODD: readonly unknown[] = [null, true, 0, 1, -1, 1.5, 1e21, '', 'host', [], {}, ['x'], { a: 1 }]

/** Up to three changes at places of the value that the numbers choose. */
export function twisted(value: fc.Arbitrary<unknown>): fc.Arbitrary<Node> {
  const twist = fc.oneof(
    {
      arbitrary: fc.constantFrom(...FOLDED).map((fold) => onMember(([key, item]) => [[fold(key), item]])),
      weight: 2,
    },
    {
      arbitrary: fc
        .tuple(
          fc.constantFrom(...FOLDED, (key: string) => key),
          fc.constantFrom(...ODD),
        )
        .map(([fold, odd]) =>
          onMember(([key, item]) => [
            [key, item],
            [fold(key), nodeOf(odd)],
          ]),
        ),
      weight: 1,
    },
    {
      arbitrary: fc.constantFrom(...ODD).map((odd) => onMember(([key]) => [[key, nodeOf(odd)]])),
      weight: 2,
    },
    { arbitrary: fc.constant(onMember(([key]) => [[key, { literal: null }]])), weight: 1 },
  )
  const at = fc.tuple(fc.nat(), twist)
  return fc
    .tuple(
      value,
      fc.oneof(
        { arbitrary: fc.constant([]), weight: 2 },
        { arbitrary: fc.array(at, { maxLength: 2 }), weight: 3 },
      ),
    )
    .map(([plain, twists]) =>
      twists.reduce((node, [place, change]) => changeAt(node, place, change), nodeOf(plain)),
    )
}

type Member = readonly [string, Node]

function onMember(change: (member: Member) => readonly Member[]): (place: number) => Twist {
  return (place) => (node) => {
    if (!('members' in node) || node.members.length === 0) return node
    const chosen = place % node.members.length
    return {
      members: node.members.flatMap((member, index) => (index === chosen ? change(member) : [member])),
    }
  }
}

/** Changes the object that the number leads to: at each object, in or on. */
function changeAt(node: Node, place: number, change: (place: number) => Twist): Node {
  if ('items' in node) {
    const chosen = place % Math.max(1, node.items.length)
    return {
      items: node.items.map((item, index) => (index === chosen ? changeAt(item, place >> 1, change) : item)),
    }
  }
  if (!('members' in node)) return node
  const chosen = place % Math.max(1, node.members.length)
  const inner = node.members[chosen]?.[1]
  const goesIn = inner !== undefined && !('literal' in inner) && (place >> 4) % 3 !== 0
  if (!goesIn) return change(place)(node)
  return {
    members: node.members.map(([key, item], index) => [
      key,
      index === chosen ? changeAt(item, place >> 3, change) : item,
    ]),
  }
}

/** The text of a node; some letters of strings are written as escapes, which are the same to every reader. */
export function written(node: Node, escapes = 0): string {
  const text = (word: string): string =>
    JSON.stringify(word).replaceAll(/[a-z]/g, (letter, index: number) =>
      (index + escapes) % 17 === 0 && escapes % 3 === 1 && !/\\.?$/.test(JSON.stringify(word).slice(0, index))
        ? `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`
        : letter,
    )
  if ('items' in node) return `[${node.items.map((item) => written(item, escapes)).join(',')}]`
  if ('members' in node)
    return `{${node.members.map(([key, item]) => `${text(key)}:${written(item, escapes)}`).join(',')}}`
  return typeof node.literal === 'string' ? text(node.literal) : JSON.stringify(node.literal)
}
