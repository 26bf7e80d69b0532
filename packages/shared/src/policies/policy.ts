// What a policy is: a schema, a stage and a few phase functions; and the ports through which the world reaches it.
import type * as z from 'zod'
import type { CalendarPeriod } from '../calendar.ts'
import type { ErrorCode, FieldError } from '../errors.ts'
import type { ExportedCall } from '../event.ts'
import type { SecurityReport } from '../security.ts'
import type { AddressLists } from './address-list-port.ts'
import type { Authorizers } from './authorizer-ports.ts'
import type { Cedar } from './cedar-port.ts'
import type { CertificateTrusts, PresentedCertificate } from './certificate-ports.ts'
import type { Firewalls } from './firewall-ports.ts'
import type { Logins } from './login-ports.ts'
import type { Places } from './place-port.ts'
import type { DriftLog, Forms, Operation, SchemaChecks } from './schema-port.ts'
import type { Secrets } from './secret-ports.ts'
import type { Signing, SigningKeyRecord } from './signing-ports.ts'
import type { Introspection, KeySets, TokenMemory } from './token-ports.ts'
import type { Scanners } from './virus-scanner-port.ts'

/** The order of a request, as a sentence: may this reach us · who are you · may you, now · what does it say · how we call. */
export const stages = ['edge', 'identify', 'admit', 'shape', 'upstream'] as const
export type Stage = (typeof stages)[number]

/** Where a policy can be attached, outermost first; inside a stage outer scopes run before inner ones. */
export const scopes = ['global', 'tenant', 'version', 'plan', 'route'] as const
export type Scope = (typeof scopes)[number]

/** What a request is worth to an overloaded gateway, the first refused last; without a word it is `normal`. */
export const priorities = ['critical', 'high', 'normal', 'low'] as const
export type Priority = (typeof priorities)[number]

/** The statement of a policy that every reader shares: forms, documentation, contract, manifest and gateway. */
export interface PolicySpec<Config extends z.ZodType = z.ZodType, Type extends string = string> {
  readonly type: Type
  readonly stage: Stage
  readonly title: string
  /** One sentence for the picker and the reference page. */
  readonly summary: string
  readonly scopes: readonly Scope[]
  readonly config: Config
  /** A configuration to start from; the reference page shows it and every test loops over it. */
  readonly example: z.input<Config>
  /** True when the policy may want the whole body, of requests or of responses: then they wait for it, and the editor says so. */
  readonly needsBody?: boolean
  /** What of a configuration cannot work on a route with this path template, as a sentence; null = nothing. */
  templateFault?(config: z.output<Config>, template: string): string | null
  /** TypeScript in a configuration, which has to be a module that parses; null = none. */
  sourceOf?(config: z.output<Config>): string | null
  /** Of a policy that stands among those that identify: whether a route needs another one besides to be protected. */
  needsAnother?(config: z.output<Config>): boolean
  /** Paths that it answers itself on each version it stands on: no route of the version may have one. */
  ownPaths?(config: z.output<Config>): OwnPathsOf
}

/** Who the gateway decided is calling; the only identity later policies see. */
export interface Principal {
  readonly kind: 'application'
  readonly tenantId: string
  readonly credentialId: string
  readonly applicationId: string
  /** Of an application of another team its id. */
  readonly applicationName: string
  readonly subscriptionId: string
  readonly planId: string
  readonly planName: string
  readonly tryIt: boolean
  /** Groups that the team of the API has put the application into; of an application of another team none. */
  readonly groups?: readonly string[]
}

/** A person who signed in, in the name of whichever application. */
export interface Person {
  /** Value of `iss`, to the letter. */
  readonly issuer: string
  readonly subject: string
  /** Tells them from every other person of every issuer, and says nothing of them: a hash in hex. */
  readonly key: string
}

/** Whose credential it was that opens nothing: for the log alone, so that its owner finds the refused call; never a permission. */
export interface RefusedCaller {
  readonly credentialId: string
  readonly applicationId: string
  readonly subscriptionId: string | null
  readonly planId: string | null
  readonly tryIt: boolean
}

