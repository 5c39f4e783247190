/** POST /commit: an image of a container's files, with the configuration that the query and the body give. */
import {
  FieldError,
  forwarded,
  limited,
  record,
  rewritten,
  secret,
  type Finding,
  type Read,
} from '../fields.ts'
import type { Json } from '../json.ts'
import { queryFlag, queryText } from '../query.ts'
import { checkTexts, checkVolumes, SHORTEST_INTERVAL } from './container-create.ts'
import { LONGEST_STOP } from './container.ts'
import { imageConfigFields } from './container-create-body.ts'
import { containerReference, type Given } from '../parts.ts'
import { imageChanges, tellChanges } from './image-changes.ts'

export const commitQuery = record({
  container: limited(queryText, "one of the worker's own"),
  repo: limited(
    queryText,
    "a name of the worker's own; with names: shared one that run.images has, free or its own",
  ),
  tag: limited(queryText, 'likewise'),
  comment: forwarded(queryText),
  author: forwarded(queryText),
  pause: forwarded(pauseFlag),
  changes: secret(limited(imageChanges, 'single instructions that only describe the image'), tellChanges),
})

/** A container's Config, of what an image has. */
const imageConfig = record({
  ...imageConfigFields,
  Image: rewritten(queryText, 'left out: the image is the one that is made'),
})

/** The body, which may be missing. */
export const commitBody: typeof imageConfig = {
  ...imageConfig,
  read: (value, path, findings) => imageConfig.read(value ?? new Map(), path, findings),
}

export interface ContainerCommit {
  readonly kind: 'container.commit'
  /** The container as the client names it. */
  readonly container: string
  readonly parameters: Read<typeof commitQuery>
  readonly config: Omit<Read<typeof commitBody>, 'Image' | 'MacAddress' | 'OnBuild'>
}

/** @throws {FieldError} where it names no container, or says too much */
export function readCommit({
  parameters: { container = '', ...parameters },
  body: { Image: _image, ...config },
  findings,
}: Given<Read<typeof commitQuery>, Read<typeof commitBody>>): ContainerCommit {
  if (container === '') throw new FieldError('container must name a container')
  checkVolumes(config.Volumes)
  checkTimes(config, findings)
  checkTexts(config)
  return { kind: 'container.commit', container: containerReference(container), parameters, config }
}

/** Finds times of health checks and stops that a host can't bear: an image hands them down. */
function checkTimes(
  { Healthcheck, StopTimeout = 0 }: Pick<ContainerCommit['config'], 'Healthcheck' | 'StopTimeout'>,
  findings: Finding[],
): void {
  for (const field of ['Interval', 'StartInterval'] as const) {
    const interval = Healthcheck?.[field] ?? 0
    if (interval === 0 || interval >= SHORTEST_INTERVAL) continue
    findings.push({
      what: `Healthcheck.${field} = ${interval}`,
      why: 'each check is a process: once a second at most',
      instead: '1s',
    })
  }
  if (StopTimeout < 0 || StopTimeout > LONGEST_STOP) {
    findings.push({
      what: `StopTimeout = ${StopTimeout}`,
      why: `the engine waits this long when it shuts down: 0 to ${LONGEST_STOP} s`,
    })
  }
}

/** An engine takes none for yes. */
function pauseFlag(value: Json, path: string): boolean | undefined {
  return queryText(value, path) === '' ? undefined : queryFlag(value, path)
}
