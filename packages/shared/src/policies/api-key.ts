// api-key: who is calling, proved by a key; and whether that application's subscription covers this API.
import * as z from 'zod'
import { parseKey } from '../key.ts'
import {
  type CredentialRecord,
  definePolicy,
  defineSpec,
  type LookupResult,
  type PolicyContext,
  type Principal,
  type Refusal,
  refuse,
  type SubscriptionRecord,
  type Verdict,
} from './policy.ts'
import { isReservedField } from './reserved-fields.ts'

const fieldName = z
  .string()
  .max(100)
  .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, 'Use a header field name')
  .refine((text) => !isReservedField(text), 'The gateway itself writes this header')
const parameterName = z
  .string()
  .max(100)
  .regex(/^[A-Za-z0-9._~-]+$/, 'Use letters, digits, dots, hyphens, underscores')

export const spec = defineSpec({
  type: 'api-key',
  stage: 'identify',
  title: 'API key',
  summary:
    'Asks for a key, finds the application behind it and checks that its subscription covers this API.',
  scopes: ['global', 'tenant', 'version', 'route'],
  config: z
    .strictObject({
      header: fieldName
        .nullable()
        .default('X-API-Key')
        .meta({ title: 'Header', help: 'Where the key is read first', group: 'Where the key is' }),
      query: parameterName.nullable().default(null).meta({
        title: 'Query parameter',
        help: 'Off unless named: addresses end up in logs and histories',
        group: 'Where the key is',
      }),
      cookie: parameterName
        .nullable()
        .default(null)
        .meta({ title: 'Cookie', help: 'Off unless named', group: 'Where the key is' }),
      consumerHeaders: z.boolean().default(true).meta({
        title: 'Tell the upstream who calls',
        help: 'Sends X-Consumer-Application, -Application-Id, -Plan, -Subscription-Id and -Credential-Id',
      }),
    })
    .refine((config) => config.header ?? config.query ?? config.cookie, {
      path: ['header'],
      error: 'Name at least one place where the key is sent',
    }),
  example: { header: 'X-API-Key' },
})

const refusedSubscription = {
  pending: 'subscription_pending',
  rejected: 'subscription_rejected',
  suspended: 'subscription_suspended',
  cancelled: 'subscription_cancelled',
} as const

// When no subscription is active, the caller hears of the one that is nearest to being so.
const nearness = { active: 4, pending: 3, suspended: 2, rejected: 1, cancelled: 0 } as const

export const policy = definePolicy(spec, (config, { credentials, environment }) => {
  const header = config.header?.toLowerCase() ?? null
  const { query, cookie } = config
  // RFC 9110 11.6.1: a 401 names a scheme; there is no registered one for keys.
  const challenge = ['WWW-Authenticate', `ApiKey realm="gatewright"${header ? `, header="${header}"` : ''}`]
  const where = [
    config.header && `the header ${config.header}`,
    query && `the query parameter ${query}`,
    cookie && `the cookie ${cookie}`,
  ].filter(Boolean)
  const missing = refuse('credential_missing', {
    detail: `Send your key in ${where.join(' or ')}.`,
    headers: challenge,
  })
  const invalid = refuse('credential_invalid', {
    detail: 'The key is mistyped or does not exist.',
    headers: challenge,
  })
  const otherEnvironment = refuse('credential_invalid', {
    detail: `The key belongs to another environment; this gateway serves “${environment}”.`,
    headers: challenge,
  })
  const revoked = refuse('credential_revoked', { headers: challenge })
  const expired = refuse('credential_expired', { headers: challenge })
  const unavailable = refuse('credentials_unavailable', { retryAfterMs: 2_000 })

  function readKey(ctx: PolicyContext): string | undefined {
    let key: string | undefined
    if (header !== null) {
      key = ctx.header(header)
      if (key !== undefined) ctx.upstreamHeaders.remove(header)
    }
    if (query !== null) {
      const value = ctx.queryParameter(query)
      if (value !== undefined) ctx.dropQueryParameter(query)
      key ??= value
    }
    if (cookie !== null) {
      const cookies = ctx.header('cookie')
      const value = cookies === undefined ? undefined : readCookie(cookies, cookie)
      if (value !== undefined && cookies !== undefined) {
        const rest = withoutCookie(cookies, cookie)
        if (rest === '') ctx.upstreamHeaders.remove('cookie')
        else ctx.upstreamHeaders.set('cookie', rest)
      }
      key ??= value
    }
    return key
  }

  function identify(ctx: PolicyContext, found: LookupResult): Refusal | undefined {
    if (found.kind === 'unavailable') return unavailable
    if (found.kind === 'unknown') return invalid
    const { record } = found
    const subscription = nearestSubscription(record, ctx.route.versionId)
    if (record.state === 'revoked') return turnAway(ctx, record, subscription, revoked)
    if (record.expiresAt !== null && record.expiresAt <= ctx.receivedAtMs)
      return turnAway(ctx, record, subscription, expired)
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
    const principal = toPrincipal(record, subscription)
    ctx.principal = principal
    if (config.consumerHeaders) sendConsumer(ctx, principal)
    return undefined
  }

  // A public route never refuses a caller; a good key still tells who it is, so that its own limits count.
  function verdict(ctx: PolicyContext, found: LookupResult): Verdict {
    const refusal = identify(ctx, found)
    return ctx.route.public ? undefined : refusal
  }

  return {
    request(ctx) {
      const key = readKey(ctx)
      if (key === undefined || key === '') return ctx.route.public ? undefined : missing
      const sha256 = credentials.hash(key)
      // Most calls end here: a key that exists needs no look at its form.
      const known = credentials.known(sha256)
      if (known !== undefined) return verdict(ctx, known)
      const parts = parseKey(key)
      if (parts === null) return ctx.route.public ? undefined : invalid
      if (parts.environment !== environment) return ctx.route.public ? undefined : otherEnvironment
      const found = credentials.find(sha256)
      return found instanceof Promise ? found.then((result) => verdict(ctx, result)) : verdict(ctx, found)
    },
  }
})

