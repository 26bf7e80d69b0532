// One request on its way through the gateway: what arrived, what was decided and what came of it.
import type { ErrorCode } from '@gatewright/shared/errors'
import type { ExportedCall } from '@gatewright/shared/event'
import type { PresentedCertificate } from '@gatewright/shared/policies/certificate-ports'
import type {
  HeaderEdits,
  Held,
  LimitReport,
  Person,
  PolicyContext,
  Principal,
  ReceivedHead,
  RefusedCaller,
  RouteFacts,
} from '@gatewright/shared/policies/policy'
import { withoutPortalCookies } from '@gatewright/shared/portal-cookies'
import type { SecurityReport } from '@gatewright/shared/security'
import type { Chain, CompiledRoute, Generation, Match } from '../config/generation.ts'
import { noBody, type Upstream, type UpstreamCall, unknownLength } from '../upstream/call.ts'
import type { Exchange } from './exchange.ts'
import { fieldValue } from './fields.ts'
import { HeaderEditList } from './header-edits.ts'
import { readParameters } from './path-parameters.ts'
import type { Peer } from './peer.ts'
import { QueryEdit } from './query.ts'
import { normalisePath } from './target.ts'
import type { Trace } from './trace.ts'

/** Stands in `route` until a route matched; no policy ever sees it. */
const noRoute: RouteFacts = Object.freeze({
  id: '',
  method: '',
  template: '',
  basePath: '',
  operationId: null,
  tenantId: '',
  apiId: '',
  apiName: '',
  versionId: '',
  versionName: '',
  public: false,
  mocks: [],
  operation: null,
})

export class RequestContext implements PolicyContext {
  readonly exchange: Exchange
  readonly peer: Peer
  readonly requestId: string
  readonly receivedAtMs: number
  /** Arrival on the clock of `performance.now()`. */
  readonly startedMs: number
  readonly method: string
  readonly headOnly: boolean

  // What the head says; filled in by readHead.
  path = ''
  query = ''
  host = ''
  /** Host and port as sent. */
  authority = ''
  /** Value of `Connection`. */
  connectionField = ''
  /** Bytes, `noBody` or `unknownLength`. */
  wireLength = noBody
  expectsContinue = false
  /** 100 was sent: the client sends its body now. */
  continued = false
  scheme: 'http' | 'https'
  clientAddress: string

  // What was decided.
  generation: Generation | null = null
  match: Match = null
  route: RouteFacts = noRoute
  /** The phases this request runs; null until a route matched. */
  chain: Chain | null = null
  /** Set when someone with the right to it asked to be told what happens; it costs nothing when null. */
  trace: Trace | null = null
  principal: Principal | null = null
  person: Person | null = null
  claims: Readonly<Record<string, unknown>> | null = null
  refusedCaller: RefusedCaller | null = null
  /** As how many calls it counts; 0 when the request is only being explained. */
  cost = 1
  /** The smallest cap on the request body, bytes. */
  bodyLimit = Number.POSITIVE_INFINITY
  limits: LimitReport[] | null = null
  /** Of the credential that was looked at last; null = of none. */
  lastDigest: string | null = null
  /** What policies found suspicious. */
  security: SecurityReport[] | null = null
  /** What sinks that take traffic are told of its head; null: nothing of it. */
  exported: ExportedCall | null = null
  /** What limits took of it, as long as it may still have to be given back. */
  held: Held[] | null = null
  upstreamEdits: HeaderEditList | null = null
  replyEdits: HeaderEditList | null = null
  queryEdit: QueryEdit | null = null
  /** Path for the upstream when a policy asked for another one. */
  rewrittenPath: string | null = null
  /** The service that answers; chosen after the policies. */
  upstream: Upstream | null = null
  /** Index of the share of the traffic that it was drawn to; -1 when none was. */
  share = -1
  /** A policy waits for the body. */
  isReadingBody = false
  /** The body, when policies looked at it. */
  body: Buffer | null = null
  /** Header of the upstream's response, name and value in turn; null as long as there is none. */
  responseFields: readonly string[] | null = null
  /** The call in flight. */
  call: UpstreamCall | null = null

  // What came of it.
  status = 0
  /** Code of the catalogue when the gateway itself answered with a refusal. */
  reason: ErrorCode | null = null
  /** Name of the policy that refused. */
  refusedBy: string | null = null
  bytesIn = 0
  bytesOut = 0
  /** Start and end of the upstream call on the clock of `performance.now()`; 0 when there was none. */
  upstreamStartedMs = 0
  upstreamEndedMs = 0
  /** When the last of the request body came, for requests whose share is watched; 0 = there was none, or it did not. */
  sentMs = 0
  /** When the head of the response came, for requests whose share is watched; 0 = it did not. */
  answeredMs = 0
  /** Arrival to the last byte of the reply, milliseconds with fractions. */
  durationMs = 0

