import { expect, test } from 'vitest'
import { plainFields, pointerSteps } from './config-changes.tsx'

test('a pointer reads as steps, and a route stays one step', () => {
  expect(pointerSteps('routes/GET /books/policies/rate-limit/limit')).toEqual([
    'routes',
    'GET /books',
    'policies',
    'rate-limit',
    'limit',
  ])
  expect(pointerSteps('routes/DELETE /books/{id}/copies')).toEqual(['routes', 'DELETE /books/{id}/copies'])
  expect(pointerSteps('upstream/targets/0/url')).toEqual(['upstream', 'targets', '0', 'url'])
  expect(pointerSteps('routes/POST /books (application/json)/upstream')).toEqual([
    'routes',
    'POST /books (application/json)',
    'upstream',
  ])
  expect(pointerSteps('')).toEqual([])
})

test('a new policy tells how it is set, in one line', () => {
  const config = { limit: 777, windowMs: 60_000, burst: null, by: 'application', nested: { a: 1 } }
  expect(plainFields({ name: 'rate-limit', type: 'rate-limit', enabled: true, config })).toBe(
    'limit 777 · windowMs 60000 · by application',
  )
  expect(plainFields({ url: 'https://a', retries: 2, targets: [] })).toBe('url https://a · retries 2')
})
