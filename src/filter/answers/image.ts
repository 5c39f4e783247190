/** What is told of images: known fields, names that are the worker's, containers in reach. */
import { listOf, textOf, textsOf, type Unknown } from '../../shared/json-value.ts'
import { wordsIn } from '../../shared/words.ts'
import {
  dictionaryIf,
  each,
  fields,
  flag,
  having,
  leftOut,
  list,
  number,
  replaced,
  text,
  textIf,
  texts,
  type Field,
} from '../fields.ts'
import { imageName, imageText, labels } from '../words.ts'
import type { View } from '../view.ts'
import { config } from './config.ts'

const platform = fields({
  ...each(['architecture', 'os', 'os.version', 'variant'], text),
  'os.features': texts,
})

/** What is told of annotations. Others could be anybody's names for the image, or where it came from. */
const ANNOTATION =
  /^(?:vnd\.docker\.reference\.|com\.docker\.official-images\.|in-toto\.io\/|org\.opencontainers\.image\.(?!ref\.name$))/

const ELSEWHERE = 'where it can be had from is others’'

export const descriptor = fields({
  ...each(['mediaType', 'artifactType', 'digest'], text),
  size: number,
  annotations: dictionaryIf((key) => ANNOTATION.test(key), 'names that others gave it are left out', text),
  platform,
  urls: leftOut(ELSEWHERE),
  data: leftOut(ELSEWHERE),
})

const SIGNER = wordsIn(`
  CertificateIssuer SubjectAlternativeName Issuer BuildSignerURI BuildSignerDigest RunnerEnvironment SourceRepositoryURI
  SourceRepositoryDigest SourceRepositoryRef SourceRepositoryIdentifier SourceRepositoryOwnerURI SourceRepositoryOwnerIdentifier
  BuildConfigURI BuildConfigDigest BuildTrigger RunInvocationURI SourceRepositoryVisibilityAtSigning
`)

const names = list(imageName)

const signature = fields({
  ...each(['Name', 'KnownSigner', 'SignatureType', 'Error'], text),
  DockerReference: imageName,
  Timestamps: list(fields(each(['Type', 'URI', 'Timestamp'], text))),
  Signer: fields(each(SIGNER, text)),
  Warnings: texts,
})

const identity = fields({
  Signature: list(signature),
  Pull: list(having('Repository', fields({ Repository: imageName }))),
  Build: leftOut('who built it, of what'),
})

const manifest = fields({
  ...each(['ID', 'Kind'], text),
  Descriptor: descriptor,
  Available: flag,
  Size: fields({ Content: number, Total: number }),
  ImageData: fields({
    Platform: platform,
    Identity: identity,
    Containers: list(textIf((id, view) => view.container(id), 'those out of reach are left out')),
    Size: fields({ Unpacked: number }),
  }),
  AttestationData: fields({ For: text }),
})

/** In a list, those that were asked for. */
const listedNames = list({
  ...imageName,
  read: (value: unknown, view: View) => {
    const name = imageName.read(value, view)
    return name !== undefined && view.keepName(name) ? name : undefined
  },
})

/** What an image has in either form. */
const BOTH = {
  Id: text,
  RepoTags: listedNames,
  RepoDigests: listedNames,
  Size: number,
  VirtualSize: number,
  Descriptor: descriptor,
  Manifests: list(manifest),
}

const OTHERS_USE = 'how much of it others use too'

const summary = withNames(
  fields({
    ...BOTH,
    ParentId: text,
    Created: number,
    Labels: labels,
    Containers: replaced(-1, OTHERS_USE),
    SharedSize: replaced(-1, OTHERS_USE),
  }),
)

/**
 * Images that go by one of the worker's names, or are its own; other names of theirs are left out.
 * @param byName whether the engine was asked for names: it then lists those that match alone, and a name that is left out
 *   must not show by the image's being there
 */
export function listedImage(byName: boolean): Field<Unknown> {
  return {
    ...summary,
    read: (value, view) => {
      const image = summary.read(value, view)
      if (image === undefined) return undefined
      return hasNames(image) || (!byName && view.image(textOf(image['Id']))) ? image : undefined
    },
  }
}

/** An image as it is inspected: other people's names for it are left out. */
export const inspectedImage = withNames(
  fields({
    ...BOTH,
    ...each(['Parent', 'Comment', 'Created', 'DockerVersion', 'Author'], text),
    ...each(['Architecture', 'Variant', 'Os', 'OsVersion'], text),
    Config: config,
    Container: textIf((id, view) => view.container(id), 'one out of reach is left out'),
    ContainerConfig: config,
    GraphDriver: fields({ Name: text, Data: replaced(null, 'paths of the host') }),
    RootFS: fields({ Type: text, Layers: texts, BaseLayer: text }),
    Metadata: fields({ LastTagTime: leftOut('when it was last given a name, by whomever') }),
    Identity: identity,
  }),
)

/** The layers of an image, with no other names than the worker's. */
export const layers = list(
  fields({
    ...each(['Id', 'CreatedBy', 'Comment'], text),
    ...each(['Created', 'Size'], number),
    Tags: names,
  }),
)

export const removed = list(fields(each(['Untagged', 'Deleted'], imageText)))

export const found = list(
  fields({
    ...each(['name', 'description'], text),
    star_count: number,
    ...each(['is_official', 'is_automated'], flag),
  }),
)

/** What an engine tells as it pulls, builds and pushes, line by line. */
export const progress = fields({
  ...each(['id', 'status', 'stream', 'error'], imageText),
  ...each(['progress', 'from'], text),
  progressDetail: fields({
    ...each(['current', 'total', 'start', 'winsize'], number),
    units: text,
    hidecounts: flag,
  }),
  errorDetail: fields({ code: number, message: imageText }),
  ...each(['time', 'timeNano'], number),
  aux: fields({
    ...each(['ID', 'Tag', 'Digest'], text),
    Size: number,
    ...each(['manifestPushedInsteadOfIndex', 'contentMissing'], flag),
    desc: descriptor,
    originalIndex: descriptor,
    selectedManifest: descriptor,
  }),
})

function hasNames(image: Unknown): boolean {
  return listOf(image['RepoTags']).length + listOf(image['RepoDigests']).length > 0
}

/** An engine tells none where there are none, or nothing. */
function withNames(field: Field<Unknown>): Field<Unknown> {
  const read: Field<Unknown>['read'] = (value, view) => {
    const image = field.read(value, view)
    if (image === undefined) return undefined
    const tags = [...new Set(textsOf(image['RepoTags']))]
    const digests = [...new Set(textsOf(image['RepoDigests']))]
    return {
      ...image,
      RepoTags: tags.filter((name) => !isBesideTag(name, tags)),
      RepoDigests: digests.filter((name) => isTold(name, tags, textOf(image['Id']))),
    }
  }
  return { ...field, read }
}

/** With the tags that others gave, which are not told, go the digests that containerd's store tells beside them: the id of the image. */
function isTold(digest: string, tags: readonly string[], id: string): boolean {
  return !digest.endsWith(`@${id}`) || tags.includes(digest) || isBesideTag(digest, tags)
}

/** Whether it is a digest in a repository that has a tag too: containerd's store lists one that was pulled by it among the tags. */
function isBesideTag(name: string, tags: readonly string[]): boolean {
  const [repository = '', digest] = name.split('@')
  return digest !== undefined && tags.some((tag) => tag.startsWith(`${repository}:`))
}