  constructor(exchange: Exchange, peer: Peer, requestId: string, receivedAtMs: number, startedMs: number) {
    this.exchange = exchange
    this.peer = peer
    this.requestId = requestId
    this.receivedAtMs = receivedAtMs
    this.startedMs = startedMs
    this.method = exchange.method
    this.headOnly = this.method === 'HEAD'
    this.scheme = peer.scheme
    this.clientAddress = peer.address
  }

  /** Keeps the generation alive until the request is done with it. */
  lease(generation: Generation): void {
    generation.acquire()
    this.generation = generation
  }

  enter(route: CompiledRoute): void {
    this.match = route
    this.route = route.facts
    this.chain = route.chain
    // A preflight has run the phases of another route before.
    if (this.cost > 0) this.cost = 1
    if (route.strippedParameter !== null) this.dropQueryParameter(route.strippedParameter)
  }

  /** After a crash nothing that policies asked for is to be trusted; what they hold, they still give back. */
  forgetDecisions(): void {
    this.chain = this.chain && { ...this.chain, response: [] }
    this.replyEdits = null
    this.limits = null
  }

  get hasBody(): boolean {
    return this.wireLength > 0 || this.wireLength === unknownLength
  }

  get upstreamMs(): number {
    return this.upstreamEndedMs - this.upstreamStartedMs
  }

  get bodyLength(): number | null {
    if (this.wireLength === unknownLength) return null
    return this.wireLength === noBody ? 0 : this.wireLength
  }

  get upstreamHeaders(): HeaderEdits {
    this.upstreamEdits ??= new HeaderEditList()
    return this.upstreamEdits
  }

  get replyHeaders(): HeaderEdits {
    this.replyEdits ??= new HeaderEditList()
    return this.replyEdits
  }

  get received(): ReceivedHead {
    return this.exchange
  }

  header(name: string): string | undefined {
    return fieldValue(this.exchange.fields, name)
  }

  responseHeader(name: string): string | undefined {
    return this.responseFields === null ? undefined : fieldValue(this.responseFields, name)
  }

  get clientCertificate(): PresentedCertificate | 'unreadable' | null {
    return this.peer.certificateIn(this)
  }

  digest(secret: string): string {
    this.lastDigest = this.peer.digest(secret)
    return this.lastDigest
  }

  forwardedHeader(name: string): string | undefined {
    if (this.upstreamEdits?.drops(name)) return undefined
    const value = this.header(name)
    return name === 'cookie' && value !== undefined ? withoutPortalCookies(value) : value
  }

  limitBody(maxBytes: number): void {
    if (maxBytes < this.bodyLimit) this.bodyLimit = maxBytes
  }

  queryParameter(name: string): string | undefined {
    if (this.query === '' && this.queryEdit === null) return undefined
    this.queryEdit ??= new QueryEdit(this.query)
    return this.queryEdit.first(name)
  }

  dropQueryParameter(name: string): void {
    if (this.query === '' && this.queryEdit === null) return
    this.queryEdit ??= new QueryEdit(this.query)
    this.queryEdit.drop(name)
  }

  addQueryParameter(name: string, value: string): void {
    this.queryEdit ??= new QueryEdit(this.query)
    this.queryEdit.append(name, value)
  }

  pathParameter(name: string): string | undefined {
    return readParameters(this.route, this.path).get(name)
  }

  get upstreamPath(): string {
    if (this.rewrittenPath !== null) return this.rewrittenPath
    const length = this.match?.kind === 'route' ? this.match.basePathLength : 0
    return this.path.substring(length) || '/'
  }

  rewritePath(path: string): boolean {
    // A path that is not in its normal form says something else to the upstream than it says here.
    if (normalisePath(path) !== path) return false
    this.rewrittenPath = path
    return true
  }

  charge(cost: number): void {
    if (this.cost > 0) this.cost = cost
  }

  reportLimit(report: LimitReport): void {
    this.limits ??= []
    this.limits.push(report)
  }

  reportSecurity(report: SecurityReport): void {
    this.security ??= []
    this.security.push(report)
  }

  exportCall(call: ExportedCall): void {
    this.exported = call
  }

  hold(held: Held): void {
    this.held ??= []
    this.held.push(held)
    // The client left while the limit was asked, and everything was given back already.
    if (this.exchange.isOver) this.giveBack()
  }

  /** It counts against nobody: what limits took goes back, and their reports say so. */
  giveBack(): void {
    const { held } = this
    if (held === null) return
    this.held = null
    for (const { limiter, counter, cost, taken, report } of held) {
      limiter.giveBack(counter, cost, taken)
      const at = report === null ? -1 : (this.limits?.indexOf(report) ?? -1)
      if (report !== null && at >= 0)
        this.limits?.splice(at, 1, { ...report, remaining: report.remaining + cost })
    }
  }
}
