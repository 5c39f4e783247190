/**
 * An engine without containers: answers what the benchmark asks as fast as node:http can, so that what is measured is what
 * stands before it. Run as: node stub-engine.ts SOCKET CONTAINERS [IMAGES]
 */
import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Duplex, Writable } from 'node:stream'

interface Container {
  readonly id: string
  readonly name: string
  /** As GET /containers/json lists it. */
  readonly listed: string
  /** The `dd` that it runs. */
  readonly command: readonly string[]
  attached: Duplex | undefined
}

const containers = new Map<string, Container>()
const watchers = new Set<ServerResponse>()
let list: string | undefined

const image = `sha256:${'1b'.repeat(32)}`
const version =
  '{"Version":"26.0.0-stub","ApiVersion":"1.45","MinAPIVersion":"1.24","Os":"linux","Arch":"amd64"}'
const info = '{"NCPU":4,"LoggingDriver":"json-file","MemTotal":8589934592}'

const [socketPath = '', count = '0', imageCount = '0'] = process.argv.slice(2)
const images: readonly ListedImage[] = [
  listedImage(image, ['busybox:latest'], null),
  ...Array.from({ length: Number(imageCount) }, (_, index) =>
    listedImage(`sha256:${randomHex()}`, [`app-${index}:1`, `app-${index}:2`], { text: 'x'.repeat(200) }),
  ),
]
const imageList = JSON.stringify(images)
for (let index = 0; index < Number(count); index += 1) addContainer(`other-${index}`, [])
const server = createServer(answer)
server.on('upgrade', attach)
server.listen(socketPath)

function answer(request: IncomingMessage, response: ServerResponse): void {
  const { method = '', url = '' } = request
  const [path = '', query = ''] = url.replace(/^\/v1\.\d+/, '').split('?')
  const [, first, second, third] = path.split('/')
  if (path === '/_ping') {
    response.writeHead(200, { 'Api-Version': '1.45', Ostype: 'linux', 'Content-Length': 2 }).end('OK')
  } else if (path === '/version') send(response, 200, version)
  else if (path === '/info') send(response, 200, info)
  else if (path === '/images/json') send(response, 200, imageList)
  else if (first === 'images' && third === 'json') sendImage(response, second ?? '')
  else if (path === '/system/df') send(response, 200, `{"Images":${imageList},"Containers":[],"Volumes":[]}`)
  else if (path === '/volumes') send(response, 200, '{"Volumes":[],"Warnings":null}')
  else if (path === '/networks') send(response, 200, '[]')
  else if (path === '/events') watch(response)
  else if (path === '/containers/json') send(response, 200, listContainers(query))
  else if (path === '/containers/create') create(request, response, query)
  else if (first === 'containers' && method === 'DELETE') remove(response, second ?? '')
  else if (third === 'start') start(response, second ?? '')
  else if (third === 'tag') send(response, 201, '')
  else if (third === 'export') produce(response, EXPORTED)
  else if (READ.includes(third ?? path)) read(request, response)
  else send(response, 404, '{"message":"the stub has no such endpoint"}')
}

function sendImage(response: ServerResponse, reference: string): void {
  const found = images.find(({ Id }) => Id === reference)
  if (found === undefined) return send(response, 404, '{"message":"no such image"}')
  const { Labels, ...known } = found
  send(response, 200, JSON.stringify({ ...known, Parent: '', Config: { Cmd: ['sh'], Labels } }))
}

/** What has a body that is read to its end, and an answer of no meaning. */
const READ = ['/build', '/images/create', 'archive', 'exec']
const EXPORTED = 32 * 2 ** 20

function read(request: IncomingMessage, response: ServerResponse): void {
  request.resume()
  request.once('end', () =>
    send(response, request.url?.endsWith('/exec') === true ? 201 : 200, `{"Id":"${randomHex()}"}\n`),
  )
}

interface ListedImage {
  readonly Id: string
  readonly RepoTags: readonly string[]
  readonly RepoDigests: readonly string[]
  readonly Created: number
  readonly Size: number
  readonly Labels: object | null
}

function listedImage(id: string, names: readonly string[], labels: object | null): ListedImage {
  return { Id: id, RepoTags: names, RepoDigests: [], Created: 1_700_000_000, Size: 4_000_000, Labels: labels }
}

function randomHex(): string {
  return randomBytes(32).toString('hex')
}

