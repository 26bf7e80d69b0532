// The whole request on one screen: read → match → request phases → upstream → response phases → reply → done → event.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressSet } from '@gatewright/shared/cidr'
import type { ErrorCode } from '@gatewright/shared/errors'
import { type Refusal, type Reply, refuse, type Verdict } from '@gatewright/shared/policies/policy'
import type { CompiledRoute, LiveGeneration } from '../config/generation.ts'
import type { UpstreamFailure, UpstreamFailureKind } from '../upstream/call.ts'
import { RequestContext } from './context.ts'
import { peerOf } from './peer.ts'
import { runDone, runEdge, runRequest, runResponse } from './pipeline.ts'
import { Relay, type RelayEnds } from './relay.ts'
import { type ReplySettings, refusalReply, sendReply } from './reply.ts'
import { createRequestIds } from './request-id.ts'
import { readHead } from './syntax.ts'
import { Trace } from './trace.ts'

export interface HandlerDeps extends ReplySettings {
  readonly live: LiveGeneration
  /** Peers whose word about the client behind them is taken. */
  readonly proxies: AddressSet
  /** Longest request target, bytes. */
  readonly urlBytesMax: number
  /** True when the request proves the right to be traced. */
  readonly wantsTrace: (ctx: RequestContext) => boolean
  /** Hears of each request when its head arrived. */
  readonly arrived: () => void
  /** Hears of each request once, when its last byte is out or its client is gone. */
  readonly observe: (ctx: RequestContext) => void
  readonly log: HandlerLog
}

