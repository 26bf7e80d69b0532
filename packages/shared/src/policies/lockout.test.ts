// lockout: which calls count as failures, when an address is locked, and that others are not.
import { describe, expect, it } from 'vitest'
import type { ErrorCode } from '../errors.ts'
import { createContext, createDeps } from '../testing/policy.fixture.ts'
import { policy } from './lockout.ts'
import type { Counters, Taken } from './policy.ts'

const at = { id: 'pol_1', name: 'lockout', scope: 'version', tenantId: 'ten_1', timeZone: 'UTC' } as const

/** Windows that never end, counted exactly. */
function createCounters(): Counters {
  const counts = new Map<string, number>()
  return {
    limiter: ({ id, window }) => ({
      take(key, cost): Taken {
        const limit = 'limit' in window ? window.limit : 0
        const used = counts.get(id + key) ?? 0
        const isIn = used + cost <= limit
        if (isIn) counts.set(id + key, used + cost)
        const kind = isIn ? 'taken' : 'refused'
        return {
          kind,
          remaining: limit - (counts.get(id + key) ?? 0),
          resetMs: 5_000,
          retryMs: 0,
          ticket: '',
        }
      },
      giveBack: () => undefined,
    }),
  }
}

function gateway(counters = createCounters(), config: object = {}) {
  const phases = policy.create(
    policy.spec.config.parse({ failures: 3, ...config }),
    { ...createDeps(), counters },
    at,
  )
  return {
    /** What the policy says of a call that ends so. */
    call(clientAddress: string, reason: ErrorCode | null, status = 401, laterMs = 0) {
      const receivedAtMs = Date.UTC(2026, 10, 21) + laterMs
      const ctx = createContext({ clientAddress, reason, status, receivedAtMs })
      const verdict = phases.request?.(ctx)
      if (verdict === undefined) phases.done?.(ctx)
      return verdict !== undefined && 'code' in verdict ? verdict.code : null
    },
  }
}

describe('D6: lock-out', () => {
  it('of an address after so many failures; others go on', () => {
    const { call } = gateway()
    for (let i = 0; i < 3; i++) expect(call('192.0.2.1', 'credential_invalid')).toBeNull()
    expect(call('192.0.2.1', null, 200)).toBe('client_locked_out')
    expect(call('192.0.2.2', null, 200)).toBeNull()
  })

  it.each<[string, ErrorCode | null, number]>([
    ['that sent nothing', 'credential_missing', 401],
    ['that hit a limit', 'rate_limited', 429],
    ['that the API itself refused', null, 401],
    ['that passed', null, 200],
  ])('does not count calls %s', (_, reason, status) => {
    const { call } = gateway()
    for (let i = 0; i < 9; i++) expect(call('192.0.2.1', reason, status)).toBeNull()
  })

  it('counts answers of the API where its owner says so', () => {
    const { call } = gateway(createCounters(), { statuses: [401] })
    for (let i = 0; i < 3; i++) expect(call('192.0.2.1', null, 401)).toBeNull()
    expect(call('192.0.2.1', null, 200)).toBe('client_locked_out')
  })

  it('holds at other gateways within a second, and for all addresses of an IPv6 network', () => {
    const counters = createCounters()
    const [one, other] = [gateway(counters), gateway(counters)]
    expect(other.call('2001:db8::2', null, 200)).toBeNull()
    for (let i = 0; i < 3; i++) one.call(`2001:db8::${i}`, 'token_bad_signature')
    expect(one.call('2001:db8::9', null, 200)).toBe('client_locked_out')
    expect(other.call('2001:db8::2', null, 200, 1_000)).toBe('client_locked_out')
  })

  it('refuses what cannot be counted, where a person chose that', () => {
    const counters: Counters = {
      limiter: () => ({ take: () => ({ kind: 'unavailable' }), giveBack: () => undefined }),
    }
    expect(gateway(counters).call('192.0.2.1', null, 200)).toBe('limits_unavailable')
  })
})
