import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { NONE, policyOf } from '../../test/cases/world.ts'
import { isActedOn } from '../shared/labels.ts'
import { checkLabels, planLabels, unplannedLabels } from './labels.ts'
import type { Violation } from './refuse.ts'

/** The violations that a check finds. */
function found(check: (violations: Violation[]) => void): readonly Violation[] {
  const violations: Violation[] = []
  check(violations)
  return violations
}

describe('labels', () => {
  const labels = (...entries: readonly (readonly [string, string])[]) =>
    found((violations) => checkLabels(new Map(entries), violations))

  test('may have 65536 characters together', () => {
    expect(labels(['a', 'x'.repeat(40_000)], ['bc', 'x'.repeat(65_536 - 40_003)])).toEqual([])
  })

  test('may not have more', () => {
    expect(labels(['a', 'x'.repeat(40_000)], ['bc', 'x'.repeat(65_537 - 40_003)])).toEqual([
      {
        rule: 'run.labels',
        what: 'Labels of 65537 characters',
        why: 'labels travel with every event: 65536 characters in all',
        instead: ['shorter labels'],
      },
    ])
  })

  test('are none where none are given', () => {
    expect(found((violations) => checkLabels(undefined, violations))).toEqual([])
  })

  test('of the gate are its own', () => {
    expect(labels(['dockgate', ''], ['my.dockgate.', ''], ['DOCKGATE.x', ''])).toMatchObject([
      { rule: 'run.labels', what: 'Labels.DOCKGATE.x', instead: [] },
    ])
  })
})

describe('labels that programs of the host act on', () => {
  const run = (...labels: readonly string[]) => policyOf({ ...NONE, run: { labels } }).docker.run
  const asked = new Map([
    ['traefik.enable', 'true'],
    ['Caddy', 'example.org'],
    ['mine', '1'],
  ])

  test('are left out, and those of the image emptied', () => {
    const image = { actedOn: ['traefik.http.routers.x.rule'], project: 'ai-worker.p' }
    expect(planLabels(run(), asked, image)).toEqual({
      labels: { 'traefik.http.routers.x.rule': '', 'com.docker.compose.project': 'ai-worker.p', mine: '1' },
      labelsLeft: ['traefik.enable', 'Caddy'],
    })
  })

  test('are there where the policy names them', () => {
    const image = { actedOn: ['traefik.http.routers.x.rule'], project: undefined }
    expect(planLabels(run('traefik.*'), asked, image)).toEqual({
      labels: { 'traefik.enable': 'true', mine: '1' },
      labelsLeft: ['Caddy'],
    })
    expect(planLabels(run('traefik.enable'), asked, image).labels).toEqual({
      'traefik.http.routers.x.rule': '',
      'traefik.enable': 'true',
      mine: '1',
    })
  })

  test('are those of the documentation', () => {
    const page = readFileSync(new URL('../../docs/policy.md', import.meta.url), 'utf8')
    const part = page.split('\n## Labels\n')[1]?.split('\n## ')[0] ?? ''
    const named = [...part.matchAll(/^(?:`[^`]+`, ?)+.*$/gm)].flatMap(([line]) => [
      ...line.matchAll(/`([^`]+)`/g),
    ])
    const names = named.flatMap(([, name]) => name ?? [])
    expect(names.length).toBeGreaterThan(20)
    expect(names.filter((name) => !isActedOn(`${name}x`))).toEqual([])
  })
})

test('a container has no labels that act but those that were planned', () => {
  const project = 'com.docker.compose.project'
  const { run } = policyOf().docker
  const planned = { [project]: 'ai-worker.p', 'traefik.enable': '' }
  expect(unplannedLabels(planned, { ...planned, mine: '1' }, run, true)).toEqual([])
  expect(
    unplannedLabels({}, { [project]: 'opstack', 'traefik.enable': 'true', mine: '1' }, run, true),
  ).toEqual([project, 'traefik.enable'])
  expect(unplannedLabels({}, { [project]: 'opstack' }, run, false)).toEqual([])
  const given = policyOf({ ...NONE, run: { labels: ['traefik.*'] } }).docker.run
  expect(unplannedLabels({}, { 'traefik.enable': 'true' }, given, true)).toEqual([])
})
