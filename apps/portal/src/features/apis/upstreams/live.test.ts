import type { TargetState } from '@gatewright/shared/model/upstream-state'
import { expect, test } from 'vitest'
import { guardNow, type Live, upstreamsNow } from './live.ts'

const good: TargetState = {
  url: 'http://a',
  region: null,
  source: 'settings',
  state: 'healthy',
  reason: null,
  since: 100,
  openRequests: 2,
  latencyMs: 5,
}

function gateway(id: string, targets: TargetState[], more: Partial<Live['data'][number]> = {}) {
  return {
    gatewayId: id,
    group: 'default',
    upstreams: [{ name: 'default', breaker: null, discovery: null, targets }],
    guard: null,
    ...more,
  }
}

test('a target is as bad as its worst gateway says, and says how many agree', () => {
  const live: Live = {
    data: [
      gateway('gw-1', [good]),
      gateway('gw-2', [{ ...good, state: 'ejected', reason: '5 failures', since: 300, latencyMs: 40 }]),
      gateway('gw-3', [{ ...good, state: 'ejected', reason: '6 failures', since: 200, latencyMs: null }]),
    ],
    unreachable: [],
  }
  expect(upstreamsNow(live).get('default')?.targets).toEqual([
    {
      url: 'http://a',
      region: null,
      source: 'settings',
      state: 'ejected',
      agreeing: 2,
      gateways: 3,
      reason: '6 failures',
      since: 200,
      openRequests: 6,
      latencyMs: 40,
    },
  ])
})

test('breakers and discoveries are told by their worst', () => {
  const state = (breaker: 'open' | 'closed', updatedAt: number | null, error: string | null) => ({
    upstreams: [{ name: 'default', breaker, discovery: { updatedAt, error }, targets: [] }],
  })
  const live: Live = {
    data: [
      gateway('gw-1', [], state('closed', 20, null)),
      gateway('gw-2', [], state('open', 10, 'NXDOMAIN')),
    ],
    unreachable: [],
  }
  expect(upstreamsNow(live).get('default')).toEqual({
    targets: [],
    breaker: { state: 'open', agreeing: 1, gateways: 2 },
    discovery: { updatedAt: 10, error: 'NXDOMAIN' },
  })
})

test('the counts of a guard add up, and one trip trips all', () => {
  const counted = (requests: number, errors: number, p95Ms: number | null) => [
    { name: 'canary', requests, errors, p95Ms },
  ]
  const live: Live = {
    data: [
      gateway('gw-1', [], {
        guard: { state: 'watching', reason: null, at: null, upstreams: counted(10, 0, 8) },
      }),
      gateway('gw-2', [], {
        guard: { state: 'tripped', reason: 'canary: 50 % errors', at: 7, upstreams: counted(20, 10, null) },
      }),
    ],
    unreachable: [],
  }
  expect(guardNow(live)).toEqual({
    state: 'tripped',
    reason: 'canary: 50 % errors',
    at: 7,
    upstreams: [{ name: 'canary', requests: 30, errors: 10, p95Ms: 8 }],
  })
  expect(guardNow({ data: [gateway('gw-1', [])], unreachable: [] })).toBeNull()
})
