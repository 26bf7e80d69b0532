// One request on its way through the gateway: what arrived, what was decided and what came of it.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ErrorCode } from '@gatewright/shared/errors'
import type {
  HeaderEdits,
  LimitReport,
  PolicyContext,
  Principal,
  RefusedCaller,
  RouteFacts,
} from '@gatewright/shared/policies/policy'
import type { Chain, CompiledRoute, Generation, Match } from '../config/generation.ts'
import { noBody, type UpstreamCall, unknownLength } from '../upstream/call.ts'
import { fieldValue } from './fields.ts'
import { HeaderEditList } from './header-edits.ts'
import type { Peer } from './peer.ts'
import { QueryEdit } from './query.ts'
import type { Trace } from './trace.ts'

/** Stands in `route` until a route matched; no policy ever sees it. */
const noRoute: RouteFacts = Object.freeze({
  id: '',
  method: '',
  template: '',
  operationId: null,
  tenantId: '',
  apiId: '',
  apiName: '',
  versionId: '',
  versionName: '',
  public: false,
  mocks: [],
})

export class RequestContext implements PolicyContext {
  readonly request: IncomingMessage
  readonly response: ServerResponse
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
  refusedCaller: RefusedCaller | null = null
  /** 0 when the request is only being explained. */
  cost = 1
  /** The smallest cap on the request body, bytes. */
  bodyLimit = Number.POSITIVE_INFINITY
  limits: LimitReport[] | null = null
  upstreamEdits: HeaderEditList | null = null
  replyEdits: HeaderEditList | null = null
  queryEdit: QueryEdit | null = null
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
  /** Arrival to the last byte of the reply, milliseconds with fractions. */
  durationMs = 0

  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    peer: Peer,
    requestId: string,
    receivedAtMs: number,
    startedMs: number,
  ) {
    this.request = request
    this.response = response
    this.peer = peer
    this.requestId = requestId
    this.receivedAtMs = receivedAtMs
    this.startedMs = startedMs
    this.method = request.method ?? ''
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
  }

  /** After a crash nothing that policies asked for is to be trusted. */
  forgetDecisions(): void {
    this.chain = null
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

  header(name: string): string | undefined {
    return fieldValue(this.request.rawHeaders, name)
  }

  limitBody(maxBytes: number): void {
    if (maxBytes < this.bodyLimit) this.bodyLimit = maxBytes
  }

  queryParameter(name: string): string | undefined {
    if (this.query === '') return undefined
    this.queryEdit ??= new QueryEdit(this.query)
    return this.queryEdit.first(name)
  }

  dropQueryParameter(name: string): void {
    if (this.query === '') return
    this.queryEdit ??= new QueryEdit(this.query)
    this.queryEdit.drop(name)
  }

  reportLimit(report: LimitReport): void {
    this.limits ??= []
    this.limits.push(report)
  }
}
