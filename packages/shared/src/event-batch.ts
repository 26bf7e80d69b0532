// Events on their way to intake: many in one text, with what they have in common written once.
//
// A busy gateway's events are alike in most of their fields. A batch holds those as rows that events share, and the rest
// per event, both as columns: an eighth of the bytes of an array of events on every hop (thread, Redis, disk), in half the
// time. Columns carry their names, so gateways and intake of different releases understand each other (ADR 14).
import * as z from 'zod'
import type { RequestEvent } from './event.ts'
import type { DriftBatch } from './model/drift.ts'

type OwnField = 'id' | 'at' | 'path' | 'gatewayUs' | 'upstreamUs' | 'bytesIn' | 'bytesOut' | 'address'
/** What few events have: it is not in columns. */
type RareField = 'security' | 'attempt' | 'exported'
type SharedField = Exclude<keyof RequestEvent, OwnField | RareField>
type Columns<Field extends keyof RequestEvent> = { [F in Field]: RequestEvent[F][] }
type Rare = readonly [index: number, fields: Pick<RequestEvent, RareField>]

/** How many kinds of one caller's events are looked through for one that was there before. */
const looksMax = 16

/**
 * Collects events and gives them as one text; then starts anew. Written out field by field: it runs for each request. The
 * columns stay and are written over, and no event is held: what a batch gathers would outlive the young generation (ADR 17).
 */
export class EventPacker {
  readonly #shared = noShared()
  readonly #own = noOwn()
  /** For each event the index of its row in the shared columns. */
  readonly #rows: number[] = []
  #rare: Rare[] = []
  #count = 0
  #rowCount = 0
  /** Row of the last event: callers come in runs. */
  #last = -1
  // The newest row of a route and of a caller; and for each row the one before it of the same caller, -1 where there is none.
  readonly #newestOfRoute = new Map<string | null, number>()
  readonly #newestOfCaller = new Map<string | null, number>()
  readonly #before: number[] = []

  get count(): number {
    return this.#count
  }

  add(event: RequestEvent): void {
    const i = this.#count++
    this.#rows[i] = this.#rowFor(event)
    const own = this.#own
    own.id[i] = event.id
    own.at[i] = event.at
    own.path[i] = event.path
    own.gatewayUs[i] = event.gatewayUs
    own.upstreamUs[i] = event.upstreamUs
    own.bytesIn[i] = event.bytesIn
    own.bytesOut[i] = event.bytesOut
    own.address[i] = event.address
    const { security, attempt, exported } = event
    if (security !== undefined || attempt !== undefined || exported !== undefined)
      this.#rare.push([i, { security, attempt, exported }])
  }

  #rowFor(event: RequestEvent): number {
    if (this.#last >= 0 && isRow(this.#shared, this.#last, event)) return this.#last
    const known = this.#knownRow(event)
    this.#last = known >= 0 ? known : this.#addRow(event)
    return this.#last
  }

