/** What answers as an engine without any objects would, for answers that no real engine gives. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

interface FakeEngine extends Disposable {
  /** `unix:///…` */
  readonly url: string
}

const ANSWERS: Readonly<Record<string, unknown>> = {
  _ping: 'OK',
  info: { NCPU: 2 },
  version: { Version: '26.0.0' },
  'containers/json': [],
  'images/json': [],
  networks: [],
  volumes: { Volumes: [] },
}

/** Starts one. @param special what it answers otherwise, by method and path without version and query */
export async function startFakeEngine(
  special: Readonly<Record<string, (request: IncomingMessage, response: ServerResponse) => void>>,
): Promise<FakeEngine> {
  const directory = mkdtempSync(join(tmpdir(), 'dockgate-fake-'))
  const path = join(directory, 'docker.sock')
  const server = createServer((request, response) => {
    const [, what = ''] = /^\/(?:v1\.[0-9]+\/)?([^?]*)/.exec(request.url ?? '') ?? []
    const own = special[`${request.method} /${what}`]
    response.setHeader('Api-Version', '1.45')
    if (own !== undefined) own(request, response)
    // Nothing ever happens in it.
    else if (what === 'events') response.flushHeaders()
    else response.writeHead(what in ANSWERS ? 200 : 404).end(JSON.stringify(ANSWERS[what] ?? {}))
  })
  await new Promise<void>((resolve) => server.listen(path, resolve))
  return {
    url: `unix://${path}`,
    [Symbol.dispose]: () => {
      server.closeAllConnections()
      server.close()
      rmSync(directory, { recursive: true })
    },
  }
}
