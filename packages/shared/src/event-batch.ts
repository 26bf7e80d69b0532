// Events on their way to intake: many in one text, with what they have in common written once.
//
// A busy gateway's events are alike in most of their fields. A batch holds those as rows that events share, and the rest
// per event, both as columns: an eighth of the bytes of an array of events on every hop (thread, Redis, disk), in half the
// time. Columns carry their names, so gateways and intake of different releases understand each other (ADR 14).
import * as z from 'zod'
import type { RequestEvent } from './event.ts'

type OwnField = 'id' | 'at' | 'path' | 'gatewayUs' | 'upstreamUs' | 'bytesIn' | 'bytesOut' | 'address'
type SharedField = Exclude<keyof RequestEvent, OwnField>
type Columns<Field extends keyof RequestEvent> = { [F in Field]: RequestEvent[F][] }

/** Collects events and gives them as one text; then starts anew. Written out field by field: it runs for each request. */
export class EventPacker {
  #shared = noShared()
  #own = noOwn()
  /** For each event the index of its row in the shared columns. */
  #rows: number[] = []
  /** By what tells most events apart: the newest one of the kind, and its row. */
  readonly #newest = new Map<string, { event: RequestEvent; row: number }>()

  get count(): number {
    return this.#rows.length
  }

  add(event: RequestEvent): void {
    this.#rows.push(this.#rowFor(event))
    const own = this.#own
    own.id.push(event.id)
    own.at.push(event.at)
    own.path.push(event.path)
    own.gatewayUs.push(event.gatewayUs)
    own.upstreamUs.push(event.upstreamUs)
    own.bytesIn.push(event.bytesIn)
    own.bytesOut.push(event.bytesOut)
    own.address.push(event.address)
  }

  #rowFor(event: RequestEvent): number {
    const kind = `${event.routeId} ${event.credentialId} ${event.status}`
    const newest = this.#newest.get(kind)
    if (newest !== undefined && shareRow(newest.event, event)) return newest.row
    const row = this.#shared.status.length
    for (const field of sharedFields) (this.#shared[field] as unknown[]).push(event[field])
    this.#newest.set(kind, { event, row })
    return row
  }

  take(): string {
    const text = JSON.stringify({ shared: this.#shared, rows: this.#rows, own: this.#own })
    this.#shared = noShared()
    this.#own = noOwn()
    this.#rows = []
    this.#newest.clear()
    return text
  }
}

export function packEvents(events: readonly RequestEvent[]): string {
  const packer = new EventPacker()
  for (const event of events) packer.add(event)
  return packer.take()
}

const columnsSchema = z.record(z.string(), z.array(z.unknown()))
const batchSchema = z.object({ shared: columnsSchema, rows: z.array(z.int().min(0)), own: columnsSchema })

/** The events of a batch, each still to be checked. Throws `SyntaxError` or `ZodError` when the text is no batch. */
export function unpackEvents(text: string): unknown[] {
  const { shared, rows, own } = batchSchema.parse(JSON.parse(text))
  const sharedRows = rowsOf(shared)
  const ownRows = rowsOf(own)
  return rows.map((row, i) => ({ ...sharedRows[row], ...ownRows[i] }))
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

function shareRow(a: RequestEvent, b: RequestEvent): boolean {
  return (
    a.environmentId === b.environmentId &&
    a.gatewayId === b.gatewayId &&
    a.revision === b.revision &&
    a.tenantId === b.tenantId &&
    a.apiId === b.apiId &&
    a.versionId === b.versionId &&
    a.routeId === b.routeId &&
    a.route === b.route &&
    a.applicationId === b.applicationId &&
    a.subscriptionId === b.subscriptionId &&
    a.planId === b.planId &&
    a.credentialId === b.credentialId &&
    a.method === b.method &&
    a.host === b.host &&
    a.status === b.status &&
    a.reason === b.reason &&
    a.policy === b.policy &&
    a.agent === b.agent &&
    a.cache === b.cache &&
    a.tryIt === b.tryIt
  )
}
