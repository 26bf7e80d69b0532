// RFC 9457 problem details as a typed error; every failed call of the portal ends as one of these.

export interface FieldProblem {
  /** JSON Pointer into the sent body (RFC 6901). */
  pointer: string
  code?: string
  detail: string
}

export class Problem extends Error {
  override readonly name = 'Problem'
  readonly status: number
  readonly code: string
  readonly title: string
  readonly detail: string | undefined
  readonly requestId: string | undefined
  readonly errors: readonly FieldProblem[]
  /** Members beyond the standard ones, such as both versions on a 412. */
  readonly extra: Readonly<Record<string, unknown>>

  constructor(fields: {
    status: number
    code: string
    title: string
    detail?: string | undefined
    requestId?: string | undefined
    errors?: readonly FieldProblem[]
    extra?: Readonly<Record<string, unknown>>
    cause?: unknown
  }) {
    super(fields.detail ?? fields.title, { cause: fields.cause })
    this.status = fields.status
    this.code = fields.code
    this.title = fields.title
    this.detail = fields.detail
    this.requestId = fields.requestId
    this.errors = fields.errors ?? []
    this.extra = fields.extra ?? {}
  }

  /** Worth another try without a change: the network, a timeout, a 5xx or a 429. */
  get isTransient(): boolean {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500
  }
}

const known = new Set([
  'type',
  'title',
  'status',
  'detail',
  'instance',
  'code',
  'errors',
  'request_id',
  'trace_id',
])

/** Reads a response body as a problem; a proxy's HTML page still becomes one with the status and the request id. */
export function toProblem(status: number, body: unknown, requestId: string | undefined): Problem {
  const fields = isRecord(body) ? body : {}
  return new Problem({
    status,
    code: text(fields.code) ?? `http_${status}`,
    title: text(fields.title) ?? `HTTP ${status}`,
    detail: text(fields.detail),
    requestId: text(fields.request_id) ?? requestId,
    errors: Array.isArray(fields.errors) ? fields.errors.filter(isFieldProblem) : [],
    extra: Object.fromEntries(Object.entries(fields).filter(([name]) => !known.has(name))),
  })
}

/** Whatever was thrown, as a Problem, so that one component can show it. */
export function asProblem(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown
  if (isRecord(thrown) && thrown.cause instanceof Problem) return thrown.cause
  if (thrown instanceof TypeError && /fetch|network|load failed/i.test(thrown.message)) {
    return new Problem({ status: 0, code: 'network', title: 'network', cause: thrown })
  }
  const detail = thrown instanceof Error ? thrown.message : String(thrown)
  return new Problem({ status: 0, code: 'unexpected', title: 'unexpected', detail, cause: thrown })
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function isFieldProblem(value: unknown): value is FieldProblem {
  return isRecord(value) && typeof value.pointer === 'string' && typeof value.detail === 'string'
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
