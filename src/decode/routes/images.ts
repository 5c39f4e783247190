/** Endpoints about images. */
import { record, rewritten } from '../fields.ts'
import { buildQuery, readImageBuild } from '../operations/build.ts'
import * as image from '../operations/image.ts'
import * as transfer from '../operations/image-transfer.ts'
import { credentials } from '../registry-credentials.ts'
import { NOTHING, onImage, prune, route, takes, unnamed, type Route } from './route.ts'

/** Credentials are the one header that goes on to the engine. */
const authorized = { ...NOTHING, headers: record({ 'X-Registry-Auth': credentials }) }

const save = takes('image.save', { ...NOTHING, query: transfer.imageSaveQuery }, transfer.readImageSave)

export const IMAGE_ROUTES: readonly Route[] = [
  route('GET /images/json', 'ImageList', unnamed('image.list', image.listQuery)),
  // One endpoint, two rights: `import` with fromSrc, else `pull`.
  route(
    'POST /images/create',
    'ImageCreate',
    takes('image.pull', { ...authorized, query: image.pullQuery }, ({ parameters, headers }) => ({
      kind: 'image.pull',
      parameters,
      registryAuth: headers['X-Registry-Auth'],
    })),
    {
      streamed: {
        with: 'fromSrc',
        decoder: takes(
          'image.import',
          { ...NOTHING, query: transfer.imageImportQuery },
          transfer.readImageImport,
        ),
      },
      repeatable: ['changes'],
    },
  ),
  route(
    'POST /build',
    'ImageBuild',
    takes(
      'image.build',
      {
        ...NOTHING,
        query: buildQuery,
        headers: record({
          'X-Registry-Config': credentials,
          'Content-type': rewritten(() => undefined, 'sent as application/x-tar'),
        }),
      },
      ({ parameters, headers, findings }) =>
        readImageBuild(parameters, headers['X-Registry-Config'], findings),
    ),
    { content: 'stream', repeatable: ['t', 'extrahosts'] },
  ),
  route('GET /images/{name}/json', 'ImageInspect', onImage('image.inspect', image.inspectQuery)),
  route('GET /images/{name}/history', 'ImageHistory', onImage('image.history', image.historyQuery)),
  route('DELETE /images/{name}', 'ImageDelete', onImage('image.remove', image.removeQuery)),
  route('POST /images/{name}/tag', 'ImageTag', onImage('image.tag', transfer.imageTagQuery)),
  route(
    'POST /images/{name}/push',
    'ImagePush',
    takes(
      'image.push',
      { ...authorized, query: transfer.imagePushQuery },
      ({ name, parameters, headers }) => ({
        kind: 'image.push',
        image: name,
        parameters,
        registryAuth: headers['X-Registry-Auth'],
      }),
    ),
  ),
  route('GET /images/{name}/get', 'ImageGet', save),
  route('GET /images/get', 'ImageGetAll', save, { repeatable: ['names'] }),
  route(
    'POST /images/load',
    'ImageLoad',
    takes('image.load', { ...NOTHING, query: transfer.imageLoadQuery }, transfer.readImageLoad),
    { content: 'stream' },
  ),
  route(
    'GET /images/search',
    'ImageSearch',
    takes('image.search', { ...authorized, query: transfer.imageSearchQuery }, ({ parameters, headers }) => ({
      kind: 'image.search',
      parameters,
      registryAuth: headers['X-Registry-Auth'],
    })),
  ),
  route('POST /images/prune', 'ImagePrune', prune('image')),
  route('POST /build/prune', 'BuildPrune', prune('build')),
]
