// The whole request on one screen: read → match → request phases → upstream → response phases → reply → done → event.
import type { ErrorCode } from '@gatewright/shared/errors'
import { type Refusal, type Reply, refuse, type Verdict } from '@gatewright/shared/policies/policy'
import type { CompiledRoute, LiveGeneration, Router } from '../config/generation.ts'
import { unread } from '../http1/request-parser.ts'
import { type Admission, overloaded } from '../traffic/overload.ts'
import type { UpstreamFailure, UpstreamFailureKind } from '../upstream/call.ts'
import { RequestContext } from './context.ts'
import type { Exchange } from './exchange.ts'
import type { Peer } from './peer.ts'
import { isOver, runDone, runEdge, runRequest, runResponse } from './pipeline.ts'
import { PreflightView } from './preflight.ts'
import { Relay, type RelayEnds } from './relay.ts'
import { type ReplySettings, refusalReply, sendReply } from './reply.ts'
import { dropBody, lookersAt, showBody } from './request-body.ts'
import { createRequestIds } from './request-id.ts'
import { readHead } from './syntax.ts'
import { Trace } from './trace.ts'

export interface HandlerDeps extends ReplySettings {
  readonly live: LiveGeneration
  /** Longest request target, bytes. */
  readonly urlBytesMax: number
  /** Who is turned away while there is too much to do; null = nobody. */
  readonly admission: Admission | null
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
// A tunnel through the gateway is nothing that an API offers.
const noTunnel = refuse('method_not_allowed', {
  detail: 'CONNECT is not offered here.',
  headers: closeConnection,
})
const stalled = refuse('request_timeout', { headers: closeConnection })
const crash = refuse('internal_error')

const failureCodes: Record<UpstreamFailureKind, ErrorCode> = {
  unreachable: 'upstream_unreachable',
  busy: 'upstream_unavailable',
  queue_timeout: 'upstream_timeout',
  connect_timeout: 'upstream_timeout',
  first_byte_timeout: 'upstream_timeout',
  idle_timeout: 'upstream_timeout',
  total_timeout: 'upstream_timeout',
  closed_early: 'upstream_unreachable',
  invalid_response: 'upstream_invalid_response',
}

/** What connections tell of their requests. */
export interface Handler {
  /** The head arrived. */
  begin(exchange: Exchange, peer: Peer): RequestContext
  /** The rest of the request cannot be read, and nothing of a reply was sent. */
  broken(ctx: RequestContext, code: ErrorCode, detail: string): void
  /** The last byte of the reply is out, or the client is gone. */
  over(ctx: RequestContext): void
}

export function createHandler(deps: HandlerDeps): Handler {
  const nextId = createRequestIds()
  const { admission } = deps
  const run = admission === null ? runRequest : runAdmitted
  const ends: RelayEnds = {
    failed,
    resting: (ctx, restMs) => cutOff(ctx, refuse('circuit_open', { retryAfterMs: restMs })),
    clientStalled: (ctx) => cutOff(ctx, stalled),
    tooLarge: (ctx) => cutOff(ctx, tooLarge),
    refused: cutOff,
    crashed,
  }

  function begin(exchange: Exchange, peer: Peer): RequestContext {
    deps.arrived()
    const nowMs = Date.now()
    const ctx = new RequestContext(exchange, peer, nextId(nowMs), nowMs, performance.now())
    exchange.ctx = ctx
    try {
      const verdict = decide(ctx)
      if (verdict instanceof Promise) verdict.then((it) => proceed(ctx, it)).catch((e) => crashed(ctx, e))
      else proceed(ctx, verdict)
    } catch (error) {
      crashed(ctx, error)
    }
    return ctx
  }

  /** What answers the request; undefined = its upstream. */
  function decide(ctx: RequestContext): Verdict | Promise<Verdict> {
    if (ctx.method === 'CONNECT') return noTunnel
    const fault = readHead(ctx, deps.urlBytesMax)
    if (fault !== null) {
      // Nobody can be sure where such a request ends: nothing after it is read as another one.
      ctx.wireLength = unread
      return refuse(fault.code, { detail: fault.detail, headers: closeConnection })
    }
    const generation = deps.live.current
    if (generation === null) return notReady
    ctx.lease(generation)
    const { router } = generation
    const asked = ctx.method === 'OPTIONS' ? ctx.header('access-control-request-method') : undefined
    if (asked !== undefined) {
      // A preflight carries no credential, so only the edge policies of the route it is about may answer it; when none
      // does, it is an OPTIONS request like any other.
      const match = router.match(ctx.host, ctx.path, asked, new PreflightView(ctx))
      if (match?.kind === 'route' && match.edgeCount > 0) {
        const verdict = enter(ctx, match, runEdge)
        if (verdict instanceof Promise)
          return verdict.then((it) => it ?? (isOver(ctx) ? undefined : dispatch(ctx, router)))
        if (verdict !== undefined) return verdict
      }
    }
    return dispatch(ctx, router)
  }

  function dispatch(ctx: RequestContext, router: Router): Verdict | Promise<Verdict> {
    const match = router.match(ctx.host, ctx.path, ctx.method, ctx)
    ctx.match = match
    if (match === null) return ctx.path === '*' ? allow('GET, HEAD, OPTIONS') : notFound
    if (match.kind === 'route') return enter(ctx, match, run)
    // RFC 9110 9.3.7: what OPTIONS asks for is exactly this list.
    if (ctx.method === 'OPTIONS' && match.allow !== null) return allow(match.allow)
    return match.refusal
  }

  /** Before any policy: what is turned away here has cost next to nothing. */
  function runAdmitted(ctx: RequestContext, route: CompiledRoute): Verdict | Promise<Verdict> {
    return admission?.admits(route.priority) === false ? overloaded : runRequest(ctx, route)
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
    if (isOver(ctx)) return
    if (verdict === undefined && ctx.chain !== null) {
      const lookers = lookersAt(ctx, ctx.chain)
      if (lookers !== null) {
        showBody(ctx, lookers)
          .then((it) => conclude(ctx, it))
          .catch((error: unknown) => crashed(ctx, error))
        return
      }
    }
    conclude(ctx, verdict)
  }

  function conclude(ctx: RequestContext, verdict: Verdict): void {
    if (isOver(ctx)) return
    const answered = verdict ?? forward(ctx)
    if (answered !== undefined) answer(ctx, answered)
  }

  /** Starts the upstream call; a refusal when there is none to start. */
  function forward(ctx: RequestContext): Verdict {
    const route = ctx.match?.kind === 'route' ? ctx.match : null
    if (route === null) return nothingBehind
    const upstream = route.traffic === null ? route.upstream : route.traffic.choose(ctx)
    const target = upstream?.pick(ctx) ?? null
    if (upstream === null || target === null) return nothingBehind
    ctx.upstream = upstream
    if (ctx.wireLength > ctx.bodyLimit) return tooLarge
    const relay = new Relay(ctx, route, upstream, target, ends)
    // A body that breaks the rules in its first bytes is refused by the parser in this very turn, before we connect.
    if (ctx.hasBody) setImmediate(startUnlessRefused, ctx, route, relay)
    else start(ctx, route, relay)
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
    if (isOver(ctx)) return
    if (ctx.exchange.headersSent) {
      ctx.reason = refusal.code
      ctx.exchange.destroy()
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

  function broken(ctx: RequestContext, code: ErrorCode, detail: string): void {
    cutOff(ctx, refuse(code, { detail, headers: closeConnection }))
  }

  function over(ctx: RequestContext): void {
    const nowMs = performance.now()
    ctx.durationMs = nowMs - ctx.startedMs
    if (ctx.upstreamStartedMs > 0 && ctx.upstreamEndedMs === 0) ctx.upstreamEndedMs = nowMs
    ctx.call?.cancel()
    if (!ctx.exchange.isSent && ctx.reason === null) {
      ctx.reason = 'client_closed_request'
      if (!ctx.exchange.headersSent) ctx.status = 499
    }
    try {
      if (ctx.chain !== null) runDone(ctx, ctx.chain)
    } catch (error) {
      deps.log.error({ requestId: ctx.requestId, err: error }, 'a policy threw after the reply')
    }
    if (ctx.match?.kind === 'route') ctx.match.traffic?.done(ctx)
    dropBody(ctx)
    ctx.generation?.release()
    deps.observe(ctx)
  }

  return { begin, broken, over }
}

const allow = (methods: string): Reply => ({
  kind: 'reply',
  status: 204,
  headers: ['Allow', methods],
  body: '',
})

function startUnlessRefused(ctx: RequestContext, route: CompiledRoute, relay: Relay): void {
  if (!ctx.exchange.isOver && ctx.reason === null) start(ctx, route, relay)
}

function start(ctx: RequestContext, route: CompiledRoute, relay: Relay): void {
  relay.start()
  if (route.traffic !== null) route.traffic.started(ctx, route)
}