/** Values a policy instance may know about the route at hand; the gateway freezes one per compiled route. */
export interface RouteFacts {
  readonly id: string
  readonly method: string
  /** Full path template: base path + path of the operation. */
  readonly template: string
  /** Of the version; empty when it is `/`. */
  readonly basePath: string
  readonly operationId: string | null
  readonly tenantId: string
  readonly apiId: string
  readonly apiName: string
  readonly versionId: string
  readonly versionName: string
  readonly public: boolean
  readonly mocks: readonly MockExample[]
  /** What the document says of the operation; null = nothing, or no policy asks. */
  readonly operation: Operation | null
}

/** One example answer taken from the API's document. */
export interface MockExample {
  readonly status: number
  readonly mediaType: string | null
  readonly name: string | null
  readonly body: string
}

/** Header edits collected during a request and applied in one pass when the message is written. Names are lower case. */
export interface HeaderEdits {
  set(name: string, value: string): void
  /** Sets several, name and value in turn. A list that is frozen is looked at once, however often it is set. */
  setAll(fields: readonly string[]): void
  append(name: string, value: string): void
  remove(name: string): void
  /** Drops every received field whose name begins so, however servers spell it (`X_Auth_User`); in lower case. Fields that are set stay. */
  removePrefix(prefix: string): void
}

/** What one request offers to policies. All fields exist from the start; `trace` is null unless someone asked. */
export interface PolicyContext {
  readonly requestId: string
  /** Unix milliseconds of arrival. */
  readonly receivedAtMs: number
  readonly method: string
  /** Normalised path without the query. */
  readonly path: string
  /** Raw query without `?`; empty when there is none. */
  readonly query: string
  readonly host: string
  readonly scheme: 'http' | 'https'
  /** Address of the client, through trusted proxies only. */
  readonly clientAddress: string
  /** What the client showed in its handshake, or to a trusted proxy; null: nothing. Only hosts whose policies want one are asked for it. */
  readonly clientCertificate: PresentedCertificate | 'unreadable' | null
  readonly route: RouteFacts
  /** The head as it was received; characters stand for bytes. */
  readonly received: ReceivedHead
  /** Request header by lower-case name; repeated fields are joined by a comma (RFC 9110 5.3). */
  header(name: string): string | undefined
  /** sha256 in lower-case hex, of a secret that callers send again and again: the last one is remembered while its connection lasts. */
  digest(secret: string): string
  /** The same as the upstream will get it: undefined when a policy removed it, and without cookies of the portal. */
  forwardedHeader(name: string): string | undefined
  /** Declared length of the body in bytes; null when it is chunked; 0 when there is none. */
  readonly bodyLength: number | null
  /** Stops reading the body beyond this many bytes with 413; the smallest cap set by any policy wins. */
  limitBody(maxBytes: number): void
  /** First value of a query parameter, percent-decoded. */
  queryParameter(name: string): string | undefined
  principal: Principal | null
  /** Who sits in front of it, where that is known; there may be no application. */
  person: Person | null
  /** What the verified token of the principal, or of the person, says; null when they showed none. */
  claims: Readonly<Record<string, unknown>> | null
  refusedCaller: RefusedCaller | null
  readonly upstreamHeaders: HeaderEdits
  readonly replyHeaders: HeaderEdits
  /** Removes a query parameter before the upstream sees it. */
  dropQueryParameter(name: string): void
  /** Adds one for the upstream; name and value are percent-encoded for it. */
  addQueryParameter(name: string, value: string): void
  /** A parameter of the route's path as it stands there, percent-encoded; `*` is the rest of the path. */
  pathParameter(name: string): string | undefined
  /** Path that the upstream is asked for, behind the path of its own address. */
  readonly upstreamPath: string
  /** Asks the upstream for another path; false, and nothing is changed, when it is none that may be forwarded. */
  rewritePath(path: string): boolean
  /** Status of the reply; known in the response phases, the filter of bodies and the done phase. */
  readonly status: number
  /** Code of the refusal, in the done phase; null when the upstream or a policy answered. */
  readonly reason: ErrorCode | null
  /** Header of the upstream's response by lower-case name, as it came; undefined as long as there is none. */
  responseHeader(name: string): string | undefined
  /** How much the request counts in limits: 1 unless its operation costs more, or 0 when it is only being explained. */
  readonly cost: number
  /** Says that the request counts as so many calls; the last word holds. */
  charge(cost: number): void
  /** Says what a limit decided; the gateway turns all reports of a request into RateLimit and X-RateLimit fields. */
  reportLimit(report: LimitReport): void
  /** Says what was found to be suspicious, for the API's owner: it stands in the event and never in a reply. */
  reportSecurity(report: SecurityReport): void
  /** Says that sinks which take traffic are told of this call, and what of its head; the last word holds. For the done phase. */
  exportCall(call: ExportedCall): void
  /** Says what a limit took: it is given back when the request is refused after all, whoever refuses it. */
  hold(held: Held): void
}

