// oidc-login: who sits in front of the browser, proved by signing in at an OpenID provider; from then on a cookie names their session.
import { oauthClientText } from '../oauth-client.ts'
import { createCallerGate, unlessPublic } from './caller.ts'
import { claimOf, fulfils, headerValue } from './claims.ts'
import { createLoginDoors, ownPathsOf } from './login-doors.ts'
import { isNavigation, shownTo } from './login-pages.ts'
import { attemptSeconds, loginCookies, placeOf } from './login-place.ts'
import type { LoginSession } from './login-ports.ts'
import { loginSettings } from './login-settings.ts'
import { definePolicy, defineSpec, type PolicyContext, refuse, type Verdict } from './policy.ts'

export const spec = defineSpec({
  type: 'oidc-login',
  stage: 'identify',
  title: 'Login for browsers (OpenID Connect)',
  summary:
    'Sends people who open a page to an OpenID provider to sign in, and knows them by a cookie from then on.',
  scopes: ['tenant', 'version', 'route'],
  config: loginSettings,
  example: {
    issuer: 'https://id.example.com',
    clientId: 'books-app',
    clientSecret: 'the-secret-of-that-client',
    scopes: ['openid', 'email', 'offline_access'],
    claimHeaders: [{ claim: 'email', header: 'X-User-Email' }],
  },
  ownPaths: ownPathsOf,
})

/** Longer ones come back to the base path: they travel through the provider and back. */
const returnLengthMax = 2_000

const absent = refuse('login_required', {
  detail: 'Open a page of this application in a browser and sign in.',
  // RFC 9110 11.6.1 asks for a challenge; no registered one says "with a cookie".
  headers: ['WWW-Authenticate', 'Cookie realm="gatewright"'],
})
const unavailable = refuse('login_unavailable', { retryAfterMs: 2_000 })

export const policy = definePolicy(spec, (config, deps, at) => {
  const { issuer, clientId, requiredClaims, claimHeaders, forwardToken } = config
  const { tenantId } = at
  if (tenantId === null) throw new Error('a login belongs to a tenant')
  const login = deps.logins.open({
    tenantId,
    issuer,
    client: {
      id: clientId,
      secret: config.clientSecret === null ? null : deps.secrets.open(config.clientSecret),
      authentication: config.clientAuthentication,
    },
    scopes: config.scopes,
    parameters: config.parameters,
    cookieSuffix: config.cookieSuffix,
    idleMs: config.idleSeconds * 1_000,
    lifetimeMs: config.lifetimeSeconds * 1_000,
    attemptMs: attemptSeconds * 1_000,
    timeoutMs: config.timeoutMs,
    needsAccessToken: forwardToken,
  })
  const cookies = loginCookies(login.cookieSuffix, config.sameSite, config.lifetimeSeconds, config.origin)
  const doors = createLoginDoors(config, login, cookies)
  const headerNames = claimHeaders.map(({ header }) => header.toLowerCase())
  const clientName = oauthClientText({ environment: deps.environment, tenantId, issuer, clientId })
  const admit = createCallerGate(
    {
      unknown: refuse('client_unknown', {
        detail: `No application has registered the OAuth client ${JSON.stringify(clientId)} of ${issuer} in the environment ${deps.environment}.`,
      }),
      revoked: refuse('credential_revoked', { detail: 'The OAuth client was taken off its application.' }),
      expired: refuse('credential_expired', { detail: 'The registration of the OAuth client has expired.' }),
    },
    config.consumerHeaders,
    'oauth-client',
  )
  /** Requests that a session of this attachment let in. */
  const letIn = new WeakSet<PolicyContext>()

  async function enter(ctx: PolicyContext, ticket: string): Promise<Verdict> {
    const found = await login.find(ticket, ctx.receivedAtMs, ctx.cost === 0)
    if (found.kind === 'unavailable') return unlessPublic(ctx, shownTo(ctx, unavailable))
    // One that has ended is none: whoever sends it may have another credential, or sign in.
    if (found.kind !== 'found') return undefined
    const { person, claims, accessToken } = found.session
    const fields = fieldsOf(found.session)
    const missing = requiredClaims.find((it) => !fulfils(claims, it))
    if (missing !== undefined || fields === null) {
      const detail =
        missing === undefined
          ? 'A claim of your sign-in cannot be handed on in a header.'
          : `The claim ${missing.claim} is missing, or not one of those that are let in.`
      return unlessPublic(ctx, shownTo(ctx, refuse('login_denied', { detail }), doors.signOutLink(ctx)))
    }
    if (config.callers === 'application') {
      const sha256 = ctx.digest(clientName)
      const refusal = admit(ctx, deps.credentials.known(sha256) ?? (await deps.credentials.find(sha256)))
      if (refusal !== undefined) return unlessPublic(ctx, shownTo(ctx, refusal))
    }
    ctx.person ??= person
    ctx.claims ??= claims
    letIn.add(ctx)
    if (fields.length > 0) ctx.upstreamHeaders.setAll(fields)
    if (forwardToken) ctx.upstreamHeaders.set('authorization', `Bearer ${accessToken}`)
    return undefined
  }

  /** null when a value is none that a field may carry. */
  function fieldsOf({ claims }: LoginSession): readonly string[] | null {
    const fields: string[] = []
    for (const [i, { claim }] of claimHeaders.entries()) {
      const value = headerValue(claimOf(claims, claim))
      if (value === null) return null
      if (value !== undefined) fields.push(headerNames[i] as string, value)
    }
    return fields
  }

  async function sendToProvider(ctx: PolicyContext): Promise<Verdict> {
    const place = placeOf(ctx, config.origin)
    if (place === null) return shownTo(ctx, doors.needsHttps)
    const asked = ctx.query === '' ? ctx.path : `${ctx.path}?${ctx.query}`
    const begun = await login.begin({
      returnTo: asked.length > returnLengthMax ? `${ctx.route.basePath}/` : asked,
      redirectUri: doors.redirectUri(ctx, place),
      browserKey: cookies.browserKeyIn(ctx),
    })
    if (begun.kind === 'unavailable') return shownTo(ctx, unavailable)
    return {
      kind: 'reply',
      status: 302,
      headers: [
        ...['Location', begun.location, 'Cache-Control', 'no-store', 'Referrer-Policy', 'no-referrer'],
        ...cookies.setBrowserKey(place, begun.browserKey),
      ],
      body: '',
    }
  }

  return {
    absent,
    own: { ...ownPathsOf(config), answer: doors.answer },
    sent: (ctx) => letIn.has(ctx),
    invite(ctx) {
      if (config.whenSignedOut === 'refuse' || !isNavigation(ctx)) return undefined
      return sendToProvider(ctx)
    },
    request(ctx) {
      for (let i = 0; i < headerNames.length; i++) ctx.upstreamHeaders.remove(headerNames[i] as string)
      const ticket = cookies.ticketIn(ctx)
      return ticket === null ? undefined : enter(ctx, ticket)
    },
  }
})
