/**
 * Blobs of an OCI image layout that point to others (OCI image specification 1.1). They can't be written anew, since they go by
 * their digests: so they are read as strictly as it takes for Go to read the same, and anything else is an error. An engine with
 * containerd's store that reads one otherwise when it lists its images lists none.
 */
import {
  dictionary,
  FieldError,
  forwarded,
  integer,
  list,
  record,
  refused,
  text,
  type Field,
  type Finding,
  type Read,
} from './fields.ts'
import { parseJson, type Json } from './json.ts'

export const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
export const INDEX = 'application/vnd.oci.image.index.v1+json'
export const CONFIG = 'application/vnd.oci.image.config.v1+json'
/** Of what is no image. */
export const EMPTY = 'application/vnd.oci.empty.v1+json'
export const LAYER = 'application/vnd.oci.image.layer.v1.tar'

const MANIFESTS: readonly string[] = [MANIFEST, 'application/vnd.docker.distribution.manifest.v2+json']
const INDEXES: readonly string[] = [INDEX, 'application/vnd.docker.distribution.manifest.list.v2+json']
const CONFIGS: readonly string[] = [CONFIG, 'application/vnd.docker.container.image.v1+json', EMPTY]
/** Layers, and what BuildKit attests in the place of one. Of another type containerd could look for more in them. */
const LAYERS =
  /^application\/vnd\.(?:oci\.image\.layer\.(?:nondistributable\.)?v1\.tar(?:\+gzip|\+zstd)?|docker\.image\.rootfs\.(?:foreign\.)?diff\.tar(?:\.gzip|\.zstd)?|in-toto\+json)$/

export type BlobKind = 'manifest' | 'index' | 'config' | 'layer'

/** What a media type is of; undefined for any that is not loaded. */
export function kindOf(mediaType: string | undefined): BlobKind | undefined {
  if (mediaType === undefined) return undefined
  if (MANIFESTS.includes(mediaType)) return 'manifest'
  if (INDEXES.includes(mediaType)) return 'index'
  if (CONFIGS.includes(mediaType)) return 'config'
  return LAYERS.test(mediaType) ? 'layer' : undefined
}

const ELSEWHERE = 'an engine could fetch it from elsewhere'
const INLINE = 'an engine could take it for the file'

const platform = {
  architecture: forwarded(text),
  os: forwarded(text),
  'os.version': forwarded(text),
  'os.features': list(forwarded(text)),
  variant: forwarded(text),
  features: list(forwarded(text)),
}
const annotations = dictionary(forwarded(text))
const descriptorFields = {
  mediaType: forwarded(text),
  artifactType: forwarded(text),
  digest: forwarded(text),
  size: forwarded(integer),
  annotations,
  urls: refused(ELSEWHERE),
  data: refused(INLINE),
}

/** A descriptor of index.json, which is written anew. */
export const descriptor = record({ ...descriptorFields, platform: record(platform) })
export type Descriptor = Read<typeof descriptor>

const exactDescriptor = exact({ ...descriptorFields, platform: exact(platform) })
const manifest = exact({
  schemaVersion: forwarded(integer),
  mediaType: forwarded(text),
  artifactType: forwarded(text),
  config: exactDescriptor,
  layers: list(exactDescriptor),
  subject: exactDescriptor,
  annotations,
})
const index = exact({
  schemaVersion: forwarded(integer),
  mediaType: forwarded(text),
  artifactType: forwarded(text),
  manifests: list(exactDescriptor),
  subject: exactDescriptor,
  annotations,
})

/** A manifest: its configuration and its layers. @throws {FieldError | JsonError} */
export function readManifestBlob(
  content: Buffer,
  mediaType: string,
): { readonly config: Descriptor; readonly layers: readonly Descriptor[] } {
  const { config, layers, ...rest } = read(manifest, content, 'a manifest')
  expectVersion(rest, mediaType)
  if (config === undefined || layers === undefined)
    throw new FieldError('a manifest has no configuration or no layers')
  return { config, layers }
}

/** An index: the manifests in it. @throws {FieldError | JsonError} */
export function readIndexBlob(content: Buffer, mediaType: string): readonly Descriptor[] {
  const { manifests, ...rest } = read(index, content, 'an index')
  expectVersion(rest, mediaType)
  if (manifests === undefined) throw new FieldError('an index has no manifests')
  return manifests
}

interface Version {
  readonly schemaVersion?: number | undefined
  readonly mediaType?: string | undefined
}

function expectVersion({ schemaVersion, mediaType }: Version, expected: string): void {
  if (schemaVersion !== 2) throw new FieldError('a manifest or an index is not of version 2')
  if (mediaType !== undefined && mediaType !== expected)
    throw new FieldError(`a manifest or an index says that it is ${mediaType}, and what names it ${expected}`)
}

function read<T>(field: Field<T>, content: Buffer, what: string): T {
  const findings: Finding[] = []
  // Go takes 2.0 or 2e0 for no whole number.
  const value = field.read(parseJson(content, { integers: true, folded: true }), what, findings)
  const [first] = findings
  if (first !== undefined) throw new FieldError(`${first.what}: ${first.why}`)
  return value
}

/** A record without any other key: to Go one is the same in other letters, and there even where it is empty. */
function exact<const F extends Parameters<typeof record>[0]>(fields: F): ReturnType<typeof record<F>> {
  const inner = record(fields)
  return {
    ...inner,
    read: (value: Json, path, findings) => {
      const keys = value instanceof Map ? [...value.keys()] : []
      const other = keys.find((key) => !Object.hasOwn(fields, key))
      if (other !== undefined) throw new FieldError(`${path}.${other}: this field is not known here`)
      return inner.read(value, path, findings)
    },
  }
}
