// What is sent of an audit entry and of a refused call: one flat, masked record with an id that never changes.
import type { RequestEvent } from '@gatewright/shared/event'
import { defaultMasker, trafficMasker } from '@gatewright/shared/masking/masker'
import { securityCategory } from '@gatewright/shared/security-event'
import type { AuditEvent } from '../generated/prisma/client.ts'

/** An event as the outbox keeps it. */
export interface OutboxEvent {
  readonly id: string
  readonly position: bigint
  readonly kind: string
  readonly at: Date
  readonly body: Readonly<Record<string, unknown>>
}

/** Longest body of an event, characters of JSON. Receivers of syslog must take 2 KiB and should take 8 (RFC 5425 4.3.1). */
const bodyLengthMax = 16_000

/** The record of an audit entry. What it was before and after is left out where it is long: the audit log itself has it. */
export function auditBody(row: AuditEvent): Record<string, unknown> {
  const body = {
    tenantId: row.tenantId,
    action: row.action,
    actor: { kind: row.actorKind, id: row.actorId, name: row.actorName },
    resource: { kind: row.resourceKind, id: row.resourceId, name: row.resourceName },
    reason: row.reason,
    requestId: row.requestId,
    address: row.address,
    chain: row.chain,
    sequence: row.seq,
    hash: row.hash,
    before: defaultMasker.json(row.before),
    after: defaultMasker.json(row.after),
  }
  if (JSON.stringify(body).length <= bodyLengthMax) return body
  return { ...body, before: null, after: null, shortened: true }
}

/**
 * The record of a call that a gateway refused, or that it found suspicious and let pass; null when it is neither. `attempt` tells refused
 * credentials from each other: a receiver sees by it who tries many.
 */
export function securityBody(event: RequestEvent): Record<string, unknown> | null {
  // Ids of rules are enough where thousands of events are compared; what the rules say is on the page of the request.
  const findings = (event.security ?? []).flatMap(({ firewall: _, ...found }) =>
    found.action === 'noticed' ? [] : [found],
  )
  const category = securityCategory(event.reason) ?? (findings.length > 0 ? 'protection' : null)
  if (category === null) return null
  return {
    tenantId: event.tenantId,
    category,
    reason: event.reason,
    policy: event.policy,
    status: event.status,
    method: event.method,
    host: trafficMasker.text(event.host),
    path: trafficMasker.text(event.path),
    route: event.route,
    address: event.address,
    agent: event.agent,
    environmentId: event.environmentId,
    gatewayId: event.gatewayId,
    ...(findings.length > 0 ? { findings: trafficMasker.json(findings) } : {}),
    apiId: event.apiId,
    versionId: event.versionId,
    applicationId: event.applicationId,
    credentialId: event.credentialId,
    ...(event.attempt === undefined ? {} : { attempt: event.attempt }),
  }
}

/** The record of a call of an API that exports its traffic; null = it does not. Masked by the gateway, and once more here. */
export function trafficBody(event: RequestEvent): Record<string, unknown> | null {
  const { exported } = event
  if (exported === undefined) return null
  return {
    tenantId: event.tenantId,
    environmentId: event.environmentId,
    gatewayId: event.gatewayId,
    apiId: event.apiId,
    versionId: event.versionId,
    applicationId: event.applicationId,
    subscriptionId: event.subscriptionId,
    planId: event.planId,
    credentialId: event.credentialId,
    method: event.method,
    host: trafficMasker.text(event.host),
    path: trafficMasker.text(event.path),
    route: event.route,
    status: event.status,
    reason: event.reason,
    policy: event.policy,
    gatewayMs: event.gatewayUs / 1000,
    upstreamMs: event.upstreamUs / 1000,
    bytesIn: event.bytesIn,
    bytesOut: event.bytesOut,
    address: event.address,
    agent: event.agent,
    request: trafficMasker.json(exported.request),
    response: trafficMasker.json(exported.response),
  }
}

/** What a receiver gets, whatever carries it. */
export function recordOf({ id, position, kind, at, body }: OutboxEvent) {
  return { id, position: Number(position), kind, at: at.toISOString(), ...body }
}