/** A request line and its fields before anything was read out of them. */
export interface ReceivedHead {
  readonly target: string
  /** Minor version of HTTP/1. */
  readonly minor: number
  /** Name and value of each field in turn. */
  readonly fields: readonly string[]
}

export interface LimitReport {
  /** Name in `RateLimit-Policy`: letters, digits, hyphens. */
  readonly name: string
  /** Where it is attached: names are unique there and nowhere else. */
  readonly scope?: Scope
  readonly limit: number
  readonly windowSeconds: number
  readonly remaining: number
  /** Milliseconds until the limit is whole again. */
  readonly resetMs: number
}

/** What one limit took of one request. */
export interface Held {
  readonly limiter: Limiter
  /** Name of the counter. */
  readonly counter: string
  readonly cost: number
  readonly taken: Taken
  /** What was reported of it; null = nothing. */
  readonly report: LimitReport | null
}

/** An expected refusal: returned, never thrown, always with a code of the catalogue. */
export interface Refusal {
  readonly kind: 'refusal'
  readonly code: ErrorCode
  readonly detail?: string
  /** Why, for the owner of the API alone: shown where requests are explained, and never to callers. */
  readonly internal?: string
  readonly retryAfterMs?: number
  readonly errors?: readonly FieldError[]
  /** Extra reply header fields, name and value in turn. */
  readonly headers?: readonly string[]
  /** Extra members of the problem document. */
  readonly extensions?: Readonly<Record<string, unknown>>
  /** HTML that a person is shown in place of the problem document. */
  readonly page?: string
}

/** An answer that a policy gives itself. */
export interface Reply {
  readonly kind: 'reply'
  readonly status: number
  /** Header fields, name and value in turn. */
  readonly headers: readonly string[]
  readonly body: string | Uint8Array
}

export type Verdict = Refusal | Reply | undefined

/**
 * What becomes of a response body on its way to the caller. A refusal stands in the reply's place as long as none of it has left;
 * later it breaks the connection, so that nobody takes a part for the whole.
 */
export interface BodyFilter {
  /** The next piece, which is the filter's to keep; null = nothing can be passed on yet. */
  push(piece: Uint8Array): Uint8Array | Refusal | null
  /** The body is whole; what is still to be passed on. */
  end(): Uint8Array | Refusal | null | Promise<Uint8Array | Refusal | null>
}

export function refuse(code: ErrorCode, more: Omit<Refusal, 'kind' | 'code'> = {}): Refusal {
  return { kind: 'refusal', code, ...more }
}

/**
 * The phases of one policy instance. `request`: undefined = go on, anything else stops the request.
 * `response`: in reverse order, for our own replies too. `done`: observe only.
 */
