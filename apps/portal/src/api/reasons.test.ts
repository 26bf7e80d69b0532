import { expect, test } from 'vitest'
import { byReason } from './reasons.ts'

const at = (minute: number) => `2026-11-21T12:0${minute}:00.000Z`

test('one cause on several routes is counted once, the most frequent first', () => {
  expect(
    byReason([
      { status: 404, reason: null, requests: 3, lastAt: at(1) },
      { status: 429, reason: 'rate_limited', requests: 2, lastAt: at(5) },
      { status: 429, reason: 'rate_limited', requests: 5, lastAt: at(2) },
      { status: 404, reason: 'route_not_found', requests: 1, lastAt: at(3) },
    ]),
  ).toEqual([
    { status: 429, reason: 'rate_limited', requests: 7, lastAt: at(5) },
    { status: 404, reason: null, requests: 3, lastAt: at(1) },
    { status: 404, reason: 'route_not_found', requests: 1, lastAt: at(3) },
  ])
})
