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
import { parseReference } from './reference.ts'

/** An image that a file tells of. */
interface SaidImage {
  /** As written there. */
  readonly names: readonly string[]
  /** The path of its configuration; empty where the file tells none. */
  readonly config: string
  /** Of its manifest: its id for an engine that keeps images in containerd's store; empty where the file tells none. */
  readonly digest: string
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

const annotations = dictionary(forwarded(text))
const index = record({
  schemaVersion: forwarded(integer),
  mediaType: forwarded(text),
  artifactType: forwarded(text),
  annotations,
  manifests: list(
    record({
      mediaType: forwarded(text),
      artifactType: forwarded(text),
      digest: forwarded(text),
      size: forwarded(integer),
      platform: anything,
      annotations,
    }),
  ),
})

const repositories = dictionary(dictionary(forwarded(text)))

/** Images of manifest.json that are said to be built upon others. @throws {FieldError | JsonError} */
export function readParents(content: Buffer): readonly string[] {
  return read(manifest, content, 'manifest.json').flatMap(({ Parent = '' }) => (Parent === '' ? [] : Parent))
}

/** manifest.json. @throws {FieldError | JsonError} */
export function readManifest(content: Buffer): readonly SaidImage[] {
  return read(manifest, content, 'manifest.json').map(({ RepoTags = [], Config = '' }) => ({
    names: RepoTags,
    config: Config,
    digest: '',
  }))
}

const FULL_NAME = 'io.containerd.image.name'
const NAME = 'org.opencontainers.image.ref.name'

/** index.json of an OCI image layout. @throws {FieldError | JsonError} */
export function readIndex(content: Buffer): readonly SaidImage[] {
  const { manifests = [], annotations: own } = read(index, content, 'index.json')
  const items = [{ annotations: own, digest: '' }, ...manifests]
  return items.map(({ annotations: given, digest = '' }) => {
    const full = given?.get(FULL_NAME)
    const short = given?.get(NAME)
    // Docker writes the tag alone beside the full name.
    const isTag = full !== undefined && short !== undefined && parseReference(full)?.tag === short
    return { names: [full, isTag ? undefined : short].flatMap((name) => name ?? []), config: '', digest }
  })
}

/** `repositories`, which old engines write: layers by tag, by name. @throws {FieldError | JsonError} */
export function readRepositories(content: Buffer): readonly SaidImage[] {
  const all = read(repositories, content, 'repositories')
  return [...all].map(([name, tags]) => ({
    names: [...tags.keys()].map((tag) => `${name}:${tag}`),
    config: '',
    digest: '',
  }))
}

function read<T>(field: Field<T>, content: Buffer, file: string): T {
  const findings: Finding[] = []
  const value = field.read(parseJson(content), file, findings)
  const [first] = findings
  if (first !== undefined) throw new FieldError(`${first.what}: ${first.why}`)
  return value
}
