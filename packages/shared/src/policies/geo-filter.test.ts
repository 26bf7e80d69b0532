// geo-filter: which places pass, what becomes of the others, and of addresses of which nothing is known.
import { describe, expect, it } from 'vitest'
import { createContext, createDeps } from '../testing/policy.fixture.ts'
import { policy } from './geo-filter.ts'
import type { Place } from './place-port.ts'
import type { Verdict } from './policy.ts'

const at = { id: 'pol_1', name: 'it', scope: 'version', tenantId: 'ten_1', timeZone: 'UTC' } as const

function judge(config: object, place: Partial<Place> | null) {
  const phases = policy.create(policy.spec.config.parse(config), createDeps({ place }), at)
  const ctx = createContext()
  const verdict = phases.request?.(ctx) as Verdict
  return [verdict?.kind === 'refusal' ? verdict.code : 'passed', ...ctx.reports.map((it) => it.action)]
}

const germany = { country: 'DE', continent: 'EU', network: 64500 }
const refused = ['place_not_allowed', 'blocked']

describe('D10: geo-filter', () => {
  it.each<[object, Partial<Place>, string[]]>([
    [{ allowCountries: ['DE'] }, germany, ['passed']],
    [{ allowCountries: ['FR'] }, germany, refused],
    [{ allowContinents: ['EU'] }, germany, ['passed']],
    [{ allowCountries: ['FR'], allowNetworks: [64500] }, germany, ['passed']],
    [{ denyCountries: ['FR'] }, germany, ['passed']],
    [{ denyCountries: ['DE'] }, germany, refused],
    [{ allowCountries: ['DE'], denyNetworks: [64500] }, germany, refused],
    [{ denyContinents: ['EU'], action: 'detect' }, germany, ['passed', 'detected']],
    [{ denyCountries: ['DE'] }, {}, ['passed', 'unseen']],
    [{ denyCountries: ['DE'], whenUnknown: 'refuse' }, {}, refused],
    [{ allowCountries: ['DE'] }, {}, ['passed', 'unseen']],
    [{ allowCountries: ['DE'], whenUnknown: 'refuse' }, {}, refused],
    [{ allowCountries: ['DE'], whenUnknown: 'refuse', action: 'detect' }, {}, ['passed', 'detected']],
    // What is not asked for need not be known.
    [{ allowCountries: ['DE'], whenUnknown: 'refuse' }, { country: 'DE' }, ['passed']],
    [{ denyNetworks: [64501], whenUnknown: 'refuse' }, { network: 64500 }, ['passed']],
    [{ allowCountries: ['FR'] }, { country: 'DE' }, refused],
  ])('%o for %o: %j', (config, place, expected) => expect(judge(config, place)).toEqual(expected))

  it('says in the event where the call came from, and in the reply nothing of it', () => {
    const phases = policy.create(
      policy.spec.config.parse({ denyCountries: ['DE'] }),
      createDeps({ place: germany }),
      at,
    )
    const ctx = createContext()
    expect(JSON.stringify(phases.request?.(ctx))).not.toContain('DE')
    expect(ctx.reports[0]?.detail).toBe('DE, AS64500')
  })

  it('D10: answers 503 where no database is, for its own routes alone, unless it says that all addresses are unknown there', () => {
    expect(judge({ denyCountries: ['DE'] }, null)).toEqual(['place_unavailable', 'unseen'])
    expect(judge({ denyNetworks: [1] }, null)).toEqual(['place_unavailable', 'unseen'])
    expect(judge({ denyCountries: ['DE'], action: 'detect' }, null)).toEqual(['passed', 'unseen'])
    expect(judge({ denyCountries: ['DE'], databaseRequired: false }, null)).toEqual(['passed', 'unseen'])
  })

  it.each([{}, { allowCountries: ['de'] }, { denyNetworks: [0] }, { allowContinents: ['XX'] }])(
    '%o is a mistake',
    (config) => expect(policy.spec.config.safeParse(config).success).toBe(false),
  )
})
