import type { TargetState, UpstreamState } from '@gatewright/shared/model/upstream-state'
import { describe, expect, it } from 'vitest'
import { mergeUpstreams } from './live-state.ts'

const target = (state: Partial<TargetState> = {}): TargetState => ({
  url: 'http://a',
  region: null,
  source: 'settings',
  state: 'healthy',
  reason: null,
  since: 1,
  openRequests: 0,
  latencyMs: null,
  ...state,
})
const upstream = (state: Partial<UpstreamState> = {}): UpstreamState => ({
  name: 'default',
  breaker: null,
  discovery: null,
  targets: [target()],
  ...state,
})

describe('what several workers see', () => {
  it('adds up open requests, and takes the word of the worst', () => {
    const one = upstream({ targets: [target({ openRequests: 2, latencyMs: 7 })], breaker: 'closed' })
    const other = upstream({
      breaker: 'half-open',
      targets: [
        target({ openRequests: 3, latencyMs: 5, state: 'ejected', reason: 'why', since: 9 }),
        target({ url: 'http://b', state: 'draining' }),
      ],
    })
    expect(mergeUpstreams([[one], [other]])).toEqual([
      upstream({
        breaker: 'half-open',
        targets: [
          target({ openRequests: 5, latencyMs: 7, state: 'ejected', reason: 'why', since: 9 }),
          target({ url: 'http://b', state: 'draining' }),
        ],
      }),
    ])
  })

  it('tells the oldest reading of a registry, and any error', () => {
    const read = (updatedAt: number | null, error: string | null = null) =>
      upstream({ discovery: { updatedAt, error } })
    expect(mergeUpstreams([[read(5)], [read(3, 'away')]])[0]?.discovery).toEqual({
      updatedAt: 3,
      error: 'away',
    })
    expect(mergeUpstreams([[read(5)], [read(null)]])[0]?.discovery?.updatedAt).toBeNull()
  })

  it('keeps upstreams apart by their names', () => {
    const names = mergeUpstreams([[upstream(), upstream({ name: 'beta' })], [upstream()]]).map(
      ({ name }) => name,
    )
    expect(names).toEqual(['default', 'beta'])
  })
})
