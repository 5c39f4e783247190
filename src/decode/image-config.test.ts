import { describe, expect, test } from 'vitest'
import { MOST_LABELS } from '../shared/labels.ts'
import { readConfig } from './image-config.ts'
import { MOST_CHECK, MOST_TEXTS } from './operations/container-create.ts'
import { MOST_MOUNTS } from './operations/mounts.ts'

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))

describe('a configuration', () => {
  test.each<[unknown, boolean]>([
    [{}, false],
    [{ config: null, os: 'linux' }, false],
    [{ config: { OnBuild: null, Cmd: ['sh'] } }, false],
    [{ config: { OnBuild: [], Cmd: ['sh'] } }, false],
    [{ config: { Cmd: ['RUN ls'] }, rootfs: { type: 'layers' } }, false],
    [{ OnBuild: ['RUN ls'] }, false],
    [{ config: { Cmd: ['sh'], OnBuild: ['RUN ls'] } }, true],
    [{ config: { OnBuild: ['RUN ls'], Cmd: ['sh'] }, os: 'linux' }, true],
    [{ os: 'linux', Config: { onbuild: 'RUN ls' } }, true],
    [{ container_config: { ONBUILD: ['RUN ls'] } }, true],
  ])('%j has instructions for later builds: %j', (value, expected) => {
    expect(readConfig(json(value)).wrong === 'ONBUILD instructions').toBe(expected)
  })

  const SECOND = 1e9
  const text = (length: number): string => 'x'.repeat(length)
  const labels = `labels of more than ${MOST_LABELS} characters`
  const check = `a health check of more than ${MOST_CHECK} characters`
  const volumes = (count: number): object =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`/${index}`, {}]))
  const often = 'a health check more than once a second'

  test.each<[string, unknown, string | undefined]>([
    ['as many labels as there may be', { Labels: { a: text(MOST_LABELS - 1) } }, undefined],
    ['one character more', { Labels: { a: text(MOST_LABELS) } }, labels],
    ['a long name of a label', { labels: { [text(MOST_LABELS)]: 'a' } }, labels],
    ['much else', { Env: [text(MOST_LABELS), text(10)] }, undefined],
    ['as much as there may be', { Cmd: [text(100), text(MOST_TEXTS - 103)] }, undefined],
    [
      'more',
      { Cmd: [text(100), text(MOST_TEXTS - 102)] },
      `a configuration of more than ${MOST_TEXTS} characters`,
    ],
    [
      'a health check',
      { Healthcheck: { Test: ['CMD', 'a'], Interval: SECOND, StartInterval: 0 } },
      undefined,
    ],
    ['one in other letters, too often', { healthcheck: { INTERVAL: SECOND - 1 } }, often],
    ['one that is too often at the start', { Healthcheck: { Interval: SECOND, StartInterval: -1 } }, often],
    ['one of another time', { Healthcheck: { Timeout: 1, Interval: 0 } }, undefined],
    ['one without a number', { Healthcheck: { Interval: 'x' } }, undefined],
    ['a long one', { Healthcheck: { Test: [text(MOST_CHECK - 3)] } }, check],
    ['one that is as long as it may be', { Healthcheck: { Test: [text(MOST_CHECK - 4)] } }, undefined],
    ['as many volumes as there may be', { Volumes: volumes(MOST_MOUNTS) }, undefined],
    ['a volume at /dev', { Volumes: { '/dev/': {} } }, 'a volume at /dev, /proc or /sys'],
    ['one volume more', { volumes: volumes(MOST_MOUNTS + 1) }, `more than ${MOST_MOUNTS} volumes`],
    ['none', { Healthcheck: null, Interval: 1 }, undefined],
  ])('with %s is told by what is wrong with it', (_what, config, wrong) => {
    expect(readConfig(json({ config, os: 'linux' })).wrong).toBe(wrong)
    expect(readConfig(json({ config: {}, container_config: config })).wrong).toBe(wrong)
  })

  test('has as many characters of labels as all its parts', () => {
    const part = { Labels: { a: 'bc', d: '' }, Env: ['long'] }
    expect(readConfig(json({ config: part, container_config: { labels: { e: 'f' } } })).labels).toBe(6)
    expect(readConfig(json({ config: { Labels: null } })).labels).toBe(0)
  })

  test.each(['[]', '"x"', 'null', '1'])('%s is none', (written) => {
    expect(() => readConfig(Buffer.from(written))).toThrow('the configuration of an image must be an object')
  })
})
