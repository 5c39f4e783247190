/** The files of an image archive that name images: what `docker save` writes, and nothing beside it. */
import {
  dictionary,
  FieldError,
  forwarded,
  integer,
  list,
  record,
  text,
  type Field,
  type Finding,
} from './fields.ts'
import { parseJson, type Json } from './json.ts'
import { descriptor, type Descriptor } from './oci.ts'
import { cleanPath } from './tar.ts'

/** An image of manifest.json. */
export interface ManifestItem {
  /** As written there. */
  readonly names: readonly string[]
  /** The path of its configuration; empty where the file tells none. */
  readonly config: string
  /** Paths of its layers. */
  readonly layers: readonly string[]
}

/** An image of index.json. */
export interface IndexEntry {
  /** As written there; empty where it has none. */
  readonly name: string
  readonly descriptor: Descriptor
}

/** What the files of an archive that name images say. */
export interface SaidImages {
  /** All names, as they are written. */
  readonly names: readonly string[]
  /** Of manifest.json; undefined where there is none. */
  readonly items: readonly ManifestItem[] | undefined
  /** Of an OCI image layout; undefined where it is none. */
  readonly entries: readonly IndexEntry[] | undefined
}

/** Files that hold names, or say how they are to be read: none of them is passed on. */
export const NAMING: readonly string[] = ['manifest.json', 'index.json', 'repositories', 'oci-layout']

/** Reads the files that name images, by path. @throws {FieldError | JsonError | TarError} */
export function readNaming(files: ReadonlyMap<string, Buffer>): SaidImages {
  const reading = <T>(path: string, reader: (content: Buffer) => T): T | undefined => {
    const content = files.get(path)
    return content === undefined ? undefined : reader(content)
  }
  const items = reading('manifest.json', readManifest)
  const entries = reading('index.json', readIndex)
  const isLayout = reading('oci-layout', checkLayout) ?? false
  const names = [
    ...(items ?? []).flatMap((item) => item.names),
    ...(entries ?? []).flatMap(({ name }) => (name === '' ? [] : name)),
    ...(reading('repositories', readRepositories) ?? []),
  ]
  return { names: [...new Set(names)], items, entries: isLayout ? entries : undefined }
}

const anything = forwarded((value: Json) => value)

const manifest = list(
  record({
    Config: forwarded(text),
    RepoTags: list(forwarded(text)),
    Layers: list(forwarded(text)),
    Parent: forwarded(text),
    LayerSources: dictionary(anything),
  }),
)

const index = record({
  schemaVersion: forwarded(integer),
  mediaType: forwarded(text),
  artifactType: forwarded(text),
  annotations: dictionary(forwarded(text)),
  manifests: list(descriptor),
})

const repositories = dictionary(dictionary(forwarded(text)))

const layout = record({ imageLayoutVersion: forwarded(text) })

/** manifest.json. @throws {FieldError | JsonError | TarError} */
export function readManifest(content: Buffer): readonly ManifestItem[] {
  return read(manifest, content, 'manifest.json').map(
    ({ RepoTags = [], Config = '', Layers = [], Parent = '' }) => {
      // An engine would link them.
      if (Parent !== '')
        throw new FieldError('an image is said to be built upon another: save and load them one by one')
      return { names: RepoTags, config: Config, layers: Layers.map(cleanPath) }
    },
  )
}

const FULL_NAME = 'io.containerd.image.name'
const NAME = 'org.opencontainers.image.ref.name'
/** Of what an engine keeps beside an image, such as signatures (containerd 2.2). */
const SUBJECT = 'io.containerd.manifest.subject'

/** index.json of an OCI image layout; what is no image is left out. @throws {FieldError | JsonError} */
export function readIndex(content: Buffer): readonly IndexEntry[] {
  const { manifests = [] } = read(index, content, 'index.json')
  return manifests
    .filter(({ annotations }) => annotations?.has(SUBJECT) !== true)
    .map((each) => ({ name: nameOf(each), descriptor: each }))
}

/** The name that containerd gives, which takes a short one as it is: a tag alone names no image. */
function nameOf({ annotations }: Descriptor): string {
  const full = annotations?.get(FULL_NAME) ?? ''
  const short = annotations?.get(NAME) ?? ''
  if (full !== '') return full
  return /[/:@]/.test(short) ? short : ''
}

/** `repositories`, which old engines write: the names in it. @throws {FieldError | JsonError} */
export function readRepositories(content: Buffer): readonly string[] {
  const all = read(repositories, content, 'repositories')
  return [...all].flatMap(([name, tags]) => [...tags.keys()].map((tag) => `${name}:${tag}`))
}

/** oci-layout, by which an engine knows an OCI image layout. @throws {FieldError | JsonError} */
function checkLayout(content: Buffer): true {
  const { imageLayoutVersion } = read(layout, content, 'oci-layout')
  if (imageLayoutVersion !== '1.0.0') throw new FieldError('oci-layout is not of version 1.0.0')
  return true
}

function read<T>(field: Field<T>, content: Buffer, file: string): T {
  const findings: Finding[] = []
  const value = field.read(parseJson(content, { folded: true }), file, findings)
  const [first] = findings
  if (first !== undefined) throw new FieldError(`${first.what}: ${first.why}`)
  return value
}