function nearestSubscription(record: CredentialRecord, versionId: string): SubscriptionRecord | null {
  let best: SubscriptionRecord | null = null
  for (const subscription of record.subscriptions) {
    if (!subscription.versionIds.includes(versionId)) continue
    if (subscription.state === 'active') return subscription
    if (best === null || nearness[subscription.state] > nearness[best.state]) best = subscription
  }
  return best
}

/** The owner of the key finds the call in their own log; another tenant's log says nothing of a key that is not its own. */
function turnAway(
  ctx: PolicyContext,
  record: CredentialRecord,
  subscription: SubscriptionRecord | null,
  refusal: Refusal,
): Refusal {
  if (!ctx.route.public && record.tenantId === ctx.route.tenantId) {
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

function toPrincipal(record: CredentialRecord, subscription: SubscriptionRecord): Principal {
  return {
    kind: 'application',
    tenantId: record.tenantId,
    credentialId: record.credentialId,
    applicationId: record.applicationId,
    applicationName: record.applicationName,
    subscriptionId: subscription.subscriptionId,
    planId: subscription.planId,
    planName: subscription.planName,
    tryIt: record.tryIt,
  }
}

function sendConsumer(ctx: PolicyContext, principal: Principal): void {
  const { upstreamHeaders } = ctx
  upstreamHeaders.set('x-consumer-application', fieldValue(principal.applicationName))
  upstreamHeaders.set('x-consumer-application-id', principal.applicationId)
  upstreamHeaders.set('x-consumer-plan', fieldValue(principal.planName))
  upstreamHeaders.set('x-consumer-subscription-id', principal.subscriptionId)
  upstreamHeaders.set('x-consumer-credential-id', principal.credentialId)
}

const visible = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/

// Names are people's text: what a field cannot carry travels percent-encoded.
function fieldValue(text: string): string {
  return visible.test(text) ? text : encodeURIComponent(text)
}

/** Value of one cookie (RFC 6265 4.2.1); the first one wins when a name is repeated. */
function readCookie(cookies: string, name: string): string | undefined {
  for (const pair of cookies.split(';')) {
    const at = pair.indexOf('=')
    if (at > 0 && pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim()
  }
  return undefined
}

function withoutCookie(cookies: string, name: string): string {
  return cookies
    .split(';')
    .filter((pair) => pair.slice(0, Math.max(pair.indexOf('='), 0)).trim() !== name)
    .map((pair) => pair.trim())
    .join('; ')
}
