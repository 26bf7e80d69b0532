// From a credential to its caller: what its record says, whether a subscription covers the API, and who the upstream hears is calling.
import {
  type CredentialRecord,
  type LookupResult,
  type PolicyContext,
  type Principal,
  type Refusal,
  refuse,
  type SubscriptionRecord,
  type Verdict,
} from './policy.ts'

/** What the kinds of credentials have words of their own for. */
export interface CallerRefusals {
  /** Nobody has such a credential. */
  readonly unknown: Refusal
  readonly revoked: Refusal
  readonly expired: Refusal
}

/** undefined: they may come in. */
export type CallerGate = (ctx: PolicyContext, found: LookupResult, unknown?: Refusal) => Refusal | undefined

const refusedSubscription = {
  pending: 'subscription_pending',
  rejected: 'subscription_rejected',
  suspended: 'subscription_suspended',
  cancelled: 'subscription_cancelled',
} as const

// When no subscription is active, the caller hears of the one that is nearest to being so.
const nearness = { active: 4, pending: 3, suspended: 2, rejected: 1, cancelled: 0 } as const

const callersDiffer = refuse('callers_differ', {
  detail: 'Send credentials of one application only.',
})
const unavailable = refuse('credentials_unavailable', { retryAfterMs: 2_000 })

/**
 * Decides about a caller by the record of what was sent: makes the principal, unless an earlier policy did, or refuses (`unlessPublic`
 * says what that means on a public route). `kind`: of the credentials that are looked for; anything else under the same hash is
 * unknown.
 */
export function createCallerGate(
  refusals: CallerRefusals,
  consumerHeaders: boolean,
  kind?: CredentialRecord['kind'],
): CallerGate {
  return function admit(ctx, found, unknown = refusals.unknown) {
    if (found.kind === 'unavailable') return unavailable
    if (found.kind === 'unknown') return unknown
    const { record } = found
    // What is hashed of an OAuth client is no secret: sent as a key, it opens nothing.
    if (record.kind !== kind) return unknown
    const subscription = nearestSubscription(record, ctx.route.versionId)
    if (record.state === 'revoked') return turnAway(ctx, record, subscription, refusals.revoked)
    if (record.expiresAt !== null && record.expiresAt <= ctx.receivedAtMs)
      return turnAway(ctx, record, subscription, refusals.expired)
    if (!subscription) {
      const missing = refuse('subscription_missing', {
        detail: `The application “${record.applicationName}” has no subscription to ${ctx.route.apiName} ${ctx.route.versionName}.`,
      })
      return turnAway(ctx, record, null, missing)
    }
    if (subscription.state !== 'active') {
      const inactive = refuse(refusedSubscription[subscription.state], {
        detail: `The subscription of “${record.applicationName}” to the plan “${subscription.planName}” is ${subscription.state}.`,
      })
      return turnAway(ctx, record, subscription, inactive)
    }
    // Whoever was found first is who calls; what comes after has to be good, and theirs: limits and logs would name the one, and
    // claims speak of the other.
    if (ctx.principal !== null)
      return ctx.principal.applicationId === record.applicationId ? undefined : callersDiffer
    const caller = callerOf(record, subscription, ctx.route.tenantId)
    ctx.principal = caller.principal
    if (consumerHeaders) ctx.upstreamHeaders.setAll(caller.fields)
    return undefined
  }
}

/** A public route never refuses a caller; a good credential still tells who it is, so that its own limits count. */
export function unlessPublic(ctx: PolicyContext, refusal: Refusal | undefined): Verdict {
  return ctx.route.public ? undefined : refusal
}

function nearestSubscription(record: CredentialRecord, versionId: string): SubscriptionRecord | null {
  let best: SubscriptionRecord | null = null
  for (const subscription of record.subscriptions) {
    if (!subscription.versionIds.includes(versionId)) continue
    if (subscription.state === 'active') return subscription
    if (best === null || nearness[subscription.state] > nearness[best.state]) best = subscription
  }
  return best
}

/**
 * The owner of the credential finds the call in their own log; another tenant's log says nothing of one that is not its own, unless
 * it subscribed there (ADR 97).
 */
function turnAway(
  ctx: PolicyContext,
  record: CredentialRecord,
  subscription: SubscriptionRecord | null,
  refusal: Refusal,
): Refusal {
  const isKnown = record.tenantId === ctx.route.tenantId || subscription !== null
  if (!ctx.route.public && isKnown) {
    ctx.refusedCaller = {
      credentialId: record.credentialId,
      applicationId: record.applicationId,
      subscriptionId: subscription?.subscriptionId ?? null,
      planId: subscription?.planId ?? null,
      tryIt: record.tryIt,
    }
  }
  return refusal
}

const none: readonly string[] = Object.freeze([])

interface Caller {
  readonly principal: Principal
  /** What the upstream is told of it, name and value in turn. */
  readonly fields: readonly string[]
}

// Who calls with a credential is remembered from its second call on: they are many, most of them rest, and what is worked out for one
// call alone is best forgotten at once. Two halves, so that nobody notes when each was used: a full one replaces the one before.
const callersMax = 2_000
let callers = new Map<SubscriptionRecord, Caller | null>()
let callersBefore = new Map<SubscriptionRecord, Caller | null>()

function callerOf(record: CredentialRecord, subscription: SubscriptionRecord, tenantId: string): Caller {
  const known = callers.get(subscription)
  if (known) return known
  const before = known === undefined ? callersBefore.get(subscription) : null
  const caller = before ?? createCaller(record, subscription, tenantId)
  if (known === undefined && callers.size >= callersMax) {
    callersBefore = callers
    callers = new Map()
  }
  callers.set(subscription, known === undefined && before === undefined ? null : caller)
  return caller
}

function createCaller(record: CredentialRecord, subscription: SubscriptionRecord, tenantId: string): Caller {
  const principal = toPrincipal(record, subscription, tenantId)
  return { principal, fields: consumerFields(principal) }
}

/** A subscription is to one product, so it is always the same team whose API is called with it. */
function toPrincipal(
  record: CredentialRecord,
  subscription: SubscriptionRecord,
  tenantId: string,
): Principal {
  const isOwn = record.tenantId === tenantId
  return Object.freeze({
    kind: 'application',
    tenantId: record.tenantId,
    credentialId: record.credentialId,
    applicationId: record.applicationId,
    // Another team may have an application of the same name; an id is nobody else's.
    applicationName: isOwn ? record.applicationName : record.applicationId,
    subscriptionId: subscription.subscriptionId,
    planId: subscription.planId,
    planName: subscription.planName,
    tryIt: record.tryIt,
    // What another team says of its own applications must open nothing here.
    groups: isOwn ? (record.groups ?? none) : none,
  })
}

function consumerFields(principal: Principal): readonly string[] {
  return Object.freeze([
    'x-consumer-application',
    fieldValue(principal.applicationName),
    'x-consumer-application-id',
    principal.applicationId,
    'x-consumer-plan',
    fieldValue(principal.planName),
    'x-consumer-subscription-id',
    principal.subscriptionId,
    'x-consumer-credential-id',
    principal.credentialId,
  ])
}

const visible = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/

/** Names are people's text: what a field cannot carry travels percent-encoded. */
export function fieldValue(text: string): string {
  return visible.test(text) ? text : encodeURIComponent(text)
}
