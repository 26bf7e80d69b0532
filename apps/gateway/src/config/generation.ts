// What a gateway compiled from one snapshot: frozen routes behind a router, leased by the requests that run on it.
import type {
  BodyFilter,
  PolicyContext,
  Refusal,
  RouteFacts,
  Verdict,
} from '@gatewright/shared/policies/policy'
import type { RequestContext } from '../request/context.ts'
import type { Upstream } from '../upstream/call.ts'

export type RequestPhase = (ctx: PolicyContext) => Verdict | Promise<Verdict>
export type ResponsePhase = (ctx: PolicyContext) => void
export type FilterPhase = (ctx: PolicyContext) => BodyFilter | null
export type DonePhase = (ctx: PolicyContext) => void

/** What one policy attachment is called in refusals, traces and events. */
export interface StepFacts {
  /** Name of the attachment. */
  readonly policy: string
  readonly type: string
  readonly scope: string
  readonly stage: string
}

/** A look at the body of a request. */
export interface BodyPhase {
  readonly facts: StepFacts
  wants(ctx: PolicyContext): boolean
  look(ctx: PolicyContext, body: Uint8Array): Verdict | Promise<Verdict>
}

/** Every phase that a request on one route runs: loop over the arrays, decide nothing. */
export interface Chain {
  /** In the order they run; bound, so they need no `this`. */
  readonly request: readonly RequestPhase[]
  /** Of whom `request[i]` is. */
  readonly requestSteps: readonly StepFacts[]
  /** Behind all of `request`, with the body; null when nobody looks at it. */
  readonly requestBody: readonly BodyPhase[] | null
  /** Filters of response bodies, from the upstream outwards; null when there are none. */
  readonly responseBody: readonly FilterPhase[] | null
  /** In the order they run, which is the reverse of the order of their policies. */
  readonly response: readonly ResponsePhase[]
  readonly responseSteps: readonly StepFacts[]
  readonly done: readonly DonePhase[]
  /** Rank of what its requests are worth to an overloaded gateway: 0 is refused last. */
  readonly priority: number
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
  /** The best of `chain` and `plans`: a request may turn out to be worth as much once its caller is known. */
  readonly priority: number
  /** Characters of the normalised path that belong to the API's base path, which the upstream does not see. */
  readonly basePathLength: number
  /**
   * Reply fields for the lifecycle of the version, `Deprecation` (RFC 9745), `Sunset` (RFC 8594) and `Link`; name and value
   * in turn. A retired version needs no case of its own: its phases after `edge` are one refusal with `api_retired`.
   */
  readonly lifecycleFields: readonly string[]
  /** Value of `Vary` (RFC 9110 12.5.5) for a route that was chosen by header fields; null when none had a say. */
  readonly vary: string | null
  /** A parameter of the path is secret by its name (`{token}`): of its paths only the template is told. */
  readonly hasSecretInPath: boolean
  /** The query parameter that names the version, when the upstream is not to see it. */
  readonly strippedParameter: string | null
  /** null: nothing stands behind the route, so a policy has to answer. */
  readonly upstream: Upstream | null
  /** Decides between the upstreams of the version; null = every request goes to `upstream`. */
  readonly traffic: TrafficSplit | null
}

/** How a deployment spreads the requests of its routes over the upstreams of the version. */
export interface TrafficSplit {
  /** The upstream of this request; null when none may be used. Called once, after the policies. */
  choose(ctx: RequestContext): Upstream | null
  /** The request was put to what `choose` said; nothing of its body has been read yet. */
  started(ctx: RequestContext, route: CompiledRoute): void
  /** The request is over, whether it came to `choose` or not. */
  done(ctx: RequestContext): void
  /** What `choose` would say, for explain: nothing is dealt out. */
  explain(ctx: RequestContext): Destination
}

/** Where a request would go. */
export interface Destination {
  /** Name of the upstream; null when it is dealt out among several. */
  readonly upstream: string | null
  readonly because: string
}

/** Paths of APIs match, and yet nothing answers: what the request is told. */
export interface Miss {
  readonly kind: 'miss'
  readonly refusal: Refusal
  /** Value of the `Allow` field (RFC 9110 10.2.1); null when the request asks for a version that is not there. */
  readonly allow: string | null
  readonly facts: MissFacts
  /** Template of a route at this path with a parameter that is secret by its name: of the path only that is told. null = none has. */
  readonly secretTemplate: string | null
}

/** To whom a request that found no route still belongs. */
interface MissFacts {
  readonly tenantId: string
  readonly apiId: string
  readonly versionId: string
}

export type Match = CompiledRoute | Miss | null

/** Stands for the value of a field that a CORS preflight only announces. */
export const announced: unique symbol = Symbol('announced')

/** What conditions and selectors look at. */
export interface RequestView {
  /** Raw, without `?`. */
  readonly query: string
  /** By lower-case name; repeated fields joined by a comma (RFC 9110 5.3). */
  header(name: string): string | undefined | typeof announced
}

export interface Router {
  /**
   * `host`: lower case, without port. `path`: normalised by `request/target.ts`. `method`: as sent; for a CORS preflight, the
   * method it asks for. HEAD finds the route of GET where none is declared (RFC 9110 9.3.2); OPTIONS is a `Miss` where none is
   * declared, and its `allow` is the answer.
   */
  match(host: string, path: string, method: string, view: RequestView): Match
  /** What `match` found and passed over, for explain: every route that could be meant, best first, and why it lost. */
  explain(host: string, path: string, method: string, view: RequestView): readonly Candidate[]
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
