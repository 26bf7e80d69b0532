import { expect, it } from 'vitest'
import { planTerms } from './plan-terms.ts'

// As rows come from the database: with more columns than a policy has.
const row = (type: string, config: object, enabled = true) => ({
  ...{ id: 'pol_1', position: 0, scope: 'plan' },
  type,
  name: type,
  enabled,
  config: config as never,
})

it('says limits in words', () => {
  const policies = [
    row('rate-limit', { limit: 60, windowMs: 60_000 }),
    row('rate-limit', { limit: 5, windowMs: 90_000 }),
    row('rate-limit', { limit: 10, windowMs: 1_000, algorithm: 'spike-arrest' }),
    row('quota', { limit: 100_000, period: 'month' }),
    row('quota', { limit: 500, period: 'week', whenExceeded: 'allow' }),
    row('call-cost', { cost: 5 }),
  ]
  expect(planTerms(policies)).toEqual([
    '60 requests per minute',
    '5 requests per 90 seconds',
    '10 requests per second, evenly spread',
    '100,000 requests per calendar month',
    '500 requests per calendar week, more are let through',
    'each request counts as 5',
  ])
})

it('promises nothing that is switched off or does not limit', () => {
  expect(planTerms([row('rate-limit', { limit: 60, windowMs: 60_000 }, false), row('cors', {})])).toEqual([])
})
