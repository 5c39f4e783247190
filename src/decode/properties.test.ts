import { expect, test } from 'vitest'
import { isChange } from './properties.ts'
import { ROUTES } from './routes.ts'

const asked = ROUTES.filter(
  ({ endpoint, content }) => content !== 'unread' && /^(?:GET|HEAD) /.test(endpoint),
)

test('what is only looked at is recorded as a read', () => {
  const changes = asked.filter(({ kind }) => isChange(kind)).map(({ endpoint }) => endpoint)
  // What is typed into a container is not a look at it.
  expect(changes).toEqual(['GET /containers/{id}/attach/ws'])
})
