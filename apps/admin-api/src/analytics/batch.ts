// One entry of the event stream → events: what cannot be one is told apart here, so that the rest still counts.
import { type RequestEvent, requestEventSchema } from '@gatewright/shared/event'
import { unpackBatch } from '@gatewright/shared/event-batch'
import { type DriftBatch, driftBatch } from '@gatewright/shared/model/drift'

export interface ParsedBatch {
  readonly events: RequestEvent[]
  /** Null in nearly all batches. */
  readonly drift: DriftBatch | null
  /** What is no event, and why. */
  readonly rejected: { readonly text: string; readonly reason: string }[]
}

const dayMs = 86_400_000

/** A spool may be old when its gateway comes back; a clock may be wrong. Beyond these an event belongs to no day that we keep. */
const oldestMs = 30 * dayMs
const newestMs = dayMs

export function parseBatch(text: string, nowMs: number): ParsedBatch {
  const events: RequestEvent[] = []
  const rejected: ParsedBatch['rejected'] = []
  const unpacked = unpack(text, rejected)
  for (const value of unpacked.events) {
    const parsed = requestEventSchema.safeParse(value)
    const problem = parsed.success
      ? problemOf(parsed.data, nowMs)
      : parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')
    if (parsed.success && problem === undefined) events.push(redacted(parsed.data))
    else rejected.push({ text: JSON.stringify(value), reason: problem ?? '' })
  }
  return { events, drift: readDrift(unpacked.drift, nowMs, rejected), rejected }
}

function unpack(text: string, rejected: ParsedBatch['rejected']): ReturnType<typeof unpackBatch> {
  try {
    return unpackBatch(text)
  } catch (error) {
    rejected.push({ text, reason: error instanceof SyntaxError ? 'not JSON' : 'not a batch of events' })
    return { events: [], drift: undefined }
  }
}

function readDrift(value: unknown, nowMs: number, rejected: ParsedBatch['rejected']): DriftBatch | null {
  if (value === undefined) return null
  const parsed = driftBatch.safeParse(value)
  const isNow = (at: number) => at >= nowMs - oldestMs && at <= nowMs + newestMs
  // Postgres has no text for NUL, and nothing that a document or a pointer holds has one.
  const isText = !JSON.stringify(value).includes('\\u0000')
  if (parsed.success && isText && parsed.data.records.every(({ lastAt }) => isNow(lastAt))) return parsed.data
  rejected.push({
    text: JSON.stringify(value),
    reason: 'drift: not what gateways count, or not of these days',
  })
  return null
}

function problemOf(event: RequestEvent, nowMs: number): string | undefined {
  if (event.at < nowMs - oldestMs) return 'at: older than 30 days'
  if (event.at > nowMs + newestMs) return 'at: more than a day ahead'
  return event.status > 999 || event.status < 0 ? 'status: not a status code' : undefined
}

// A key that somebody put into the path must not be readable in a log (D9).
const key = /gw_[a-z0-9-]+_[A-Za-z0-9]{8,}_[A-Za-z0-9]{16,}(?:_[A-Za-z0-9]+)?/g

/** Without what may not be stored: keys in paths, and NUL, which Postgres has no text for. */
function redacted(event: RequestEvent): RequestEvent {
  const path = event.path.includes('gw_') ? event.path.replace(key, '[key]') : event.path
  const clean = path === event.path ? event : { ...event, path }
  return hasNul(clean) ? withoutNul(clean) : clean
}

const nul = '\u0000'
const hasNul = (event: RequestEvent) =>
  event.path.includes(nul) ||
  event.host.includes(nul) ||
  event.agent.includes(nul) ||
  event.method.includes(nul)

const withoutNul = (event: RequestEvent): RequestEvent => ({
  ...event,
  path: event.path.replaceAll(nul, '\ufffd'),
  host: event.host.replaceAll(nul, '\ufffd'),
  agent: event.agent.replaceAll(nul, '\ufffd'),
  method: event.method.replaceAll(nul, '\ufffd'),
})
