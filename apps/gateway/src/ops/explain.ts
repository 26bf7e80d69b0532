// What would happen to a request that nobody sent: which routes it could mean, which policies judge it, and how.
import { createAddressSet } from '@gatewright/shared/cidr'
import { errors } from '@gatewright/shared/errors'
import type { Verdict } from '@gatewright/shared/policies/policy'
import type { SecurityReport } from '@gatewright/shared/security'
import type { Candidate, CompiledRoute, Destination, Generation, StepFacts } from '../config/generation.ts'
import type { ExplainRequest } from '../messages.ts'
import { RequestContext } from '../request/context.ts'
import { Exchange } from '../request/exchange.ts'
import { Peer } from '../request/peer.ts'
import { runEdge, runRequest } from '../request/pipeline.ts'
import { PreflightView } from '../request/preflight.ts'
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
  /** What was suspicious about it, as its event would say. A body is not there to be looked at. */
  readonly security: readonly SecurityReport[]
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
    | ({ readonly kind: 'forwarded'; readonly status: null } & Destination)
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
    security: [],
    principal: null,
    outcome: { kind: 'refused', status: errors[code].status, code, policy: null, detail },
  })
  const fault = readHead(ctx, urlBytesMax)
  if (fault !== null) return refused(fault.code, fault.detail)
  if (generation === null) return refused('gateway_not_ready')
  const { router } = generation
  const told = { ...base, host: ctx.host, path: ctx.path }
  const wanted = ctx.method === 'OPTIONS' ? ctx.header('access-control-request-method') : undefined
  if (wanted !== undefined) {
    const view = new PreflightView(ctx)
    const match = router.match(ctx.host, ctx.path, wanted, view)
    if (match?.kind === 'route' && match.edgeCount > 0) {
      const judged = await judge(ctx, generation, match, runEdge)
      const candidates = router.explain(ctx.host, ctx.path, wanted, view)
      // When no edge policy answers, it is an OPTIONS request like any other.
      if (judged.verdict !== undefined) return { ...told, candidates, ...judged.explained }
    }
  }
  const match = router.match(ctx.host, ctx.path, ctx.method, ctx)
  const candidates = router.explain(ctx.host, ctx.path, ctx.method, ctx)
  if (match === null) return { ...refused('route_not_found'), candidates }
  if (match.kind === 'miss') {
    const { code, detail } = match.refusal
    if (ctx.method === 'OPTIONS' && match.allow !== null)
      return { ...refused(code), candidates, outcome: { kind: 'answered', status: 204 } }
    return { ...refused(code, detail ?? (match.allow && `Allowed: ${match.allow}.`)), candidates }
  }
  const { explained } = await judge(ctx, generation, match, runRequest)
  return { ...told, candidates, ...explained }
}

type Judgement = Pick<Explanation, 'steps' | 'notReached' | 'security' | 'principal' | 'outcome'>

/** What the policies say, at no cost to any limit. */
async function judge(
  ctx: RequestContext,
  generation: Generation,
  route: CompiledRoute,
  run: typeof runRequest,
): Promise<{ readonly verdict: Verdict; readonly explained: Judgement }> {
  const trace = new Trace()
  ctx.enter(route)
  ctx.trace = trace
  ctx.cost = 0
  ctx.lease(generation)
  try {
    const verdict = await run(ctx, route)
    const explained = {
      steps: trace.steps,
      notReached: (ctx.chain ?? route.chain).requestSteps.slice(trace.steps.length),
      security: ctx.security ?? [],
      principal: ctx.principal && {
        application: ctx.principal.applicationName,
        plan: ctx.principal.planName,
      },
      outcome: outcomeOf(ctx, route, verdict),
    }
    return { verdict, explained }
  } finally {
    generation.release()
  }
}

function outcomeOf(ctx: RequestContext, route: CompiledRoute, verdict: Verdict): Explanation['outcome'] {
  if (verdict?.kind === 'refusal') {
    const { code, detail, internal } = verdict
    return {
      kind: 'refused',
      status: errors[code].status,
      code,
      policy: ctx.refusedBy,
      detail: internal ?? detail ?? null,
    }
  }
  if (verdict?.kind === 'reply') return { kind: 'answered', status: verdict.status }
  const destination = destinationOf(ctx, route)
  if (destination !== null) return { kind: 'forwarded', status: null, ...destination }
  return { kind: 'refused', status: 503, code: 'upstream_unavailable', policy: null, detail: null }
}

function destinationOf(ctx: RequestContext, { traffic, upstream }: CompiledRoute): Destination | null {
  if (traffic !== null) return traffic.explain(ctx)
  return upstream && { upstream: upstream.name, because: 'all calls of the route go there' }
}

const nobody = createAddressSet([])

function madeUpContext({ method, url, headers, clientAddress }: ExplainRequest): RequestContext {
  const absolute = URL.canParse(url) ? new URL(url) : null
  const target = absolute ? `${absolute.pathname}${absolute.search}` : url
  const names = Object.keys(headers)
  const fields: string[] = []
  if (!names.some((name) => name.toLowerCase() === 'host')) fields.push('Host', absolute?.host ?? 'localhost')
  for (const name of names) fields.push(name, headers[name] ?? '')
  const scheme = absolute?.protocol === 'https:' ? 'https' : 'http'
  return new RequestContext(
    new Exchange({ method, target, minor: 1, fields }, null),
    new Peer(clientAddress, scheme, nobody),
    'req_explained',
    Date.now(),
    performance.now(),
  )
}
