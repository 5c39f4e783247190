/** Messages of a session (session/): files, secrets, credentials and an SSH agent of the client's. */
import { bytes, choice, int32, int64, text, uint32 } from '../protobuf/kinds.ts'
import { given, maybe, message, refused, several, type Said } from '../protobuf/message.ts'
import { fileStat } from './gateway.ts'

/** A part of a transfer of files (github.com/tonistiigi/fsutil, types/wire.proto). */
export const packet = message('Packet', {
  type: given(1, choice('stat', 'request', 'data', 'end', 'error')),
  stat: maybe(2, fileStat),
  ID: given(3, uint32),
  data: given(4, bytes),
})
export type Packet = Said<typeof packet>

export const credentialsRequest = message('CredentialsRequest', { Host: given(1, text) })
export const credentialsResponse = message('CredentialsResponse', {
  Username: given(1, text),
  Secret: given(2, text),
})
export const fetchTokenRequest = message('FetchTokenRequest', {
  ClientID: given(1, text),
  Host: given(2, text),
  Realm: given(3, text),
  Service: given(4, text),
  Scopes: several(5, text),
})
export const fetchTokenResponse = message('FetchTokenResponse', {
  Token: given(1, text),
  ExpiresIn: given(2, int64),
  IssuedAt: given(3, int64),
})
export const authorityRequest = message('GetTokenAuthorityRequest', {
  Host: given(1, text),
  Salt: given(2, bytes),
})
export const authorityResponse = message('GetTokenAuthorityResponse', { PublicKey: given(1, bytes) })
export const verifyRequest = message('VerifyTokenAuthorityRequest', {
  Host: given(1, text),
  Payload: given(2, bytes),
  Salt: given(3, bytes),
})
export const verifyResponse = message('VerifyTokenAuthorityResponse', { Signed: given(1, bytes) })

export const secretRequest = message('GetSecretRequest', {
  ID: given(1, text),
  annotations: refused(2, 'no engine is known to send any'),
})
export const secretResponse = message('GetSecretResponse', { data: given(1, bytes) })

export const agentRequest = message('CheckAgentRequest', { ID: given(1, text) })

export const healthRequest = message('HealthCheckRequest', { service: given(1, text) })
export const healthResponse = message('HealthCheckResponse', { status: given(1, int32) })
