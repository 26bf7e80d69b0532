// Nobody passes unknown: the last policy of a route that asks who is calling also sees to it that one of them found out.
import { type PolicyContext, type Refusal, refuse, type Verdict } from '@gatewright/shared/policies/policy'
import type { Step } from './steps.ts'

/** Whether it asks who is calling: what is told of the lifecycle stands in this stage too, and so do policies that only vouch. */
export function asksWho({ stage, facts, phases }: Step): boolean {
  return stage === 'identify' && facts.type !== 'lifecycle' && phases.vouches === undefined
}

/** Whether a route is not open to everybody where this step stands. */
export function protects(step: Step): boolean {
  return asksWho(step) || step.phases.vouches === true
}

/**
 * Each policy goes on when nothing of its kind was sent, so that several can be offered; whoever sent nothing that any of them
 * looks for is refused here, and told of all of them. What is offered at one scope alone is demanded there, where its policies can
 * tell: tokens with the scopes that a route asks for are not replaced by a key that its API takes elsewhere. Public routes take everybody.
 */
export function demandCaller(steps: readonly Step[]): readonly Step[] {
  const asking = steps.filter(asksWho)
  const last = asking.at(-1)
  if (last === undefined) return steps
  const unknown = refusalFor(asking)
  let all = followedBy(steps, last, (ctx) =>
    ctx.principal === null && ctx.person === null ? orInvited(asking, ctx, unknown) : undefined,
  )
  for (const scope of new Set(asking.map((step) => step.scope))) {
    const offered = all.filter((step) => asksWho(step) && step.scope === scope)
    const end = offered.at(-1)
    if (end === undefined || offered.length === asking.length) continue
    if (!offered.every(({ phases }) => phases.sent)) continue
    const missing = refusalFor(offered)
    all = followedBy(all, end, (ctx) =>
      offered.some(({ phases }) => phases.sent?.(ctx)) ? undefined : orInvited(offered, ctx, missing),
    )
  }
  return all
}

/** What whoever is not known is told: by the first policy that can let them in another way, else the refusal. */
function orInvited(
  asking: readonly Step[],
  ctx: PolicyContext,
  refusal: Refusal,
): Verdict | Promise<Verdict> {
  for (const { phases } of asking) {
    const invitation = phases.invite?.(ctx)
    if (invitation instanceof Promise) return invitation.then((it) => it ?? refusal)
    if (invitation !== undefined) return invitation
  }
  return refusal
}

/** The steps, with a decision behind one of them that only routes for everybody do without. */
function followedBy(
  steps: readonly Step[],
  step: Step,
  decide: (ctx: PolicyContext) => Verdict | Promise<Verdict>,
): readonly Step[] {
  const own = step.phases.request?.bind(step.phases)
  const decideUnlessPublic = (ctx: PolicyContext) => (ctx.route.public ? undefined : decide(ctx))

  function request(ctx: PolicyContext): Verdict | Promise<Verdict> {
    const verdict = own?.(ctx)
    if (verdict instanceof Promise) return verdict.then((it) => it ?? decideUnlessPublic(ctx))
    return verdict ?? decideUnlessPublic(ctx)
  }

  return steps.with(steps.lastIndexOf(step), { ...step, phases: { ...step.phases, request } })
}

function refusalFor(asking: readonly Step[]): Refusal {
  const [first, ...more] = asking.flatMap(({ phases }) => phases.absent ?? [])
  if (first === undefined) return refuse('credential_missing')
  if (more.length === 0) return first
  const all = [first, ...more]
  return refuse('credential_missing', {
    detail: [...new Set(all.map(({ detail }) => detail).filter(Boolean))].join(' Or: '),
    headers: all.flatMap(({ headers }) => headers ?? []),
  })
}