export interface Phases {
  request?(ctx: PolicyContext): Verdict | Promise<Verdict>
  /** Whether `requestBody` looks at this request; without it, at all of them. */
  wantsBody?(ctx: PolicyContext): boolean
  /**
   * The whole body (empty when there is none), when every policy has admitted the request: nothing has reached the upstream. Up to
   * the smallest `limitBody`, or 10 MiB without one. The bytes are shared: they are read, never written.
   */
  requestBody?(ctx: PolicyContext, body: Uint8Array): Verdict | Promise<Verdict>
  /**
   * The filter for the body of an upstream's response, whose head is known by now (`status`, `responseHeader`); null = it passes as
   * it is. A filter gets the body without its content coding.
   */
  responseBody?(ctx: PolicyContext): BodyFilter | null
  response?(ctx: PolicyContext): void
  done?(ctx: PolicyContext): void
  /** What the requests are worth on which the policy stands: known without looking at any of them. */
  readonly priority?: Priority
  /**
   * Of a policy that identifies: what callers are told when neither it nor another one found out who they are. Its `request`
   * goes on when nothing of its kind was sent, refuses what was sent and is not good, and never replaces a principal.
   */
  readonly absent?: Refusal
  /** How somebody whom no policy knows can come in all the same, such as by signing in; undefined: not with this request. */
  invite?(ctx: PolicyContext): Verdict | Promise<Verdict>
  /** What answers at the `ownPaths` of its spec. */
  readonly own?: OwnPaths
  /**
   * Whether something of its kind was sent. Where a policy that says so stands alone at its scope, it is demanded there, whatever a
   * policy of another scope found: what it asks beyond who calls is asked of everybody.
   */
  sent?(ctx: PolicyContext): boolean
  /**
   * Of a policy that stands among those that identify and never says who calls: true = whoever it lets in may be nobody's application,
   * where no other policy asks; false = another policy has to ask.
   */
  readonly vouches?: boolean
  /** Clients are to be asked for a certificate in their handshake, on the hosts of the routes where the policy stands. */
  readonly wantsCertificate?: true
}

export interface OwnPathsOf {
  /** Equal for attachments that answer alike: several of them may stand on the routes of one version. */
  readonly owner: string
  /** Below the base path. */
  readonly paths: readonly { readonly path: string; readonly methods: readonly ('GET' | 'POST')[] }[]
}

export interface OwnPaths extends OwnPathsOf {
  answer(ctx: PolicyContext, path: string): Verdict | Promise<Verdict>
}

/** Where an instance sits; limits count under `id`, so two attachments never share a counter. */
export interface Attachment {
  readonly id: string
  readonly name: string
  readonly scope: Scope
  /** Tenant that owns the attachment; null for global ones. */
  readonly tenantId: string | null
  /** IANA time zone of the tenant. */
  readonly timeZone: string
}

export type LookupResult =
  | { readonly kind: 'found'; readonly record: CredentialRecord }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'unavailable' }

/** sha256 of a key (lower-case hex) → what the control plane knows of it. */
export interface Credentials {
  /** What is known of a key that exists, at once; undefined says nothing: ask `find`. */
  known(sha256: string): LookupResult | undefined
  find(sha256: string): LookupResult | Promise<LookupResult>
}

/** What stands in Redis behind the hash of a credential. */
export interface CredentialRecord {
  /** Without a word it is a key. */
  readonly kind?: 'oauth-client' | 'signing-key' | 'client-certificate' | undefined
  /** Of a signing key. */
  readonly signing?: SigningKeyRecord | undefined
  readonly credentialId: string
  readonly tenantId: string
  readonly applicationId: string
  readonly applicationName: string
  readonly state: 'active' | 'revoked'
  /** Unix milliseconds, or null. */
  readonly expiresAt: number | null
  readonly tryIt: boolean
  /** Of the application; left out = none. */
  readonly groups?: readonly string[] | undefined
  readonly subscriptions: readonly SubscriptionRecord[]
}

export interface SubscriptionRecord {
  readonly subscriptionId: string
  readonly planId: string
  readonly planName: string
  readonly state: 'pending' | 'active' | 'rejected' | 'suspended' | 'cancelled'
  /** The API versions that the plan's product bundles. */
  readonly versionIds: readonly string[]
}

