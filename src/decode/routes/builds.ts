/** The two connections of BuildKit: what is said there is another protocol (decode/buildkit/). */
import { readBuildSession, sessionHeaders } from '../operations/buildkit.ts'
import { NOTHING, route, takes, type Route } from './route.ts'

export const BUILD_ROUTES: readonly Route[] = [
  route(
    'POST /grpc',
    'Grpc',
    takes('build.connect', NOTHING, () => ({ kind: 'build.connect' })),
    { takesOver: 'h2c' },
  ),
  route(
    'POST /session',
    'Session',
    takes('build.session', { ...NOTHING, headers: sessionHeaders }, ({ headers }) =>
      readBuildSession(headers),
    ),
    { takesOver: 'h2c' },
  ),
]
