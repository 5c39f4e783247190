/** A policy's text as YAML, in the narrow form that a policy may have, with the place of every value in it. */
import { type Document, isAlias, isMap, isScalar, isSeq, parseDocument, visit, type YAMLError } from 'yaml'

/** Something wrong at a place of the text. */
export interface Complaint {
  /** UTF-16 code units from the start of the text. */
  readonly offset: number
  readonly message: string
  readonly hint?: string
}

export interface Source {
  readonly data: unknown
  /** Where the key or the value at a path stands; where there is none, the key that it is missing under. */
  readonly offsetOf: (path: readonly PropertyKey[], at: 'key' | 'value') => number
}

/** Reads one YAML document of maps with text keys, lists and plain values: no anchors, tags or directives. */
export function readSource(text: string): Source | { readonly complaints: readonly Complaint[] } {
  const document = parseDocument(text, {
    uniqueKeys: true,
    stringKeys: true,
    prettyErrors: false,
    version: '1.2',
  })
  const syntax = syntaxComplaints(document, text)
  const complaints = syntax.length > 0 ? syntax : featureComplaints(document, text)
  if (complaints.length > 0) return { complaints }
  const data: unknown = document.toJS({ maxAliasCount: 0 })
  return { data, offsetOf: (path, at) => offsetOf(document.contents, path, at) }
}

/** One error of syntax makes others out of what follows, so only the first is told, and every key that is there twice. */
function syntaxComplaints({ errors, warnings }: Document.Parsed, text: string): readonly Complaint[] {
  const deep = errors.find((error) => error.code === 'RESOURCE_EXHAUSTION')
  const twice = errors.filter((error) => error.code === 'DUPLICATE_KEY')
  const other = deep ?? [...errors, ...warnings].find((error) => error.code !== 'DUPLICATE_KEY')
  return [...(deep === undefined ? twice : []), ...(other === undefined ? [] : [other])].map((error) =>
    syntaxComplaint(error, text),
  )
}

function syntaxComplaint(error: YAMLError, text: string): Complaint {
  const [offset] = error.pos
  switch (error.code) {
    case 'DUPLICATE_KEY':
      return { offset, message: 'this key is there twice' }
    case 'MULTIPLE_DOCS':
      return { offset, message: 'a policy is one document, and here another one begins' }
    case 'NON_STRING_KEY':
      return { offset, message: 'a key must be plain text' }
    case 'RESOURCE_EXHAUSTION':
      return { offset, message: 'the file is nested too deeply' }
    case 'TAG_RESOLVE_FAILED':
      return { offset, message: 'tags (!…) are not used in policies' }
    case 'TAB_AS_INDENT':
      return { offset, message: 'a tab does not indent in YAML', hint: 'use spaces' }
    default: {
      const reason = error.message.slice(0, 1).toLowerCase() + error.message.slice(1)
      // An end that is missing is reported past the last character.
      return { offset: Math.min(offset, text.length), message: `this is not YAML: ${reason}` }
    }
  }
}

function featureComplaints(document: Document.Parsed, text: string): readonly Complaint[] {
  const complaints: Complaint[] = []
  const { yaml, tags } = document.directives
  if (yaml.explicit === true || Object.keys(tags).length > 1) {
    complaints.push({ offset: text.search(/^%/m), message: 'directives (%…) are not used in policies' })
  }
  visit(document, {
    Node(_, node) {
      const offset = node.range?.[0] ?? 0
      if (isAlias(node)) complaints.push({ offset, message: 'aliases (*…) are not used in policies' })
      else if (node.anchor !== undefined)
        complaints.push({ offset, message: 'anchors (&…) are not used in policies' })
      else if (node.tag !== undefined)
        complaints.push({ offset, message: 'tags (!…) are not used in policies' })
    },
  })
  return complaints
}

function offsetOf(root: unknown, path: readonly PropertyKey[], at: 'key' | 'value'): number {
  let node = root
  let key = 0
  let value = start(root) ?? 0
  for (const step of path) {
    const [stepKey, stepValue] = child(node, step)
    if (stepKey === undefined) return key
    key = start(stepKey) ?? key
    // A value that is left out has no place of its own.
    value = isLeftOut(stepValue) ? key : (start(stepValue) ?? key)
    node = stepValue
  }
  return at === 'key' ? key : value
}

/** Key and value of a map's entry, or a list's entry twice. */
function child(node: unknown, step: PropertyKey): readonly [unknown, unknown] {
  if (isSeq(node) && typeof step === 'number') return [node.items[step], node.items[step]]
  if (!isMap(node)) return [undefined, undefined]
  const pair = node.items.find(({ key }) => isScalar(key) && key.value === step)
  return [pair?.key, pair?.value]
}

function isLeftOut(node: unknown): boolean {
  return isScalar(node) && node.source === '' && node.type === 'PLAIN'
}

function start(node: unknown): number | undefined {
  return isScalar(node) || isMap(node) || isSeq(node) ? node.range?.[0] : undefined
}
