// The analytics row of one request, built when its last byte is out.
import type { RequestEvent } from '@gatewright/shared/event'
import { trafficMasker } from '@gatewright/shared/masking/masker'
import { securityCategory } from '@gatewright/shared/security-event'
import type { Match } from '../config/generation.ts'
import type { RequestContext } from '../request/context.ts'
import { knownMethod } from '../request/known-method.ts'
import { agentFamily } from './agent.ts'

/** What is the same for all events of a worker. */
export interface EventOrigin {
  readonly environmentId: string
  readonly gatewayId: string
}

const reportsMax = 20
/** Twice that is looked at for secrets, so that none is cut in two where the path is, and anybody's long path costs little. */
const pathMax = 2_048

/** Enough of a hash to tell attempts from each other, and too little to try credentials against. */
const attemptLength = 16

let lastHost = ''
let lastHostMasked = ''

/** Most requests name the host that the one before named. */
function hostOf(host: string): string {
  if (host !== lastHost) {
    lastHostMasked = atMost(255, trafficMasker.text(host))
    lastHost = host
  }
  return lastHostMasked
}

export function buildEvent(ctx: RequestContext, { environmentId, gatewayId }: EventOrigin): RequestEvent {
  const { match } = ctx
  const caller = ctx.principal ?? ctx.refusedCaller
  const facts = match === null ? null : match.facts
  const route = match?.kind === 'route' ? match.facts : null
  const upstreamUs = Math.max(0, Math.round(ctx.upstreamMs * 1000))
  return {
    id: ctx.requestId,
    at: ctx.receivedAtMs,
    environmentId,
    gatewayId,
    revision: ctx.generation?.revision ?? 0,
    tenantId: facts?.tenantId ?? null,
    apiId: facts?.apiId ?? null,
    versionId: facts?.versionId ?? null,
    // Paths that policies answer themselves are no routes that anybody declared.
    routeId: route?.id || null,
    applicationId: caller?.applicationId ?? null,
    subscriptionId: caller?.subscriptionId ?? null,
    planId: caller?.planId ?? null,
    credentialId: caller?.credentialId ?? null,
    method: route === null ? methodOf(ctx.method) : atMost(32, ctx.method),
    route: route === null ? null : atMost(1024, route.template),
    path: atMost(pathMax, secretTemplateOf(match) ?? trafficMasker.text(atMost(2 * pathMax, ctx.path))),
    host: hostOf(ctx.host),
    status: ctx.status,
    reason: ctx.reason,
    policy: ctx.refusedBy,
    gatewayUs: Math.max(0, Math.round(ctx.durationMs * 1000) - upstreamUs),
    upstreamUs,
    bytesIn: ctx.bytesIn,
    bytesOut: ctx.bytesOut,
    address: atMost(64, ctx.clientAddress),
    agent: agentFamily(ctx.header('user-agent')),
    cache: 'none',
    tryIt: caller?.tryIt ?? false,
    ...attemptOf(ctx),
    ...(ctx.exported === null ? {} : { exported: ctx.exported }),
    ...(ctx.security === null ? {} : { security: ctx.security.slice(0, reportsMax) }),
  }
}

function atMost(length: number, text: string): string {
  return text.length > length ? text.slice(0, length) : text
}

/** Of what was no request, no method is known. */
const methodOf = (method: string) => (method === '' ? '' : knownMethod(method))

/** What is told in place of a path that holds a secret: also to a method, or a preflight, that no route at the path answers. */
function secretTemplateOf(match: Match): string | null {
  if (match === null) return null
  if (match.kind === 'miss') return match.secretTemplate
  return match.hasSecretInPath ? match.facts.template : null
}

/** Only of credentials that were refused: who tries many of them is found by it. */
function attemptOf({ reason, lastDigest }: RequestContext): Pick<RequestEvent, 'attempt'> {
  if (lastDigest === null || securityCategory(reason) !== 'authentication') return {}
  return { attempt: lastDigest.slice(0, attemptLength) }
}
