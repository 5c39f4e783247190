/** Endpoints about images. */
import { readImageBuild } from '../operations/build.ts'
import * as image from '../operations/image.ts'
import * as transfer from '../operations/image-transfer.ts'
import type { Operation } from '../operation.ts'
import { registryAuth, type Parts } from '../parts.ts'
import { prune, route, type Route } from './route.ts'

export const IMAGE_ROUTES: readonly Route[] = [
  route('GET /images/json', 'ImageList', ({ query, findings }) => ({
    kind: 'image.list',
    parameters: image.imageListQuery.read(query, '', findings),
  })),
  route('POST /images/create', 'ImageCreate', readImageCreate, {
    streamsWith: 'fromSrc',
    repeatable: ['changes'],
  }),
  route(
    'POST /build',
    'ImageBuild',
    ({ query, header, findings }) =>
      readImageBuild(query, registryAuth(header('x-registry-config')), findings),
    { body: 'stream', repeatable: ['t'] },
  ),
  route('GET /images/{name}/json', 'ImageInspect', ({ name, query, findings }) => ({
    kind: 'image.inspect',
    image: name,
    parameters: image.imageInspectQuery.read(query, '', findings),
  })),
  route('GET /images/{name}/history', 'ImageHistory', ({ name, query, findings }) => ({
    kind: 'image.history',
    image: name,
    parameters: image.imageHistoryQuery.read(query, '', findings),
  })),
  route('DELETE /images/{name}', 'ImageDelete', ({ name, query, findings }) => ({
    kind: 'image.remove',
    image: name,
    parameters: image.imageRemoveQuery.read(query, '', findings),
  })),
  route('POST /images/{name}/tag', 'ImageTag', ({ name, query, findings }) => ({
    kind: 'image.tag',
    image: name,
    parameters: transfer.imageTagQuery.read(query, '', findings),
  })),
  route('POST /images/{name}/push', 'ImagePush', transfer.readImagePush),
  route('GET /images/{name}/get', 'ImageGet', transfer.readImageSave),
  route('GET /images/get', 'ImageGetAll', transfer.readImageSave, { repeatable: ['names'] }),
  route('POST /images/load', 'ImageLoad', transfer.readImageLoad, { body: 'stream' }),
  route('GET /images/search', 'ImageSearch', transfer.readImageSearch),
  route('POST /images/prune', 'ImagePrune', prune('image', 'image.prune')),
  route('POST /build/prune', 'BuildPrune', prune('build', 'build.prune')),
]

/** One endpoint, two rights: `import` with fromSrc, else `pull`. */
function readImageCreate(parts: Parts): Operation {
  const { query, header, findings } = parts
  if ((query.get('fromSrc') ?? '') !== '') return transfer.readImageImport(parts)
  return {
    kind: 'image.pull',
    parameters: image.imagePullQuery.read(query, '', findings),
    registryAuth: registryAuth(header('x-registry-auth')),
  }
}
