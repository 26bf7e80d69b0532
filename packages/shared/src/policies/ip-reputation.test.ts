// ip-reputation: who is listed is refused or only told of, and an exception wins.
import { describe, expect, it } from 'vitest'
import { createContext, createDeps } from '../testing/policy.fixture.ts'
import { policy } from './ip-reputation.ts'
import type { Verdict } from './policy.ts'

const at = { id: 'pol_1', name: 'it', scope: 'version', tenantId: 'ten_1', timeZone: 'UTC' } as const

function judge(config: object, clientAddress = '192.0.2.7') {
  const deps = createDeps({ listed: { drop: ['192.0.2.7'], level1: [] } })
  const phases = policy.create(policy.spec.config.parse(config), deps, at)
  const ctx = createContext({ clientAddress })
  const verdict = phases.request?.(ctx) as Verdict
  return [verdict?.kind === 'refusal' ? verdict.code : 'passed', ctx.reports]
}

describe('D10: ip-reputation', () => {
  const report = { kind: 'reputation', score: null, rules: [], detail: 'drop' }

  it('refuses listed addresses, and tells the event alone which list it was', () => {
    expect(judge({ lists: ['level1', 'drop'] })).toEqual([
      'address_listed',
      [{ ...report, action: 'blocked' }],
    ])
    expect(judge({ lists: ['drop'] }, '192.0.2.8')).toEqual(['passed', []])
    expect(judge({ lists: ['level1'] })).toEqual(['passed', []])
  })

  it('lets them pass where it only detects, and where an exception says so', () => {
    expect(judge({ lists: ['drop'], action: 'detect' })).toEqual([
      'passed',
      [{ ...report, action: 'detected' }],
    ])
    expect(judge({ lists: ['drop'], except: ['192.0.2.0/24'] })).toEqual(['passed', []])
  })

  it('D10: answers 503 where a list is not there, for its own routes alone', () => {
    const lists = ['elsewhere', 'drop']
    const unseen = [{ ...report, detail: null, action: 'unseen' }]
    expect(judge({ lists }, '192.0.2.8')).toEqual(['reputation_unavailable', unseen])
    expect(judge({ lists })).toEqual(['address_listed', [{ ...report, action: 'blocked' }]])
    expect(judge({ lists, action: 'detect' }, '192.0.2.8')).toEqual(['passed', unseen])
    expect(judge({ lists, except: ['192.0.2.0/24'] }, '192.0.2.8')).toEqual(['passed', []])
  })
})
