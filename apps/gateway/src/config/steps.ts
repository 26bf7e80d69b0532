// The policies of one route in the order they run: scopes merged, stages sorted, phases laid out flat.
import { type Phases, type Scope, type Stage, scopes, stages } from '@gatewright/shared/policies/policy'
import { type Admission, normalRank, overloaded, rankOf } from '../traffic/overload.ts'
import type {
  BodyPhase,
  Chain,
  DonePhase,
  FilterPhase,
  RequestPhase,
  ResponsePhase,
  StepFacts,
} from './generation.ts'

/** One attachment with the instance that stands behind it. */
export interface Step {
  readonly facts: StepFacts
  readonly stage: Stage
  readonly scope: Scope
  readonly phases: Phases
}

/** By stage, then from the outermost scope inwards, then as the user ordered them (the sort is stable). */
export function orderSteps(steps: readonly Step[]): Step[] {
  return [...steps].sort(
    (a, b) =>
      stages.indexOf(a.stage) - stages.indexOf(b.stage) || scopes.indexOf(a.scope) - scopes.indexOf(b.scope),
  )
}

export function layOut(steps: readonly Step[]): Chain {
  const request: RequestPhase[] = []
  const requestSteps: StepFacts[] = []
  const response: ResponsePhase[] = []
  const responseSteps: StepFacts[] = []
  const requestBody: BodyPhase[] = []
  const responseBody: FilterPhase[] = []
  const done: DonePhase[] = []
  for (const { phases, facts } of steps) {
    if (phases.request) {
      request.push(phases.request.bind(phases))
      requestSteps.push(facts)
    }
    if (phases.requestBody) {
      const wants = phases.wantsBody?.bind(phases) ?? always
      requestBody.push({ facts, wants, look: phases.requestBody.bind(phases) })
    }
    if (phases.responseBody) responseBody.unshift(phases.responseBody.bind(phases))
    if (phases.response) {
      response.unshift(phases.response.bind(phases))
      responseSteps.unshift(facts)
    }
    if (phases.done) done.push(phases.done.bind(phases))
  }
  return Object.freeze({
    request: Object.freeze(request),
    requestSteps: Object.freeze(requestSteps),
    requestBody: requestBody.length === 0 ? null : Object.freeze(requestBody),
    responseBody: responseBody.length === 0 ? null : Object.freeze(responseBody),
    response: Object.freeze(response),
    responseSteps: Object.freeze(responseSteps),
    done: Object.freeze(done),
    priority: priorityOf(steps),
  })
}

const always = () => true

/** The innermost one holds, and none is better than what was attached to everything: there the operator speaks. */
function priorityOf(steps: readonly Step[]): number {
  let best = 0
  let rank = normalRank
  for (const { phases, scope } of steps) {
    if (phases.priority === undefined) continue
    if (scope === 'global') best = Math.max(best, rankOf(phases.priority))
    else rank = rankOf(phases.priority)
  }
  return Math.max(best, rank)
}

const shedding: StepFacts = Object.freeze({
  policy: 'overload',
  type: 'overload',
  scope: 'global',
  stage: 'admit',
})

/** A chain of callers who are worth less than `best`, with which they were let in before they were known: now they are looked at again. */
export function lookAgain(chain: Chain, at: number, best: number, admission: Admission): Chain {
  if (chain.priority === best) return chain
  const { priority } = chain
  const look: RequestPhase = (ctx) =>
    ctx.cost === 0 || admission.stillAdmits(priority, best) ? undefined : overloaded
  return Object.freeze({
    ...chain,
    request: Object.freeze(chain.request.toSpliced(at, 0, look)),
    requestSteps: Object.freeze(chain.requestSteps.toSpliced(at, 0, shedding)),
  })
}

/** Whether any of them wants a certificate of the client. */
export function wantCertificate(steps: readonly Step[]): boolean {
  return steps.some(({ phases }) => phases.wantsCertificate === true)
}

export function countSteps(steps: readonly Step[], stage: Stage): number {
  return steps.filter((step) => step.stage === stage).length
}

/** How many request phases the steps of these stages have. */
export function countRequests(steps: readonly Step[], ...of: readonly Stage[]): number {
  return steps.filter((step) => step.phases.request && of.includes(step.stage)).length
}
