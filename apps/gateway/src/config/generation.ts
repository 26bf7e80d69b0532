// What a gateway compiled from one snapshot: frozen routes behind a router, leased by the requests that run on it.
import type { PolicyContext, RouteFacts, Verdict } from '@gatewright/shared/policies/policy'
import type { Upstream } from '../upstream/call.ts'

export type RequestPhase = (ctx: PolicyContext) => Verdict | Promise<Verdict>
export type ResponsePhase = (ctx: PolicyContext) => void
export type DonePhase = (ctx: PolicyContext) => void

/** What one policy attachment is called in refusals, traces and events. */
export interface StepFacts {
  /** Name of the attachment. */
  readonly policy: string
  readonly type: string
  readonly scope: string
  readonly stage: string
}

/** Every phase that a request on one route runs: loop over the arrays, decide nothing. */
export interface Chain {
  /** In the order they run; bound, so they need no `this`. */
  readonly request: readonly RequestPhase[]
  /** Of whom `request[i]` is. */
  readonly requestSteps: readonly StepFacts[]
  /** In the order they run, which is the reverse of the order of their policies. */
  readonly response: readonly ResponsePhase[]
  readonly responseSteps: readonly StepFacts[]
  readonly done: readonly DonePhase[]
}

/** One operation, ready to run: every decision that does not depend on the request was taken at compile. */
export interface CompiledRoute {
  readonly kind: 'route'
  readonly facts: RouteFacts
  /** The phases without any plan's. */
  readonly chain: Chain
  /** How many of `chain.request` are of the stage `edge`: all that a CORS preflight may run. */
  readonly edgeCount: number
  /**
   * How many of `chain.request` run before the caller is known (edge and identify). Every chain of `plans` begins with
   * exactly these phases, so the runner changes chain here and goes on at the same index.
   */
  readonly identifiedAt: number
  /**
   * Plan id → phases with the policies of that plan merged in; null when no plan of this version has any.
   * A principal whose plan is not in here (the plan no longer has this version, and the credential's record
   * is a moment older) is refused with `subscription_missing`: fail closed.
   */
  readonly plans: ReadonlyMap<string, Chain> | null
  /** Characters of the normalised path that belong to the API's base path, which the upstream does not see. */
  readonly basePathLength: number
  /**
   * Reply fields for the lifecycle of the version, `Deprecation` (RFC 9745), `Sunset` (RFC 8594) and `Link`; name and value
   * in turn. A retired version needs no case of its own: its phases after `edge` are one refusal with `api_retired`.
   */
  readonly lifecycleFields: readonly string[]
  /** null: nothing stands behind the route, so a policy has to answer. */
  readonly upstream: Upstream | null
}

/** The path exists, the method does not. */
export interface MethodMiss {
  readonly kind: 'method'
  /** Value of the `Allow` field (RFC 9110 10.2.1). */
  readonly allow: string
  readonly facts: MissFacts
}

/** To whom a request that found no route still belongs. */
interface MissFacts {
  readonly tenantId: string
  readonly apiId: string
  readonly versionId: string
}

export type Match = CompiledRoute | MethodMiss | null

export interface Router {
  /**
   * `host`: lower case, without port. `path`: normalised by `request/target.ts`. `method`: as sent; for a CORS preflight, the
   * method it asks for. HEAD finds the route of GET where none is declared (RFC 9110 9.3.2); OPTIONS is a `MethodMiss`
   * where none is declared, and its `allow` is the answer.
   */
  match(host: string, path: string, method: string): Match
  /** What `match` found and passed over, for explain: every route that could be meant, best first, and why it lost. */
  explain(host: string, path: string, method: string): readonly Candidate[]
}

export interface Candidate {
  readonly routeId: string
  readonly apiName: string
  readonly versionName: string
  readonly host: string
  readonly method: string
  readonly template: string
  readonly won: boolean
  readonly reason: string
}

export interface Generation {
  readonly revision: number
  readonly hash: string
  readonly router: Router
  /** Taken by each request at its start and given back when it is done; a generation that is not live drains to zero. */
  acquire(): void
  release(): void
}

/** Where the live generation stands; a swap replaces the one pointer. */
export interface LiveGeneration {
  /** null until the first snapshot was compiled. */
  readonly current: Generation | null
}
