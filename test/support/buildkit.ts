/** BuildKit through a gate: by docker, and by calls that no docker makes. */
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect as connectSocket } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Socket } from 'node:net'
import { answerOf, GrpcClient, type Metadata } from '../../src/grpc/client.ts'
import type { CommandOptions, CommandResult } from './docker.ts'

/** Runs docker against a gate or an engine, with files in a folder of its own. @param files content by path */
export async function inFolder(
  files: Readonly<Record<string, string>>,
  run: (folder: string) => Promise<CommandResult>,
): Promise<CommandResult> {
  const folder = await mkdtemp(join(tmpdir(), 'dockgate-folder-'))
  try {
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(join(folder, path)), { recursive: true })
      await writeFile(join(folder, path), content)
    }
    return await run(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

type Docker = (args: readonly string[], options?: CommandOptions) => Promise<CommandResult>

/** Builds a Dockerfile beside a file `given`, by BuildKit; what it prints is its progress, line by line. */
export function build(
  docker: Docker,
  dockerfile: string,
  ...flags: readonly string[]
): Promise<CommandResult> {
  const files = { Dockerfile: dockerfile, given: 'from the context\n' }
  return inFolder(files, (folder) =>
    docker(['build', '--progress', 'plain', ...flags, folder], { timeout: 90_000 }),
  )
}

/** A connection of BuildKit's, as a client has it. @param path `/grpc` @param headers of the request */
export async function takeOver(
  socket: string,
  path: string,
  headers: readonly string[] = [],
): Promise<{ readonly status: string; readonly connection: Socket }> {
  const connection = connectSocket(socket)
  await once(connection, 'connect')
  const head = [`POST ${path} HTTP/1.1`, 'Host: docker', 'Connection: Upgrade', 'Upgrade: h2c', ...headers]
  connection.write(`${head.join('\r\n')}\r\n\r\n`)
  let came = Buffer.alloc(0)
  while (!came.includes('\r\n\r\n')) {
    const chunk: unknown = connection.read() ?? (await once(connection, 'readable').then(() => undefined))
    if (chunk instanceof Buffer) came = Buffer.concat([came, chunk])
  }
  const end = came.indexOf('\r\n\r\n') + 4
  if (end < came.length) connection.unshift(came.subarray(end))
  return { status: came.toString('latin1').split('\r\n')[0] ?? '', connection }
}

/** A client that says what it likes. */
export class RawClient implements Disposable {
  readonly #client: GrpcClient

  private constructor(client: GrpcClient) {
    this.#client = client
  }

  static async open(socket: string): Promise<RawClient> {
    const { connection } = await takeOver(socket, '/grpc')
    return new RawClient(new GrpcClient(connection))
  }

  /** One message and its answer. @throws {GrpcError} */
  async call(path: string, message: Uint8Array, metadata: Metadata = []): Promise<Buffer> {
    const call = this.#client.call(path, metadata)
    await call.messages.write(Buffer.from(message))
    call.end()
    return answerOf(call)
  }

  [Symbol.dispose](): void {
    this.#client.close()
  }
}
