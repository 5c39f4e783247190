import { describe, expect, test } from 'vitest'
import type { OperationKind } from './operation.ts'
import { addsImages, isChange, mounts, needsFit, propertiesOf } from './properties.ts'
import { ROUTES } from './routes.ts'

const given = ROUTES.filter(({ content }) => content !== 'unread')
/** An import has the endpoint of a pull. */
const kinds = [...new Set<OperationKind>([...given.map(({ kind }) => kind), 'image.import'])]

test('what is only looked at is recorded as a read', () => {
  const asked = given.filter(({ endpoint }) => /^(?:GET|HEAD) /.test(endpoint))
  const changes = asked.filter(({ kind }) => isChange(kind)).map(({ endpoint }) => endpoint)
  // What is typed into a container is not a look at it.
  expect(changes).toEqual(['GET /containers/{id}/attach/ws'])
})

describe('of all that can be asked for', () => {
  test('an engine mounts what a container has for these', () => {
    expect(kinds.filter((kind) => mounts({ kind })).toSorted()).toEqual([
      'container.archive-get',
      'container.archive-put',
      'container.archive-stat',
      'container.commit',
      'container.export',
      'container.restart',
      'container.start',
    ])
  })

  test('these run what a container was made with, or copy it', () => {
    expect(kinds.filter((kind) => needsFit({ kind })).toSorted()).toEqual([
      'container.commit',
      'container.exec',
      'container.restart',
      'container.start',
      'container.unpause',
      'exec.start',
    ])
  })

  test('these bring images and names', () => {
    expect(kinds.filter((kind) => addsImages({ kind })).toSorted()).toEqual([
      'container.commit',
      'image.build',
      'image.import',
      'image.load',
      'image.pull',
      'image.tag',
    ])
  })

  test('these changes end when the client leaves, a stop when the right does, and all others go on to their end', () => {
    const ending = (until: string) =>
      kinds.filter((kind) => isChange(kind) && propertiesOf(kind).until === until).toSorted()
    expect(ending('client')).toEqual([
      'container.archive-put',
      'exec.start',
      'image.build',
      'image.import',
      'image.load',
      'image.pull',
      'image.push',
    ])
    expect(ending('right')).toEqual(['container.stop'])
    const reads = kinds.filter((kind) => !isChange(kind))
    expect(reads.filter((kind) => propertiesOf(kind).until !== 'client')).toEqual([])
  })
})
