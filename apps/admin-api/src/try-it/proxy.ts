// `/_try/{tenant}/{environment}/…`: carries a call of the docs page to the gateway, with the developer's own access.
// Same origin for the browser, so no API has to allow the portal by CORS to be tried.
import { Readable } from 'node:stream'
import type { INestApplicationContext } from '@nestjs/common'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Agent } from 'undici'
import { Authenticate } from '../http/authenticate.ts'
import { sendProblem, toProblem } from '../http/problem.ts'
import { LOGGER, type Logger } from '../infra/logger.ts'
import { refuse } from '../refusal.ts'
import { GatewayTargets } from './gateway-target.ts'
import { TryItService } from './try-it.service.ts'

/** Dot segments, also where only some server behind us would see them: they lead out of the paths of the tenant. */
const leavesPath = /\\|(?:\/|%2f|%5c)(?:\.|%2e){1,2}(?:[/;]|%2f|%5c|$)/i

/** What belongs to this hop or to this origin and must not reach the gateway. */
const notForwarded =
  /^(?:connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|expect|host|content-length|cookie|origin|referer|authorization|sec-.*|x-try-session|x-csrf-token|x-forwarded-.*|forwarded|via|accept-encoding)$/

/** What an API must not be able to do to the portal's own origin. */
const notReturned =
  /^(?:connection|keep-alive|proxy-.*|trailer|transfer-encoding|upgrade|set-cookie|set-cookie2|clear-site-data|location|refresh|content-location|link|alt-svc|service-worker-allowed|sourcemap|strict-transport-security|content-security-policy.*|cross-origin-.*|access-control-.*|nel|report-to|reporting-endpoints|www-authenticate|x-frame-options|referrer-policy|permissions-policy|x-content-type-options|cache-control)$/

export async function serveTryIt(fastify: FastifyInstance, app: INestApplicationContext): Promise<void> {
  const logger = app.get<Logger>(LOGGER, { strict: false })
  const gateways = new Agent({
    connections: 64,
    headersTimeout: 60_000,
    bodyTimeout: 60_000,
    connectTimeout: 3_000,
  })
  await fastify.register(async (scope) => {
    // The body is not ours to understand: it streams through, whatever its type.
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
    // No operation of the contract, so nobody else turns its refusals into problems.
    scope.setErrorHandler((error, request, reply) => {
      const answer = toProblem(error, request.id, request.url.split('?', 1)[0] ?? request.url)
      if (answer.unexpected) logger.error({ requestId: request.id, error }, 'A try-it call failed')
      sendProblem(reply, answer)
    })
    scope.all('/_try/*', async (request, reply) => {
      await forward(app, gateways, request, reply)
      return reply
    })
  })
  fastify.addHook('onClose', () => gateways.close())
}

async function forward(
  app: INestApplicationContext,
  gateways: Agent,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const authenticate = app.get(Authenticate, { strict: false })
  // A header that pages of other origins cannot set, checked on reads too: this is no address to navigate to.
  const session = request.headers['x-try-session']
  authenticate.refuseForeignOrigin(request)
  if (typeof session !== 'string') return refuse('permission_denied', 'The x-try-session header is missing')
  const browserSession = await authenticate.browserSession(request)
  if (browserSession === null) return refuse('not_signed_in')
  const ticket = await app.get(TryItService, { strict: false }).find(session)
  if (ticket?.browserSession !== browserSession)
    return refuse('permission_denied', 'The try-it session has ended')
  if (!request.url.startsWith(`${ticket.prefix}/`))
    return refuse('permission_denied', `The try-it session is for calls below ${ticket.prefix}/`)
  const target = request.url.slice(ticket.prefix.length)
  const path = target.split('?', 1)[0] ?? target
  if (leavesPath.test(path)) return refuse('invalid_path', 'A try-it call has no dot segments in its path')
  const { origin, host, keyHeader } = await app
    .get(GatewayTargets, { strict: false })
    .find(ticket.tenantId, ticket.environmentId, path)

  const headers = pass(request.raw.rawHeaders, notForwarded)
  if (host !== null) headers.push('host', host)
  if (keyHeader !== null) headers.push(keyHeader, ticket.key)
  const hasBody =
    request.headers['content-length'] !== undefined || request.headers['transfer-encoding'] !== undefined
  const gateway = new URL(origin)
  const answer = await gateways
    .request({
      origin: gateway.origin,
      // Sent as it is: whatever it holds, it is a path, and of this gateway.
      path: `${gateway.pathname.replace(/\/$/, '')}${target}`,
      method: request.method as 'GET',
      headers,
      body: hasBody ? (request.body as Readable) : null,
      responseHeaders: 'raw',
    })
    .catch((cause: Error) =>
      refuse('upstream_unreachable', 'The gateways of this environment cannot be reached', { cause }),
    )

  const raw = answer.headers as unknown as Buffer[]
  const fields = pass(
    raw.map((part) => part.toString('latin1')),
    notReturned,
  )
  for (let i = 0; i < fields.length; i += 2) reply.header(fields[i] ?? '', fields[i + 1] ?? '')
  // Even opened as a page, an answer of a foreign API may run nothing here.
  reply.header('content-security-policy', "default-src 'none'; sandbox")
  reply.header('cache-control', 'no-store')
  reply.code(answer.statusCode)
  await reply.send(answer.body)
}

/** Raw fields without those that `drop` names, nor those that Connection nominates (RFC 9110 7.6.1). */
function pass(raw: readonly string[], drop: RegExp): string[] {
  const nominated = new Set<string>()
  for (let i = 0; i < raw.length; i += 2) {
    if (raw[i]?.toLowerCase() !== 'connection') continue
    for (const name of (raw[i + 1] ?? '').split(',')) nominated.add(name.trim().toLowerCase())
  }
  const kept: string[] = []
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] ?? ''
    if (drop.test(name.toLowerCase()) || nominated.has(name.toLowerCase())) continue
    kept.push(name, raw[i + 1] ?? '')
  }
  return kept
}
