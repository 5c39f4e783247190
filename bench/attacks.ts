/** What one worker can ask for to be a burden to others: work whose size it chooses. */
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { tarFile } from '../src/perform/tar-file.ts'
import { requestBytes } from './connection.ts'

/** By its name, what each connection sends again and again. */
export type Attacks = Readonly<Record<string, () => Buffer>>

const MEBIBYTE = 2 ** 20
const API = '/v1.41'

export const ATTACKS: Attacks = {
  'builds by a Dockerfile of 1 MiB of empty lines': () =>
    build(`FROM scratch\n${'\n'.repeat(MEBIBYTE - 20)}`),
  'builds by a Dockerfile of 1 MiB of comments': () =>
    build(`FROM scratch\n${'#\n'.repeat(MEBIBYTE / 2 - 20)}`),
  'builds by one of 990 times 500 continued lines': () =>
    build(`FROM scratch\n${`RUN a${'\\\n'.repeat(500)}\n`.repeat(990)}`),
  'builds by one of 990 long instructions': () =>
    build(`FROM scratch\n${`COPY ${'a '.repeat(500)}b\n`.repeat(990)}`),
  'builds by one of 990 long labels': () =>
    build(`FROM scratch\n${`LABEL ${'a= '.repeat(300)}\n`.repeat(990)}`),
  'builds by one of one line of 1 MiB': () => build(`FROM scratch\nRUN ${'\\ '.repeat(MEBIBYTE / 2 - 20)}a`),
  'contexts of 20,000 entries, with gzip': () => context(gzipSync(entries(20_000, 'a/'))),
  'contexts of 20,000 entries': () => context(entries(20_000, 'a/')),
  'contexts of 3,000 deep entries, with gzip': () => context(gzipSync(entries(3_000, 'a/'.repeat(250)))),
  'contexts of 64 MiB, with gzip': () => context(gzipSync(tarFile('zeros', Buffer.alloc(64 * MEBIBYTE)))),
  'contexts of 32 MiB': () => context(tarFile('file', Buffer.alloc(32 * MEBIBYTE, 'x'))),
  'lists by 600 images': () => get(`/containers/json?filters=${filters({ ancestor: numbers(600, hex) })}`),
  'lists by 6,000 labels': () =>
    get(`/containers/json?filters=${filters({ label: numbers(6_000, String) })}`),
  'images by 600 names': () => get(`/images/json?filters=${filters({ reference: numbers(600, String) })}`),
  'saves of 1,000 images': () => get(`/images/get?${numbers(1_000, (n) => `names=${hex(n)}`).join('&')}`),
  images: () => get('/images/json'),
  'disk usage': () => get('/system/df'),
  containers: () => get('/containers/json?all=1'),
  exports: () => get('/containers/mine/export'),
  'files into a container': () => upload(`PUT ${API}/containers/mine/archive?path=/`),
  imports: () => upload(`POST ${API}/images/create?fromSrc=-`),
  'imports of 64 MiB, with gzip': () =>
    archive(IMPORT, gzipSync(tarFile('zeros', Buffer.alloc(64 * MEBIBYTE)))),
  'imports of 20,000 entries': () => archive(IMPORT, entries(20_000, 'a/')),
  'images to load of 64 MiB, with gzip': () => archive(LOAD, loaded(gzipSync(Buffer.alloc(64 * MEBIBYTE)))),
  'images to load of 64 MiB, with Zstandard': () =>
    archive(LOAD, loaded(zstdCompressSync(Buffer.alloc(64 * MEBIBYTE)))),
  'images to load of 5,000 layers, with gzip': () =>
    archive(LOAD, Buffer.concat(numbers(5_000, (n) => tarFile(`${n}/layer.tar`, gzipSync('x'))))),
  'images to load of 5,000 layers, with Zstandard': () =>
    archive(LOAD, Buffer.concat(numbers(5_000, (n) => tarFile(`${n}/layer.tar`, zstdCompressSync('x'))))),
  'contexts byte by byte': () => byteByByte(`POST ${API}/build`, 'application/x-tar'),
  'images to load byte by byte': () => byteByByte(LOAD, 'application/x-tar'),
  'files into a container byte by byte': () =>
    byteByByte(`PUT ${API}/containers/mine/archive?path=/`, 'application/x-tar'),
  'bodies byte by byte': () => byteByByte(`POST ${API}/containers/create`, 'application/json'),
  'bodies with 1,500 trailers': () =>
    chunked(
      `POST ${API}/containers/create`,
      'application/json',
      `0\r\n${numbers(1_500, (n) => `A${n}: b\r\n`).join('')}\r\n`,
    ),
  'heads of 1,900 headers': () =>
    Buffer.from(`GET /_ping HTTP/1.1\r\nHost: a\r\n${numbers(1_900, (n) => `A${n}: b\r\n`).join('')}\r\n`),
  tags: () => requestBytes('POST', `${API}/images/busybox/tag?repo=busybox&tag=mine`),
  'its record': () => requestBytes('GET', '/dockgate/audit?limit=200'),
  'its record, of which it has none': () => requestBytes('GET', '/dockgate/audit?decision=outcome'),
  'why, of an entry that is not there': () => requestBytes('GET', '/dockgate/why/000000000000'),
  whoami: () => requestBytes('GET', '/dockgate/whoami'),
  'lines of 8,000 assignments': () => line('A=b '.repeat(8_000)),
  'lines of 16,000 words': () => line(`docker ${'a '.repeat(16_000)}`),
  'bodies of 1 MiB of escapes': () => create({ Image: '\n'.repeat(MEBIBYTE / 2 - 20) }),
  'bodies of 1 MiB of spaces': () => json(`{"Image":${' '.repeat(MEBIBYTE - 20)}""}`),
  'bodies of 1 MiB in another alphabet': () => create({ Image: '\u00e4'.repeat(MEBIBYTE / 2 - 20) }),
  'bodies of 9,900 variables': () => create({ Image: 'busybox', Env: numbers(9_900, (n) => `A${n}=${n}`) }),
  'bodies of 9,900 mounts': () =>
    create({ Image: 'busybox', HostConfig: { Binds: numbers(9_900, (n) => `v${n}:/v${n}`) } }),
  'bodies of 9,900 unknown fields': () => create(Object.fromEntries(numbers(9_900, (n) => [`A${n}`, 1]))),
  'bodies of 9,900 labels': () =>
    create({
      Image: 'busybox',
      Labels: Object.fromEntries(numbers(9_900, (n) => [`${'k'.repeat(90)}${n}`, ''])),
    }),
  'containers with 60 KiB in the record': () => create({ Image: 'busybox', Cmd: ['x'.repeat(60_000)] }),
  'programs with 60 KiB in the record': () =>
    requestBytes('POST', `${API}/containers/mine/exec`, { Cmd: ['x'.repeat(60_000)] }),
  'programs with 1,500 variables': () =>
    requestBytes('POST', `${API}/containers/mine/exec`, {
      Cmd: ['a'],
      Env: numbers(1_500, (n) => `A${n}=${n}`),
    }),
  'heads of 60 KiB': () =>
    Buffer.from(`GET /_ping HTTP/1.1\r\nHost: a\r\nAccept: ${'a'.repeat(60_000)}\r\n\r\n`),
  'paths of 60 KiB': () => Buffer.from(`GET /${'a/'.repeat(30_000)}json HTTP/1.1\r\nHost: a\r\n\r\n`),
  'queries of 900 parameters': () => get(`/images/get?${'names=a&'.repeat(900)}`),
  'upgrades that are refused': () =>
    Buffer.from(
      'POST /containers/no/attach HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n',
    ),
  '16 requests ahead': () => Buffer.from('GET /_ping HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(16)),
  '2,000 requests ahead': () => Buffer.from('GET /_ping HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(2_000)),
  'bodies in chunks of one byte': () =>
    Buffer.from(
      `POST ${API}/containers/create HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${'1\r\n \r\n'.repeat(100_000)}0\r\n\r\n`,
    ),
  'new connections': () => Buffer.from('GET /_ping HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'),
  creates: () => create({ Image: 'busybox' }),
}

function numbers<T>(count: number, one: (index: number) => T): readonly T[] {
  return Array.from({ length: count }, (_, index) => one(index))
}

function hex(number: number): string {
  return number.toString(16).padStart(8, 'f')
}

function filters(value: object): string {
  return JSON.stringify(value).replaceAll('"', '%22')
}

function get(path: string): Buffer {
  return requestBytes('GET', `${API}${path}`)
}

function line(text: string): Buffer {
  return requestBytes('POST', '/dockgate/run', { door: 'ssh', line: text })
}

function create(body: object): Buffer {
  return json(JSON.stringify(body))
}

function json(body: string): Buffer {
  return withBody(`POST ${API}/containers/create`, 'application/json', Buffer.from(body))
}

function withBody(start: string, type: string, body: Buffer): Buffer {
  const head = `${start} HTTP/1.1\r\nHost: a\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n`
  return Buffer.concat([Buffer.from(head), body])
}

function build(dockerfile: string): Buffer {
  return context(
    gzipSync(Buffer.concat([tarFile('Dockerfile', Buffer.from(dockerfile)), Buffer.alloc(1024)])),
  )
}

function context(body: Buffer): Buffer {
  return withBody(`POST ${API}/build`, 'application/x-tar', body)
}

const IMPORT = `POST ${API}/images/create?fromSrc=-`
const LOAD = `POST ${API}/images/load`

function upload(start: string): Buffer {
  return archive(start, tarFile('zeros', Buffer.alloc(16 * MEBIBYTE)))
}

function archive(start: string, body: Buffer): Buffer {
  return withBody(start, 'application/x-tar', body)
}

/** An archive of images of one layer, which has no end that an engine would read. */
function loaded(layer: Buffer): Buffer {
  return tarFile('a/layer.tar', layer)
}

/** A body of 200,000 chunks, each of one byte. */
function byteByByte(start: string, type: string): Buffer {
  return chunked(start, type, `${'1\r\n \r\n'.repeat(200_000)}0\r\n\r\n`)
}

function chunked(start: string, type: string, chunks: string): Buffer {
  const head = `${start} HTTP/1.1\r\nHost: a\r\nContent-Type: ${type}\r\nTransfer-Encoding: chunked\r\n\r\n`
  return Buffer.from(head + chunks)
}

function entries(count: number, folder: string): Buffer {
  return Buffer.concat(numbers(count, (index) => tarFile(`${folder}${index}`, Buffer.alloc(0))))
}