  #knownRow(event: RequestEvent): number {
    const ofRoute = this.#newestOfRoute.get(event.routeId)
    if (ofRoute !== undefined && isRow(this.#shared, ofRoute, event)) return ofRoute
    let row = this.#newestOfCaller.get(event.credentialId) ?? -1
    for (let looks = 0; row >= 0 && looks < looksMax; looks++) {
      if (isRow(this.#shared, row, event)) return row
      row = this.#before[row] ?? -1
    }
    return -1
  }

  #addRow(event: RequestEvent): number {
    const row = this.#rowCount++
    for (const field of sharedFields) (this.#shared[field] as unknown[])[row] = event[field]
    this.#before[row] = this.#newestOfCaller.get(event.credentialId) ?? -1
    this.#newestOfCaller.set(event.credentialId, row)
    this.#newestOfRoute.set(event.routeId, row)
    return row
  }

  take(): string {
    const text = JSON.stringify({
      shared: upTo(this.#rowCount, this.#shared),
      rows: this.#count === this.#rows.length ? this.#rows : this.#rows.slice(0, this.#count),
      own: upTo(this.#count, this.#own),
      ...(this.#rare.length > 0 ? { rare: this.#rare } : {}),
    })
    for (const field of sharedFields) (this.#shared[field] as unknown[]).fill(null, 0, this.#rowCount)
    this.#own.id.fill('', 0, this.#count)
    this.#own.path.fill('', 0, this.#count)
    this.#own.address.fill('', 0, this.#count)
    this.#newestOfRoute.clear()
    this.#newestOfCaller.clear()
    if (this.#rare.length > 0) this.#rare = []
    this.#count = 0
    this.#rowCount = 0
    this.#last = -1
    return text
  }
}

/** The beginning of all columns, which may hold room for more. */
function upTo<Field extends keyof RequestEvent>(length: number, columns: Columns<Field>): Columns<Field> {
  const fields = Object.keys(columns) as Field[]
  const [first] = fields
  if (first === undefined || columns[first].length === length) return columns
  return Object.fromEntries(fields.map((field) => [field, columns[field].slice(0, length)])) as Columns<Field>
}

export function packEvents(events: readonly RequestEvent[]): string {
  const packer = new EventPacker()
  for (const event of events) packer.add(event)
  return packer.take()
}

/** What a worker counted of drift, as a batch without events: gateways and intake of different releases understand each other. */
export function packDrift(drift: DriftBatch): string {
  return JSON.stringify({ shared: {}, rows: [], own: {}, drift })
}

const columnsSchema = z.record(z.string(), z.array(z.unknown()))
const batchSchema = z.object({
  shared: columnsSchema,
  rows: z.array(z.int().min(0)),
  own: columnsSchema,
  rare: z.array(z.tuple([z.int().min(0), z.record(z.string(), z.unknown())])).default([]),
  drift: z.unknown().optional(),
})

/** What a batch holds, each event still to be checked, and the drift too. Throws `SyntaxError` or `ZodError` when the text is no batch. */
export function unpackBatch(text: string): { readonly events: unknown[]; readonly drift: unknown } {
  const { shared, rows, own, rare, drift } = batchSchema.parse(JSON.parse(text))
  const sharedRows = rowsOf(shared)
  const ownRows = rowsOf(own)
  const rareOf = new Map(rare)
  const events = rows.map((row, i) => ({ ...sharedRows[row], ...ownRows[i], ...rareOf.get(i) }))
  return { events, drift }
}

function rowsOf(columns: Record<string, unknown[]>): Record<string, unknown>[] {
  const entries = Object.entries(columns)
  const length = Math.max(0, ...entries.map(([, values]) => values.length))
  return Array.from({ length }, (_, row) =>
    Object.fromEntries(entries.map(([field, values]) => [field, values[row]])),
  )
}

const noOwn = (): Columns<OwnField> => ({
  id: [],
  at: [],
  path: [],
  gatewayUs: [],
  upstreamUs: [],
  bytesIn: [],
  bytesOut: [],
  address: [],
})

const noShared = (): Columns<SharedField> => ({
  environmentId: [],
  gatewayId: [],
  revision: [],
  tenantId: [],
  apiId: [],
  versionId: [],
  routeId: [],
  route: [],
  applicationId: [],
  subscriptionId: [],
  planId: [],
  credentialId: [],
  method: [],
  host: [],
  status: [],
  reason: [],
  policy: [],
  agent: [],
  cache: [],
  tryIt: [],
})

const sharedFields = Object.keys(noShared()) as SharedField[]

function isRow(shared: Columns<SharedField>, row: number, event: RequestEvent): boolean {
  return (
    shared.routeId[row] === event.routeId &&
    shared.credentialId[row] === event.credentialId &&
    shared.status[row] === event.status &&
    shared.environmentId[row] === event.environmentId &&
    shared.gatewayId[row] === event.gatewayId &&
    shared.revision[row] === event.revision &&
    shared.tenantId[row] === event.tenantId &&
    shared.apiId[row] === event.apiId &&
    shared.versionId[row] === event.versionId &&
    shared.route[row] === event.route &&
    shared.applicationId[row] === event.applicationId &&
    shared.subscriptionId[row] === event.subscriptionId &&
    shared.planId[row] === event.planId &&
    shared.method[row] === event.method &&
    shared.host[row] === event.host &&
    shared.reason[row] === event.reason &&
    shared.policy[row] === event.policy &&
    shared.agent[row] === event.agent &&
    shared.cache[row] === event.cache &&
    shared.tryIt[row] === event.tryIt
  )
}