function send(response: ServerResponse, status: number, body: string): void {
  const length = Buffer.byteLength(body)
  response.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': length }).end(body)
}

function listContainers(query: string): string {
  const filters = new URLSearchParams(query).get('filters')
  if (filters !== null) {
    const ids = filters.match(/[0-9a-f]{64}/g) ?? []
    return `[${ids.flatMap((id) => containers.get(id)?.listed ?? []).join(',')}]`
  }
  list ??= `[${[...containers.values()].map((container) => container.listed).join(',')}]`
  return list
}

function create(request: IncomingMessage, response: ServerResponse, query: string): void {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const name = new URLSearchParams(query).get('name')
    // Only those that are made by name are started, so that only their command matters.
    const command =
      name === null
        ? []
        : (Buffer.concat(chunks)
            .toString()
            .match(/(?:if|of|bs|count)=[^"]+/g) ?? [])
    const { id } = addContainer(name ?? '', command)
    send(response, 201, `{"Id":"${id}","Warnings":[]}`)
  })
}

function addContainer(given: string, command: readonly string[]): Container {
  const id = randomHex()
  const name = given === '' ? `made-${id.slice(0, 12)}` : given
  const listed = JSON.stringify({
    Id: id,
    Names: [`/${name}`],
    Image: 'busybox:latest',
    ImageID: image,
    Command: "sh -c 'exec httpd -f -p 8080 -h /www'",
    Created: 1_700_000_000,
    Ports: [{ IP: '127.0.0.1', PrivatePort: 8080, PublicPort: 20_080, Type: 'tcp' }],
    Labels: { 'com.docker.compose.project': 'site', 'com.docker.compose.service': 'web' },
    State: 'created',
    Status: 'Created',
    HostConfig: { NetworkMode: 'default' },
    NetworkSettings: { Networks: { bridge: { NetworkID: '', EndpointID: '', Gateway: '', IPAddress: '' } } },
    Mounts: [],
  })
  const container = { id, name, listed, command, attached: undefined }
  containers.set(id, container)
  list = undefined
  tell('create', container)
  return container
}

function remove(response: ServerResponse, reference: string): void {
  const container = find(reference)
  if (container === undefined) return send(response, 404, '{"message":"no such container"}')
  containers.delete(container.id)
  list = undefined
  tell('destroy', container)
  response.writeHead(204).end()
}

function find(reference: string): Container | undefined {
  return containers.get(reference) ?? [...containers.values()].find(({ name }) => name === reference)
}

function watch(response: ServerResponse): void {
  response.writeHead(200, { 'Content-Type': 'application/json' }).flushHeaders()
  watchers.add(response)
  response.on('close', () => watchers.delete(response))
}

function tell(action: string, { id, name }: Container): void {
  const event = `{"Type":"container","Action":"${action}","Actor":{"ID":"${id}","Attributes":{"name":"${name}"}}}\n`
  for (const watcher of watchers) watcher.write(event)
}

function attach(request: IncomingMessage, socket: Duplex, head: Buffer): void {
  const container = find(/\/containers\/([^/]+)\/attach/.exec(request.url ?? '')?.[1] ?? '')
  if (container === undefined) {
    socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
    return
  }
  socket.on('error', () => socket.destroy())
  socket.write(
    'HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n',
  )
  if (head.length > 0) socket.unshift(head)
  container.attached = socket
}

/** Begins what the container's `dd` would do with the connection that is attached. */
function start(response: ServerResponse, reference: string): void {
  const container = find(reference)
  const socket = container?.attached
  if (container === undefined || socket === undefined) {
    return send(response, 409, '{"message":"the stub starts only what is attached to"}')
  }
  response.writeHead(204).end()
  const blocks = container.command.find((word) => word.startsWith('count='))
  if (blocks === undefined) {
    socket.resume()
    socket.on('end', () => socket.end())
  } else {
    produce(socket, Number(blocks.slice('count='.length)) * 2 ** 20)
  }
}

const BLOCK = Buffer.alloc(64 * 2 ** 10)

function produce(socket: Writable, bytes: number): void {
  let left = bytes
  const write = (): void => {
    while (left > 0) {
      left -= BLOCK.length
      if (!socket.write(BLOCK)) return
    }
    socket.off('drain', write)
    socket.end()
  }
  socket.on('drain', write)
  write()
}