interface HandlerLog {
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

const notReady = refuse('gateway_not_ready', { retryAfterMs: 1_000 })
const notFound = refuse('route_not_found')
const nothingBehind = refuse('upstream_unavailable')
const tooLarge = refuse('body_too_large')
const closeConnection = ['Connection', 'close']
const stalled = refuse('request_timeout', { headers: closeConnection })
const crash = refuse('internal_error')

const failureCodes: Record<UpstreamFailureKind, ErrorCode> = {
  unreachable: 'upstream_unreachable',
  busy: 'upstream_unavailable',
  connect_timeout: 'upstream_timeout',
  first_byte_timeout: 'upstream_timeout',
  idle_timeout: 'upstream_timeout',
  total_timeout: 'upstream_timeout',
  closed_early: 'upstream_unreachable',
  invalid_response: 'upstream_invalid_response',
}

export type Handler = (request: IncomingMessage, response: ServerResponse) => void

export function createHandler(deps: HandlerDeps): Handler {
  const nextId = createRequestIds()
  const ends: RelayEnds = {
    failed,
    clientStalled: (ctx) => cutOff(ctx, stalled),
    tooLarge: (ctx) => cutOff(ctx, tooLarge),
    crashed,
  }

  function handle(request: IncomingMessage, response: ServerResponse): void {
    const peer = peerOf(request.socket, deps.proxies)
    if (peer.closing) return
    deps.arrived()
    const nowMs = Date.now()
    const ctx = new RequestContext(request, response, peer, nextId(nowMs), nowMs, performance.now())
    peer.current = ctx
    response.on('close', () => finish(ctx))
    try {
      const verdict = decide(ctx)
      if (verdict instanceof Promise) verdict.then((it) => proceed(ctx, it)).catch((e) => crashed(ctx, e))
      else proceed(ctx, verdict)
    } catch (error) {
      crashed(ctx, error)
    }
  }

  /** What answers the request; undefined = its upstream. */
  function decide(ctx: RequestContext): Verdict | Promise<Verdict> {
    const fault = readHead(ctx, deps.urlBytesMax)
    if (fault !== null) {
      // Nobody can be sure where such a request ends: nothing after it is read as another one.
      ctx.peer.closing = true
      return refuse(fault.code, { detail: fault.detail, headers: closeConnection })
    }
    const generation = deps.live.current
    if (generation === null) return notReady
    ctx.lease(generation)
    const { router } = generation
    const asked = ctx.method === 'OPTIONS' ? ctx.header('access-control-request-method') : undefined
    if (asked !== undefined) {
      // A preflight carries no credential, so only the edge policies of the route it is about may answer it.
      const match = router.match(ctx.host, ctx.path, asked)
      if (match?.kind === 'route' && match.edgeCount > 0) return enter(ctx, match, runEdge)
    }
    const match = router.match(ctx.host, ctx.path, ctx.method)
    ctx.match = match
    if (match === null) return ctx.path === '*' ? allow('GET, HEAD, OPTIONS') : notFound
    if (match.kind === 'route') return enter(ctx, match, runRequest)
    // RFC 9110 9.3.7: what OPTIONS asks for is exactly this list.
    if (ctx.method === 'OPTIONS') return allow(match.allow)
    return refuse('method_not_allowed', { headers: ['Allow', match.allow] })
  }

  function enter(
    ctx: RequestContext,
    route: CompiledRoute,
    run: typeof runRequest,
  ): Verdict | Promise<Verdict> {
    ctx.enter(route)
    if (deps.wantsTrace(ctx)) ctx.trace = new Trace()
    return run(ctx, route)
  }

  function proceed(ctx: RequestContext, verdict: Verdict): void {
    // The client may have left while a policy waited.
    if (ctx.response.destroyed) return
    const answered = verdict ?? forward(ctx)
    if (answered !== undefined) answer(ctx, answered)
  }

  /** Starts the upstream call; a refusal when there is none to start. */
  function forward(ctx: RequestContext): Verdict {
    const route = ctx.match?.kind === 'route' ? ctx.match : null
    const upstream = route?.upstream ?? null
    const target = upstream?.pick() ?? null
    if (route === null || upstream === null || target === null) return nothingBehind
    if (ctx.wireLength > ctx.bodyLimit) return tooLarge
    const relay = new Relay(ctx, route, target, upstream.timeouts, ends)
    // A body that breaks the rules in its first bytes is refused by the parser in this very turn, before we connect.
    if (ctx.hasBody) setImmediate(startUnlessRefused, ctx, relay)
    else relay.start()
    return undefined
  }

  function answer(ctx: RequestContext, verdict: Refusal | Reply): void {
    const refused = verdict.kind === 'refusal'
    if (refused) ctx.reason = verdict.code
    const reply = refused ? refusalReply(ctx, verdict, deps) : verdict
    ctx.status = reply.status
    if (ctx.chain !== null) runResponse(ctx, ctx.chain)
    sendReply(ctx, reply)
  }

  function failed(ctx: RequestContext, failure: UpstreamFailure): void {
    deps.log.warn({ requestId: ctx.requestId, routeId: ctx.route.id, ...failure }, 'upstream call failed')
    cutOff(ctx, refuse(failureCodes[failure.kind]))
  }

  /** Ends a request that was on its way: with a refusal, or by breaking the connection when the reply has begun. */
  function cutOff(ctx: RequestContext, refusal: Refusal): void {
    ctx.call?.cancel()
    if (ctx.response.headersSent) {
      ctx.reason = refusal.code
      ctx.response.destroy()
      return
    }
    try {
      answer(ctx, refusal)
    } catch (error) {
      crashed(ctx, error)
    }
  }

  function crashed(ctx: RequestContext, error: unknown): void {
    deps.log.error({ requestId: ctx.requestId, routeId: ctx.route.id, err: error }, 'request crashed')
    ctx.forgetDecisions()
    cutOff(ctx, crash)
  }

  function finish(ctx: RequestContext): void {
    const nowMs = performance.now()
    ctx.durationMs = nowMs - ctx.startedMs
    if (ctx.peer.current === ctx) ctx.peer.current = null
    if (ctx.upstreamStartedMs > 0 && ctx.upstreamEndedMs === 0) ctx.upstreamEndedMs = nowMs
    ctx.call?.cancel()
    if (!ctx.request.complete) linger(ctx.request)
    if (!ctx.response.writableFinished && ctx.reason === null) {
      ctx.reason = 'client_closed_request'
      if (!ctx.response.headersSent) ctx.status = 499
    }
    try {
      if (ctx.chain !== null) runDone(ctx, ctx.chain)
    } catch (error) {
      deps.log.error({ requestId: ctx.requestId, err: error }, 'a policy threw after the reply')
    }
    ctx.generation?.release()
    deps.observe(ctx)
  }

  return handle
}

const allow = (methods: string): Reply => ({
  kind: 'reply',
  status: 204,
  headers: ['Allow', methods],
  body: '',
})

/** How long what is left of a request that was answered early may keep its connection, milliseconds. */
const lingerMs = 5_000

/** Reads on without listening, so that the client can read the reply before its sending fails (RFC 9112 9.6). */
function linger(request: IncomingMessage): void {
  if (request.destroyed) return
  request.resume()
  setTimeout(() => request.complete || request.destroy(), lingerMs).unref()
}

function startUnlessRefused(ctx: RequestContext, relay: Relay): void {
  if (!ctx.response.destroyed && ctx.reason === null) relay.start()
}
