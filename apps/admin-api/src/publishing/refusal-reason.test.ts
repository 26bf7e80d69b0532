// What a team reads of why a gateway refused a revision.
import { expect, test } from 'vitest'
import type { Call, TenantCall } from '../call.ts'
import { showGateway, showLive, shownReason } from './refusal-reason.ts'

const call = { user: { platformAdmin: false }, tenant: { name: 'acme' } } as unknown as TenantCall
const admin = { user: { platformAdmin: true } } as unknown as Call

const ours = [
  'tenant acme, API books v1, route GET /books: nothing asks who is calling',
  'tenant acme: "Mars/Base" is not a time zone',
  'all tenants, policy cors: there is no policy of the type waf',
]
const theirs = [
  'tenant acme-labs, API secret v1, policy pace: limit: too small',
  'tenant other, API books of tenant acme, v1: nothing asks who is calling',
  'plan gold: its tenant ten_1 is not in the snapshot',
  'GET /books of secret v1 answers the same requests as GET /books of books v1',
]

test.each(ours)('C17: a team reads "%s"', (reason) => {
  expect(shownReason(call, reason)).toBe(reason)
})

test.each(theirs)('C17: a team does not read "%s", a platform admin does', (reason) => {
  const shown = shownReason(call, reason)
  expect(shown).toMatch(/another team/)
  for (const name of ['secret', 'gold', 'books', 'acme-labs']) expect(shown).not.toContain(name)
  expect(shownReason(admin, reason)).toBe(reason)
})

test('C17: neither the list of gateways nor the answer of a write tells more', () => {
  const [reason = ''] = theirs
  const at = '2026-11-21T12:00:00.000Z'
  const gateway = { id: 'a', refusal: { revision: 7, reason, at } }
  expect(JSON.stringify(showGateway(call, gateway as never))).not.toContain('secret')
  const laggard = { gatewayId: 'a', revision: 6, accessRevision: 0, refusal: reason }
  const live = { environment: 'prod', live: false, gateways: 1, laggards: [laggard] }
  expect(showLive(call, live).laggards).toEqual([
    { ...laggard, refusal: expect.stringMatching(/another team/) },
  ])
})
