// What would happen to a request that nobody sent: which routes it could mean, which policies judge it, and how.
import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { createAddressSet } from '@gatewright/shared/cidr'
import { errors } from '@gatewright/shared/errors'
import type { Verdict } from '@gatewright/shared/policies/policy'
import type { Candidate, CompiledRoute, Generation, StepFacts } from '../config/generation.ts'
import type { ExplainRequest } from '../messages.ts'
import { RequestContext } from '../request/context.ts'
import { Peer } from '../request/peer.ts'
import { runEdge, runRequest } from '../request/pipeline.ts'
import { readHead } from '../request/syntax.ts'
import { Trace, type TraceStep } from '../request/trace.ts'

export interface Explanation {
  readonly revision: number | null
  readonly method: string
  readonly host: string
  readonly path: string
  readonly candidates: readonly Candidate[]
  readonly steps: readonly TraceStep[]
  /** Policies that a refusal or an answer kept from running. */
  readonly notReached: readonly StepFacts[]
  readonly principal: { readonly application: string; readonly plan: string } | null
  readonly outcome:
    | {
        readonly kind: 'refused'
        readonly status: number
        readonly code: string
        readonly policy: string | null
        readonly detail: string | null
      }
    | { readonly kind: 'answered'; readonly status: number }
    | { readonly kind: 'forwarded'; readonly status: null }
}

const urlBytesMax = 65_536

/** Nothing is counted and no upstream is called. */
export async function explain(generation: Generation | null, asked: ExplainRequest): Promise<Explanation> {
  const ctx = madeUpContext(asked)
  const base = { revision: generation?.revision ?? null, method: asked.method }
  const refused = (code: keyof typeof errors, detail: string | null = null): Explanation => ({
    ...base,
    host: ctx.host,
    path: ctx.path,
    candidates: [],
    steps: [],
    notReached: [],
    principal: null,
    outcome: { kind: 'refused', status: errors[code].status, code, policy: null, detail },
  })
  const fault = readHead(ctx, urlBytesMax)
  if (fault !== null) return refused(fault.code, fault.detail)
  if (generation === null) return refused('gateway_not_ready')
  const { router } = generation
  const wanted = ctx.method === 'OPTIONS' ? ctx.header('access-control-request-method') : undefined
  const preflight = wanted === undefined ? null : router.match(ctx.host, ctx.path, wanted)
  const isPreflight = preflight?.kind === 'route' && preflight.edgeCount > 0
  const match = isPreflight ? preflight : router.match(ctx.host, ctx.path, ctx.method)
  const candidates = router.explain(ctx.host, ctx.path, isPreflight ? (wanted ?? '') : ctx.method)
  if (match === null) return { ...refused('route_not_found'), candidates }
  if (match.kind === 'method') {
    if (ctx.method === 'OPTIONS')
      return { ...refused('method_not_allowed'), candidates, outcome: { kind: 'answered', status: 204 } }
    return { ...refused('method_not_allowed', `Allowed: ${match.allow}.`), candidates }
  }
  const trace = new Trace()
  ctx.enter(match)
  ctx.trace = trace
  ctx.cost = 0
  ctx.lease(generation)
  try {
    const verdict = await (isPreflight ? runEdge(ctx, match) : runRequest(ctx, match))
    return {
      ...base,
      host: ctx.host,
      path: ctx.path,
      candidates,
      steps: trace.steps,
      notReached: (ctx.chain ?? match.chain).requestSteps.slice(trace.steps.length),
      principal: ctx.principal && {
        application: ctx.principal.applicationName,
        plan: ctx.principal.planName,
      },
      outcome: outcomeOf(ctx, match, verdict),
    }
  } finally {
    generation.release()
  }
}

function outcomeOf(ctx: RequestContext, route: CompiledRoute, verdict: Verdict): Explanation['outcome'] {
  if (verdict?.kind === 'refusal') {
    const { code, detail } = verdict
    return {
      kind: 'refused',
      status: errors[code].status,
      code,
      policy: ctx.refusedBy,
      detail: detail ?? null,
    }
  }
  if (verdict?.kind === 'reply') return { kind: 'answered', status: verdict.status }
  if (route.upstream !== null) return { kind: 'forwarded', status: null }
  return { kind: 'refused', status: 503, code: 'upstream_unavailable', policy: null, detail: null }
}

const nobody = createAddressSet([])

function madeUpContext({ method, url, headers, clientAddress }: ExplainRequest): RequestContext {
  const request = new IncomingMessage(new Socket())
  const absolute = URL.canParse(url) ? new URL(url) : null
  request.method = method
  request.url = absolute ? `${absolute.pathname}${absolute.search}` : url
  request.httpVersion = '1.1'
  request.httpVersionMajor = 1
  request.httpVersionMinor = 1
  const names = Object.keys(headers)
  if (!names.some((name) => name.toLowerCase() === 'host')) {
    request.rawHeaders.push('Host', absolute?.host ?? 'localhost')
  }
  for (const name of names) request.rawHeaders.push(name, headers[name] ?? '')
  const scheme = absolute?.protocol === 'https:' ? 'https' : 'http'
  return new RequestContext(
    request,
    new ServerResponse(request),
    new Peer(clientAddress, scheme, nobody),
    'req_explained',
    Date.now(),
    performance.now(),
  )
}
