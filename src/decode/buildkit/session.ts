/** What an engine may ask the client of a build: a closed list of calls (session/). */
import type { Message, Reading } from '../protobuf/message.ts'
import { bytesMessage, nothing } from './control.ts'
import {
  packet,
  credentialsRequest,
  credentialsResponse,
  fetchTokenRequest,
  fetchTokenResponse,
  authorityRequest,
  authorityResponse,
  verifyRequest,
  verifyResponse,
  secretRequest,
  secretResponse,
  agentRequest,
  healthRequest,
  healthResponse,
} from './session-messages.ts'
import { WireError } from '../protobuf/wire.ts'
import { Transfer } from './transfer.ts'

/** Reads a message, and writes it anew. @throws {WireError} for one that may not be said */
type Rewrite = (bytes: Buffer, reading: Reading) => Buffer

/** What an engine may call in a session. */
export interface SessionMethod {
  /** For each call: of what it says, and of what the client says. */
  readonly asked: () => Rewrite
  readonly answered: () => Rewrite
  /** Names of metadata that goes along; one that ends in a hyphen stands for all that begin so. */
  readonly metadata: readonly string[]
  /** For the reference table. */
  readonly messages: readonly Message<unknown>[]
}

function is(
  asked: Message<unknown>,
  answered: Message<unknown>,
  metadata: readonly string[] = [],
): SessionMethod {
  return { asked: () => anew(asked), answered: () => anew(answered), metadata, messages: [asked, answered] }
}

function anew<T>(kind: Message<T>): Rewrite {
  return (said, reading) => kind.encode(kind.decode(said, reading))
}

/** A part of what an engine sends: of a folder a packet, of a file what is in it. Its first byte tells, as a packet begins with a number. */
const sent: Rewrite = (said, reading) =>
  said[0] === BYTES_FIRST ? anew(bytesMessage)(said, reading) : anew(packet)(said, reading)

/** Field 1, with a length. */
const BYTES_FIRST = 0x0a

/** Files that a client sends. */
function received(): Rewrite {
  const transfer = new Transfer()
  return (said, reading) => transfer.rewrite(said, reading)
}

/** What a client says of files that it is sent: which it wants, and that it has them. */
const wanted: Rewrite = (said, reading) => {
  if (said[0] === BYTES_FIRST) return anew(bytesMessage)(said, reading)
  const part = packet.decode(said, reading)
  if (part.stat !== undefined || part.type === 'stat' || part.type === 'data')
    throw new WireError('a client that is sent files sends none')
  return packet.encode(part)
}

const SYNC = ['dir-name', 'include-patterns', 'exclude-patterns', 'followpaths', 'override-excludes']
const SEND = ['buildkit-attachable-exporter-id', 'exporter-md-']

/** By path. What is not here is refused: an engine has other ways, or asks for it on behalf of what is refused itself. */
export const SESSION_METHODS: ReadonlyMap<string, SessionMethod> = new Map([
  [
    '/moby.filesync.v1.FileSync/DiffCopy',
    {
      asked: () => anew(packet),
      answered: received,
      metadata: SYNC.flatMap((name) => [name, `${name}-encoded`]),
      messages: [packet, packet],
    },
  ],
  [
    '/moby.filesync.v1.FileSend/DiffCopy',
    { asked: () => sent, answered: () => wanted, metadata: SEND, messages: [packet, packet] },
  ],
  ['/moby.upload.v1.Upload/Pull', is(bytesMessage, bytesMessage, ['urlpath', 'urlhost'])],
  ['/moby.filesync.v1.Auth/Credentials', is(credentialsRequest, credentialsResponse)],
  ['/moby.filesync.v1.Auth/FetchToken', is(fetchTokenRequest, fetchTokenResponse)],
  ['/moby.filesync.v1.Auth/GetTokenAuthority', is(authorityRequest, authorityResponse)],
  ['/moby.filesync.v1.Auth/VerifyTokenAuthority', is(verifyRequest, verifyResponse)],
  ['/moby.buildkit.secrets.v1.Secrets/GetSecret', is(secretRequest, secretResponse)],
  ['/moby.sshforward.v1.SSH/CheckAgent', is(agentRequest, nothing)],
  ['/moby.sshforward.v1.SSH/ForwardAgent', is(bytesMessage, bytesMessage, ['buildkit.ssh.id'])],
  ['/grpc.health.v1.Health/Check', is(healthRequest, healthResponse)],
])
