import { describe, expect, test } from 'vitest'
import { read } from '../../../test/support/decoded.ts'

describe('a commit', () => {
  const commit = (query: string, body?: object) => read(`POST /commit?${query}`, body)

  test('names a container, and the configuration of the image', () => {
    const { operation } = commit('container=%2Fweb&repo=a&tag=1&pause=0', { Image: 'x', Cmd: ['sh'] })
    expect(operation).toEqual({
      kind: 'container.commit',
      container: 'web',
      parameters: { repo: 'a', tag: '1', pause: false },
      config: { Cmd: ['sh'] },
    })
    expect(commit('container=web').operation).toMatchObject({ config: {} })
  })

  test.each(['repo=a', 'container=', 'container=&repo=a'])('of nothing (%s) is refused', (query) => {
    expect(commit(query).why).toBe('container must name a container')
  })

  test.each([
    ['', undefined],
    ['1', true],
    ['no', false],
  ])('with pause=%s pauses: %s', (written, pause) => {
    expect(commit(`container=web&pause=${written}`).parameters).toStrictEqual({ pause })
  })

  test('has the volumes and the checks of a create', () => {
    expect(commit('container=web', { Volumes: { a: {} } }).why).toBe('Volumes: "a" is not an absolute path')
    expect(commit('container=web', { Healthcheck: { Interval: 1 } }).found).toEqual([
      'Healthcheck.Interval = 1',
    ])
  })
})
