import { expect, test } from 'vitest'
import { byReason } from './reasons.ts'

test('one cause on several routes is counted once, the most frequent first', () => {
  expect(
    byReason([
      { status: 404, reason: null, requests: 3 },
      { status: 429, reason: 'rate_limited', requests: 2 },
      { status: 429, reason: 'rate_limited', requests: 5 },
      { status: 404, reason: 'route_not_found', requests: 1 },
    ]),
  ).toEqual([
    { status: 429, reason: 'rate_limited', requests: 7 },
    { status: 404, reason: null, requests: 3 },
    { status: 404, reason: 'route_not_found', requests: 1 },
  ])
})
