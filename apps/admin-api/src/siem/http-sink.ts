// Events over HTTP: JSON lines, a batch of CloudEvents 1.0 or records of Kafka, with a bearer secret or signed as Standard Webhooks say.
import { createHmac } from 'node:crypto'
import type { SinkTarget } from '@gatewright/shared/contract/event-sinks'
import { Agent, request } from 'undici'
import { type OutboxEvent, recordOf } from './sink-event.ts'

type HttpTarget = Extract<SinkTarget, { protocol: 'http' }>

/** The receiver says that the batch is too large for it. */
export class BatchTooLarge extends Error {}

/** Only 2xx is an arrival; a redirect is none. Throws with what the receiver said, never with the secret. */
export async function sendHttp(
  target: HttpTarget,
  secret: string | null,
  events: readonly OutboxEvent[],
  now: Date,
  timeoutMs: number,
): Promise<void> {
  const { type, write } = formats[target.format]
  const body = write(events)
  const agent = new Agent({ connect: { timeout: timeoutMs }, allowH2: false })
  try {
    const { statusCode, body: answer } = await request(target.url, {
      dispatcher: agent,
      method: 'POST',
      headers: {
        'content-type': type,
        'user-agent': 'gatewright',
        ...authentication(target, secret, events, body, now),
      },
      body,
      signal: AbortSignal.timeout(timeoutMs),
    })
    // What it says is read to its end within bounds, so that the connection ends in order; it is not kept: it may repeat us.
    await answer.dump({ limit: 64 * 1024 })
    if (statusCode === 413) throw new BatchTooLarge('the receiver answered 413')
    if (statusCode < 200 || statusCode > 299) throw new Error(`the receiver answered ${statusCode}`)
  } finally {
    await agent.destroy()
  }
}

const jsonLines = (events: readonly OutboxEvent[]) =>
  events.map((event) => `${JSON.stringify(recordOf(event))}\n`).join('')

function cloudEvents(events: readonly OutboxEvent[]): string {
  return JSON.stringify(
    events.map((event) => ({
      specversion: '1.0',
      id: event.id,
      source: '/gatewright',
      type: `dev.gatewright.${event.kind}`,
      time: event.at.toISOString(),
      datacontenttype: 'application/json',
      // The extension "sequence" of CloudEvents: fixed width, so that text sorts like the number.
      sequence: String(event.position).padStart(19, '0'),
      data: recordOf(event),
    })),
  )
}

/** A record each, keyed by the API, so that its calls keep their order in one partition. */
function kafkaRecords(events: readonly OutboxEvent[]): string {
  return JSON.stringify({
    records: events.map((event) => ({ key: keyOf(event), value: recordOf(event) })),
  })
}

const keyOf = ({ id, body }: OutboxEvent) =>
  [body.apiId, body.tenantId].find((one) => typeof one === 'string') ?? id

const formats = {
  'json-lines': { type: 'application/x-ndjson', write: jsonLines },
  cloudevents: { type: 'application/cloudevents-batch+json', write: cloudEvents },
  // Confluent REST Proxy v2 (POST /topics/{topic}), as Redpanda, Karapace and others take it too.
  'kafka-rest': { type: 'application/vnd.kafka.json.v2+json', write: kafkaRecords },
} as const

function authentication(
  { authentication }: HttpTarget,
  secret: string | null,
  events: readonly OutboxEvent[],
  body: string,
  now: Date,
): Record<string, string> {
  if (authentication === 'none' || secret === null) return {}
  if (authentication === 'bearer') return { authorization: `Bearer ${secret}` }
  const id = `${events[0]?.id}-${events.length}`
  const seconds = Math.floor(now.getTime() / 1000)
  return {
    'webhook-id': id,
    'webhook-timestamp': String(seconds),
    'webhook-signature': `v1,${createHmac('sha256', secret).update(`${id}.${seconds}.${body}`).digest('base64')}`,
  }
}
