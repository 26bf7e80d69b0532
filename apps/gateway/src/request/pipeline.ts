// Runs the frozen phases of a route: a loop over arrays that waits only where a policy had to wait.
import { refuse, type Verdict } from '@gatewright/shared/policies/policy'
import type {
  Chain,
  CompiledRoute,
  DonePhase,
  RequestPhase,
  ResponsePhase,
  StepFacts,
} from '../config/generation.ts'
import type { RequestContext } from './context.ts'

/** A caller whose plan no longer covers the route; its record is a moment older than the configuration. */
const planGone = refuse('subscription_missing', { detail: 'The plan no longer covers this API.' })

/** All request phases of a route, the plan's included; undefined = go on. `ctx.refusedBy` names who refused. */
export function runRequest(ctx: RequestContext, route: CompiledRoute): Verdict | Promise<Verdict> {
  const verdict = runPhases(
    ctx,
    route.chain,
    0,
    route.plans === null ? route.chain.request.length : route.identifiedAt,
  )
  if (route.plans === null) return verdict
  if (verdict instanceof Promise)
    return verdict.then((it) => it ?? (isOver(ctx) ? undefined : runPlan(ctx, route)))
  return verdict ?? runPlan(ctx, route)
}

/** What a CORS preflight may run: it carries no credential. */
export function runEdge(ctx: RequestContext, route: CompiledRoute): Verdict | Promise<Verdict> {
  return runPhases(ctx, route.chain, 0, route.edgeCount)
}

/** Now that the caller is known, the plan's policies are part of the chain. */
function runPlan(ctx: RequestContext, route: CompiledRoute): Verdict | Promise<Verdict> {
  const { principal } = ctx
  let chain: Chain | undefined = route.chain
  if (principal !== null && route.plans !== null) chain = route.plans.get(principal.planId)
  if (chain === undefined) return planGone
  ctx.chain = chain
  return runPhases(ctx, chain, route.identifiedAt, chain.request.length)
}

function runPhases(ctx: RequestContext, chain: Chain, from: number, to: number): Verdict | Promise<Verdict> {
  if (ctx.trace !== null) return ctx.trace.runPhases(ctx, chain, from, to)
  for (let i = from; i < to; i++) {
    const verdict = (chain.request[i] as RequestPhase)(ctx)
    if (verdict === undefined) continue
    if (verdict instanceof Promise) return runRest(ctx, chain, to, i, verdict)
    return stoppedBy(ctx, chain, i, verdict)
  }
  return undefined
}

async function runRest(
  ctx: RequestContext,
  chain: Chain,
  to: number,
  from: number,
  first: Promise<Verdict>,
): Promise<Verdict> {
  let verdict = await first
  for (let i = from; ; ) {
    if (verdict !== undefined) return stoppedBy(ctx, chain, i, verdict)
    if (++i === to || isOver(ctx)) return undefined
    const next = (chain.request[i] as RequestPhase)(ctx)
    verdict = next instanceof Promise ? await next : next
  }
}

/**
 * Its client left while a policy waited, and its policies gave back what they held: what another one takes now, nobody would give
 * back.
 */
export function isOver({ exchange }: RequestContext): boolean {
  return exchange.isOver
}

export function stoppedBy(ctx: RequestContext, chain: Chain, index: number, verdict: Verdict): Verdict {
  return turnedAwayBy(ctx, chain.requestSteps[index] ?? null, verdict)
}

/** Notes who refused, and that the call counts against nobody. */
export function turnedAwayBy(ctx: RequestContext, step: StepFacts | null, verdict: Verdict): Verdict {
  if (verdict?.kind === 'refusal') {
    ctx.refusedBy = step?.policy ?? null
    // Limits that came before have counted a call that is none.
    ctx.giveBack()
  }
  return verdict
}

/** For replies of the upstream and for our own alike, so that CORS reaches a 401. */
export function runResponse(ctx: RequestContext, chain: Chain): void {
  for (let i = 0; i < chain.response.length; i++) (chain.response[i] as ResponsePhase)(ctx)
}

/** All of them, also when one throws: each may have something to give back. The first error is thrown in the end. */
export function runDone(ctx: RequestContext, chain: Chain): void {
  // Refused behind the policies, or its client left before its upstream was asked.
  if (ctx.held !== null && ctx.reason !== null && ctx.upstreamStartedMs === 0) ctx.giveBack()
  let failure: { readonly error: unknown } | null = null
  for (let i = 0; i < chain.done.length; i++) {
    try {
      ;(chain.done[i] as DonePhase)(ctx)
    } catch (error) {
      failure ??= { error }
    }
  }
  if (failure !== null) throw failure.error
}
