// Where requests meet the blocklist: their address before anything else, their caller as soon as it is known.
import type { BlockRecord } from '@gatewright/shared/model/block'
import {
  type Phases,
  type PolicyContext,
  refuse,
  type Stage,
  type Verdict,
} from '@gatewright/shared/policies/policy'
import type { Step } from '../../config/steps.ts'
import type { Blocklist } from './blocklist.ts'

export const blocklistType = 'blocklist'

// Whoever is blocked learns that they are, and whom to ask: the API's owner, by the id of the request. By what, would be a manual.
const blocked = refuse('caller_blocked')

/** The steps that stand on every route of a gateway that has a blocklist; nothing is looked up while the list is empty. */
export function blockSteps(blocklist: Blocklist): readonly Step[] {
  return [
    stepOf('edge', {
      request(ctx) {
        if (blocklist.size === 0) return undefined
        return verdict(ctx, blocklist.ofAddress(ctx.clientAddress, ctx.route.tenantId, Date.now()))
      },
    }),
    stepOf('admit', {
      request(ctx) {
        if (blocklist.size === 0 || ctx.principal === null) return undefined
        return verdict(ctx, blocklist.ofCaller(ctx.principal, ctx.route.tenantId, Date.now()))
      },
    }),
  ]
}

function verdict(ctx: PolicyContext, block: BlockRecord | null): Verdict {
  if (block === null) return undefined
  ctx.reportSecurity({
    kind: 'blocklist',
    action: 'blocked',
    score: null,
    rules: [],
    detail: `${block.kind}, by ${block.source}, ${block.id}`,
  })
  return blocked
}

function stepOf(stage: Stage, phases: Phases): Step {
  return {
    facts: Object.freeze({ policy: blocklistType, type: blocklistType, scope: 'global', stage }),
    stage,
    scope: 'global',
    phases,
  }
}
