import { describe, expect, test } from 'vitest'
import { readImage, readInspectedImage } from './listed.ts'

const Id = `sha256:${'a'.repeat(64)}`
const other = `sha256:${'b'.repeat(64)}`

describe('the names of an image', () => {
  test.each([
    ['are its tags and digests, in full', ['app:1', 'reg.example/app:2'], [`app@${other}`], 3],
    [
      'are not its id in a repository of its tags, which containerd’s store tells beside them',
      ['app:1'],
      [`app@${Id}`],
      1,
    ],
    ['are its id in a repository where it was pulled by it', [], [`app@${Id}`], 1],
    [
      'are its id among its tags, once, which containerd’s store tells of such a pull',
      ['app:1', `app@${Id}`],
      [`app@${Id}`],
      2,
    ],
    ['are those that are listed twice, twice', ['app:1', 'app:1'], [`app@${Id}`], 2],
    ['are not its id alone, nor <none>', ['<none>:<none>'], [Id, '<none>@<none>'], 0],
  ])('%s', (_what, RepoTags, RepoDigests, count) => {
    expect(readImage({ Id, RepoTags, RepoDigests }, false).names).toHaveLength(count)
  })

  test.each([
    ['tags', ['docker.io/library/app:1'], [`docker.io/library/app@${other}`], ['docker.io/library/app:1']],
    [
      'digests of other repositories',
      ['docker.io/library/app:1'],
      [`docker.io/library/app@${other}`, `quay.io/app@${other}`],
      ['docker.io/library/app:1', `quay.io/app@${other}`],
    ],
    ['digest', [], [`quay.io/app@${other}`], [`quay.io/app@${other}`]],
    ['digest, listed as a tag', [`quay.io/app@${other}`], [`quay.io/app@${other}`], [`quay.io/app@${other}`]],
  ])('are on Podman, which tells the digest in each repository of a tag, its %s', (...told) => {
    const [, RepoTags, RepoDigests, names] = told
    expect(readImage({ Id, RepoTags, RepoDigests }, true)).toMatchObject({ names, digests: [other] })
  })
})

test('what an image names for its containers is counted, and what none of them may have is found', () => {
  const Config = {
    Volumes: { '/data': {}, '/dev/': {} },
    ExposedPorts: { '80/tcp': {} },
    Env: ['A=b', 'C*', 'D='],
  }
  expect(readInspectedImage({ Id, Config }, false).named).toEqual({
    volumes: 2,
    ports: 1,
    guarded: '/dev/',
    unset: 'C*',
  })
  const plain = { Volumes: null, Env: ['A='] }
  expect(readInspectedImage({ Id, Config: plain }, false).named).toEqual({ volumes: 0, ports: 0 })
})
