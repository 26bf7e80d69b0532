// `/oauth/{tenant}/…`: hands requests to the authorisation server of the tenant, with nothing of ours in them that it need not see.
import { callerNetwork } from '@gatewright/shared/cidr'
import type { INestApplicationContext } from '@nestjs/common'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { ENV } from '../app.tokens.ts'
import type { Env } from '../env.ts'
import { sendProblem, toProblem } from '../http/problem.ts'
import { LOGGER, type Logger } from '../infra/logger.ts'
import { refuse } from '../refusal.ts'
import { interactionCookie } from './interaction-cookie.ts'
import { oauthPrefix } from './issuer.ts'
import { AuthorisationProviders } from './providers.ts'
import { RequestBudget } from './request-budget.ts'

/** Read by gateways and clients again and again, and cheap. */
const metadata = /^\/(?:\.well-known\/|jwks$)/

/** Answers here are data, redirects, and one page without scripts. No `form-action`: a code may be posted to where its client is. */
const contentSecurityPolicy =
  "default-src 'none'; style-src 'unsafe-inline'; script-src 'none'; base-uri 'none'; frame-ancestors 'none'"

export async function serveAuthorisation(
  fastify: FastifyInstance,
  app: INestApplicationContext,
): Promise<void> {
  const logger = app.get<Logger>(LOGGER, { strict: false })
  await fastify.register(async (scope) => {
    // Bodies are forms, which oidc-provider reads itself, up to 56 kB.
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
    scope.setErrorHandler((error, request, reply) => {
      const answer = toProblem(error, request.id, request.url.split('?', 1)[0] ?? request.url)
      if (answer.unexpected) logger.error({ requestId: request.id, error }, 'An authorisation request failed')
      sendProblem(reply, answer)
    })
    scope.all<{ Params: { tenant: string } }>(`${oauthPrefix}/:tenant/*`, (request, reply) => {
      const { tenant } = request.params
      const at = `${oauthPrefix}/${tenant}`
      if (!request.url.startsWith(`${at}/`)) return refuse('not_found')
      return handOver(app, request, reply, tenant, request.url.slice(at.length))
    })
    // RFC 8414 3.1: the well-known part comes before the path of the issuer.
    for (const name of ['oauth-authorization-server', 'openid-configuration']) {
      scope.get<{ Params: { tenant: string } }>(
        `/.well-known/${name}${oauthPrefix}/:tenant`,
        (request, reply) => handOver(app, request, reply, request.params.tenant, `/.well-known/${name}`),
      )
    }
  })
}

async function handOver(
  app: INestApplicationContext,
  request: FastifyRequest,
  reply: FastifyReply,
  tenant: string,
  url: string,
): Promise<FastifyReply> {
  const env = app.get<Env>(ENV, { strict: false })
  const path = url.split('?', 1)[0] ?? url
  if (!metadata.test(path)) {
    // Gateways ask about each token that is new to one of their workers.
    const share = path === '/token/introspection' ? 10 : 1
    const kind = share === 1 ? 'requests' : 'questions'
    const wait = app.get(RequestBudget, { strict: false }).take(`${kind} ${callerNetwork(request.ip)}`, share)
    if (wait !== null) return refuseForNow(reply, wait)
  }
  const server = await app.get(AuthorisationProviders, { strict: false }).find(tenant)
  if (server === null)
    return refuse('not_found', `There is no authorisation server at ${oauthPrefix}/${tenant}`)
  reply.header('content-security-policy', contentSecurityPolicy)
  if (!metadata.test(path)) reply.header('cache-control', 'no-store')
  for (const [name, value] of Object.entries(reply.getHeaders()))
    if (value !== undefined) reply.raw.setHeader(name, value)
  reply.hijack()
  const { raw } = request
  Object.assign(raw, { url, baseUrl: `${oauthPrefix}/${tenant}` })
  const { protocol, host } = new URL(env.PUBLIC_URL)
  // What others said of themselves is overwritten: addresses in answers are those of the issuer, however a request came here.
  Object.assign(raw.headers, {
    host,
    'x-forwarded-host': host,
    'x-forwarded-proto': protocol.slice(0, -1),
    'x-forwarded-for': request.ip,
    cookie: cookiesOfFlow(env, request.headers.cookie),
  })
  await server.provider.callback()(raw, reply.raw)
  return reply
}

/** Who is signed in is the portal's to know; a session of its own would go on when that one has ended. */
function cookiesOfFlow(env: Env, header: string | undefined): string {
  const passed = new Set(['gw_resume', 'gw_resume.sig', interactionCookie(env)])
  return (header ?? '')
    .split(';')
    .filter((pair) => passed.has((pair.split('=', 1)[0] ?? '').trim()))
    .join(';')
}

function refuseForNow(reply: FastifyReply, waitSeconds: number): FastifyReply {
  return reply
    .code(429)
    .header('retry-after', waitSeconds)
    .header('cache-control', 'no-store')
    .send({ error: 'temporarily_unavailable', error_description: `try again in ${waitSeconds} seconds` })
}
