// What a sink is told of calls that were suspicious: refused, or let pass where only detection is asked for.
import { type RequestEvent, requestEventSchema } from '@gatewright/shared/event'
import type { SecurityReport } from '@gatewright/shared/security'
import { describe, expect, it } from 'vitest'
import { securityBody } from './sink-event.ts'

function event(more: Partial<RequestEvent>): RequestEvent {
  return requestEventSchema.parse({
    id: 'req_1',
    at: 0,
    environmentId: 'env_1',
    gatewayId: 'gw_1',
    revision: 1,
    tenantId: 'ten_1',
    apiId: null,
    versionId: null,
    routeId: null,
    applicationId: null,
    subscriptionId: null,
    planId: null,
    credentialId: null,
    method: 'GET',
    route: null,
    path: '/',
    host: 'api.test',
    status: 200,
    reason: null,
    policy: null,
    gatewayUs: 1,
    upstreamUs: 1,
    bytesIn: 0,
    bytesOut: 0,
    address: '192.0.2.7',
    agent: 'other',
    ...more,
  })
}

const found = {
  kind: 'waf' as const,
  score: 5,
  rules: [942100],
  detail: null,
} satisfies Partial<SecurityReport>

describe('D5, D14: a sink is told', () => {
  it('of an attack that passed where the firewall only detects, with its score and rules', () => {
    const body = securityBody(event({ security: [{ ...found, action: 'detected' }] }))
    expect(body).toMatchObject({
      category: 'protection',
      reason: null,
      findings: [{ score: 5, rules: [942100] }],
    })
  })

  it('ids of rules, and not what each of them says', () => {
    const match = { rule: 942100, message: 'SQL', severity: 'critical' as const, target: 'ARGS:id' }
    const judgedBy = { policy: 'waf', scope: 'version' as const, threshold: 5, paranoia: 1 }
    const report = { ...found, action: 'blocked' as const, firewall: { ...judgedBy, matches: [match] } }
    expect(securityBody(event({ security: [report] }))?.findings).toEqual([{ ...found, action: 'blocked' }])
  })

  it('nothing of rules that fired without making an attack, nor of calls without any', () => {
    expect(securityBody(event({ security: [{ ...found, action: 'noticed' }] }))).toBeNull()
    expect(securityBody(event({}))).toBeNull()
  })

  it('of refused credentials which is which', () => {
    const body = securityBody(
      event({ status: 401, reason: 'credential_invalid', attempt: '0123456789abcdef' }),
    )
    expect(body).toMatchObject({ category: 'authentication', attempt: '0123456789abcdef' })
  })
})