export interface LimitRule {
  /** Unique per attachment; part of the counter's name. */
  readonly id: string
  /** Whose counters they are; null for a global attachment. */
  readonly tenantId: string | null
  /** Name of the environment that is counted; each counts for itself. */
  readonly environment: string
  /**
   * `strict`: each call is decided in the shared store. `leased`: a gateway takes slices ahead and decides alone. Neither
   * ever admits too much. `local`: every gateway counts for itself.
   */
  readonly mode: 'strict' | 'leased' | 'local'
  /** What a call gets while the shared store is away. */
  readonly whenUnavailable: 'refuse' | 'allow-local'
  readonly window:
    | { readonly kind: 'fixed'; readonly limit: number; readonly windowMs: number }
    | { readonly kind: 'sliding-log'; readonly limit: number; readonly windowMs: number }
    | { readonly kind: 'token-bucket'; readonly burst: number; readonly perSecond: number }
    /** One call, and the next when its turn comes. */
    | { readonly kind: 'paced'; readonly perSecond: number }
    | {
        readonly kind: 'calendar'
        readonly limit: number
        readonly period: CalendarPeriod
        readonly timeZone: string
      }
}

export type Taken =
  | {
      readonly kind: 'taken' | 'refused'
      readonly remaining: number
      /** Milliseconds until the limit is whole again. */
      readonly resetMs: number
      /** Milliseconds until the same call may be admitted; 0 when it was. */
      readonly retryMs: number
      /** Names what was taken when it is given back; empty where nothing needs a name. */
      readonly ticket: string
    }
  | { readonly kind: 'unavailable' }

/** Check and count in one step; a refused call is not counted (nothing is taken). Synchronous where no round trip is needed. */
export interface Limiter {
  /** `cost` 0 only looks. */
  take(key: string, cost: number, nowMs: number): Taken | Promise<Taken>
  /** Undoes what `take` answered with `taken`: afterwards the counter stands as if the call had never come. */
  giveBack(key: string, cost: number, taken: Taken): void
}

export interface Counters {
  limiter(rule: LimitRule): Limiter
}

/** Requests under way, counted over all workers of a gateway. Synchronous where a worker is the only one. */
export interface InFlight {
  /** Counts one more under this key unless there are `max` already: then false. */
  enter(key: string, max: number): boolean | Promise<boolean>
  /** One that was counted is over. */
  leave(key: string): void
}

/** Which names in `User-Agent` belong to programs that nobody sits in front of. */
export interface BotNames {
  isBot(agent: string): boolean
}

/** Everything from outside that a policy may use. */
export interface PolicyDeps {
  readonly credentials: Credentials
  readonly counters: Counters
  readonly scanners: Scanners
  readonly inFlight: InFlight
  readonly keySets: KeySets
  readonly introspection: Introspection
  readonly logins: Logins
  readonly tokens: TokenMemory
  readonly secrets: Secrets
  readonly firewalls: Firewalls
  readonly places: Places
  readonly addressLists: AddressLists
  readonly authorizers: Authorizers
  /** What was decided about requests; apart from tokens, since anybody can send something that was never seen. */
  readonly decisions: TokenMemory
  readonly cedar: Cedar
  readonly bots: BotNames
  readonly schemas: SchemaChecks
  readonly forms: Forms
  readonly drift: DriftLog
  readonly signing: Signing
  readonly certificates: CertificateTrusts
  readonly environment: string
}

/** A policy as a value. `create` runs once per attachment when a generation is compiled, never per request. */
export interface Policy<Config extends z.ZodType = z.ZodType> {
  readonly spec: PolicySpec<Config>
  create(config: z.output<Config>, deps: PolicyDeps, at: Attachment): Phases
}

/** A spec whose example is checked against its config by the compiler. */
export function defineSpec<Config extends z.ZodType, const Type extends string>(
  spec: PolicySpec<Config, Type>,
): PolicySpec<Config, Type> {
  return spec
}

/** Ties a spec to its factory with the config's type inferred. */
export function definePolicy<Config extends z.ZodType>(
  spec: PolicySpec<Config>,
  create: (config: z.output<Config>, deps: PolicyDeps, at: Attachment) => Phases,
): Policy<Config> {
  return { spec, create }
}
