/** Answers about images (API 1.24 to 1.55): every field that is told, and of whom. */
import { listOf, textOf, type Unknown } from '../shared/json-value.ts'
import { dictionary, fields, flag, having, list, number, text, textIf } from './fields.ts'
import type { View } from './view.ts'

type Seen = Pick<View, 'container' | 'image' | 'imageName'>

const texts = list(text)
const nothing = fields({})

const platform = fields({
  architecture: text,
  os: text,
  'os.version': text,
  'os.features': texts,
  variant: text,
})

/** What is told of annotations. Others could be anybody's names for the image, or where it came from. */
const ANNOTATION =
  /^(?:vnd\.docker\.reference\.|com\.docker\.official-images\.|in-toto\.io\/|org\.opencontainers\.image\.(?!ref\.name$))/

const descriptor = fields({
  mediaType: text,
  artifactType: text,
  digest: text,
  size: number,
  annotations: dictionary(text, (key) => ANNOTATION.test(key)),
  platform,
})

const config = fields({
  Hostname: text,
  Domainname: text,
  User: text,
  AttachStdin: flag,
  AttachStdout: flag,
  AttachStderr: flag,
  ExposedPorts: dictionary(nothing),
  Tty: flag,
  OpenStdin: flag,
  StdinOnce: flag,
  Env: texts,
  Cmd: texts,
  Healthcheck: fields({
    Test: texts,
    Interval: number,
    Timeout: number,
    StartPeriod: number,
    StartInterval: number,
    Retries: number,
  }),
  ArgsEscaped: flag,
  Image: text,
  Volumes: dictionary(nothing),
  WorkingDir: text,
  Entrypoint: texts,
  NetworkDisabled: flag,
  MacAddress: text,
  OnBuild: texts,
  Labels: dictionary(text),
  StopSignal: text,
  StopTimeout: number,
  Shell: texts,
})

const signature = fields({
  Name: text,
  Timestamps: list(fields({ Type: text, URI: text, Timestamp: text })),
  KnownSigner: text,
  DockerReference: text,
  Signer: fields(
    Object.fromEntries(
      [
        'CertificateIssuer',
        'SubjectAlternativeName',
        'Issuer',
        'BuildSignerURI',
        'BuildSignerDigest',
        'RunnerEnvironment',
        'SourceRepositoryURI',
        'SourceRepositoryDigest',
        'SourceRepositoryRef',
        'SourceRepositoryIdentifier',
        'SourceRepositoryOwnerURI',
        'SourceRepositoryOwnerIdentifier',
        'BuildConfigURI',
        'BuildConfigDigest',
        'BuildTrigger',
        'RunInvocationURI',
        'SourceRepositoryVisibilityAtSigning',
      ].map((name) => [name, text]),
    ),
  ),
  SignatureType: text,
  Error: text,
  Warnings: texts,
})

/** The tables of one worker. */
function tablesOf(view: Seen) {
  const names = list(textIf(view.imageName))
  // Who built it, and where it was pulled from or pushed to by others, is theirs.
  const identity = fields({
    Signature: list(signature),
    Pull: list(having('Repository', fields({ Repository: textIf(view.imageName) }))),
  })
  const manifest = fields({
    ID: text,
    Descriptor: descriptor,
    Available: flag,
    Size: fields({ Content: number, Total: number }),
    Kind: text,
    ImageData: fields({
      Platform: platform,
      Identity: identity,
      Containers: list(textIf(view.container)),
      Size: fields({ Unpacked: number }),
    }),
    AttestationData: fields({ For: text }),
  })
  const both = { Id: text, RepoTags: names, RepoDigests: names, Size: number, VirtualSize: number }
  const stored = { Descriptor: descriptor, Manifests: list(manifest) }
  return {
    summary: fields(
      {
        ...both,
        ParentId: text,
        Created: number,
        Labels: dictionary(text),
        ...stored,
        // How many containers use it, and how much of it others have too, would tell of other people's.
      },
      { Containers: -1, SharedSize: -1 },
    ),
    inspected: fields({
      ...both,
      Parent: text,
      Comment: text,
      Created: text,
      DockerVersion: text,
      Author: text,
      Config: config,
      Container: textIf(view.container),
      ContainerConfig: config,
      Architecture: text,
      Variant: text,
      Os: text,
      OsVersion: text,
      // Its data are paths of the host.
      GraphDriver: fields({ Name: text }, { Data: null }),
      RootFS: fields({ Type: text, Layers: texts, BaseLayer: text }),
      // When it was last given a name, by whomever.
      Metadata: nothing,
      Identity: identity,
      ...stored,
    }),
    layer: fields({ Id: text, Created: number, CreatedBy: text, Tags: names, Size: number, Comment: text }),
  }
}

/**
 * Images that go by one of the worker's names, or are its own; other names of theirs are left out.
 * @param byName whether the engine was asked for names: it then lists those that match alone, and a name that is left out
 *   must not show by the image's being there
 */
export function filterImages(images: unknown, view: Seen, byName = false): readonly Unknown[] {
  const { summary } = tablesOf(view)
  const isShown = (told: Unknown): boolean => {
    const isKnown = listOf(told['RepoTags']).length + listOf(told['RepoDigests']).length > 0
    return isKnown || (!byName && view.image(textOf(told['Id'])))
  }
  return (list(summary)(images) ?? []).map(withNames).filter(isShown)
}

/** An image as it is inspected: other people's names for it are left out. */
export function filterImage(image: unknown, view: Seen): Unknown {
  return withNames(tablesOf(view).inspected(image) ?? {})
}

/** An image's layers, with no other names than the worker's. */
export function filterHistory(layers: unknown, view: Seen): readonly Unknown[] {
  return list(tablesOf(view).layer)(layers) ?? []
}

/** An engine tells none where there are none, or nothing. */
function withNames(image: Unknown): Unknown {
  return { ...image, RepoTags: listOf(image['RepoTags']), RepoDigests: listOf(image['RepoDigests']) }
}
