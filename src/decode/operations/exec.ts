/** Programs run in a container that is there: made by one call, started by another under the id that the first gave. */
import {
  FieldError,
  flag,
  forwarded,
  integer,
  limited,
  list,
  record,
  refused,
  rewritten,
  secret,
  text,
  words,
  type Read,
} from '../fields.ts'
import { expectAtMost } from '../length.ts'
import { withoutValues } from '../line/secrets.ts'
import { queryInteger } from '../query.ts'

export const execCreateBody = record({
  AttachStderr: forwarded(flag),
  AttachStdin: forwarded(flag),
  AttachStdout: forwarded(flag),
  Cmd: limited(words, 'docker.exec, word by word'),
  ConsoleSize: list(forwarded(integer)),
  Container: rewritten(text, 'left out: the path names it (docker-py sends both)'),
  Detach: rewritten(flag, 'left out: the start says it (docker exec --detach sends both)'),
  DetachKeys: forwarded(text),
  detachKeys: rewritten(text, 'sent as DetachKeys, which engines take it for (docker-py spells it so)'),
  Env: secret(limited(words, 'in own containers'), withoutValues),
  Privileged: refused('a privileged exec has every right on the host, whatever the container has'),
  Tty: forwarded(flag),
  User: limited(text, 'in own containers'),
  WorkingDir: limited(text, 'in own containers'),
})
export interface ContainerExec {
  readonly kind: 'container.exec'
  /** The container as the client names it. */
  readonly container: string
  /** The program and its arguments; no shell comes between. */
  readonly argv: readonly string[]
  /** The rest of what is said of it. */
  readonly body: Omit<Read<typeof execCreateBody>, 'Cmd' | 'Container' | 'Detach' | 'detachKeys'>
}

export const execStartBody = record({
  ConsoleSize: list(forwarded(integer)),
  Detach: forwarded(flag),
  Tty: forwarded(flag),
})
export interface ExecStart {
  readonly kind: 'exec.start'
  /** The exec's id, in full. */
  readonly exec: string
  readonly body: Read<typeof execStartBody>
}

export interface ExecInspect {
  readonly kind: 'exec.inspect'
  readonly exec: string
}

export const execResizeQuery = record({ h: forwarded(queryInteger), w: forwarded(queryInteger) })
export interface ExecResize {
  readonly kind: 'exec.resize'
  readonly exec: string
  readonly parameters: Read<typeof execResizeQuery>
}

/** What the kernel takes for one string (execve(2)). An engine keeps an exec as long as its container, also if nobody starts it. */
const MOST_TEXTS = 128 * 1024

/** @throws {FieldError} where there is nothing to run, or too much to keep */
export function readContainerExec(container: string, given: Read<typeof execCreateBody>): ContainerExec {
  const { Cmd: argv = [], Container: named, Detach: _detach, detachKeys, ...rest } = given
  if (named !== undefined && named !== '' && named !== container)
    throw new FieldError(`Container: ${JSON.stringify(named)} is not the container of the path`)
  if (argv.length === 0 || argv[0] === '') throw new FieldError('Cmd must name a program')
  const body = detachKeys === undefined ? rest : { ...rest, DetachKeys: rest.DetachKeys ?? detachKeys }
  const { Env, DetachKeys = '', User = '', WorkingDir = '' } = body
  expectAtMost(MOST_TEXTS, 'the command and environment of an exec', argv, Env?.reveal(), [
    DetachKeys,
    User,
    WorkingDir,
  ])
  return { kind: 'container.exec', container, argv, body }
}
