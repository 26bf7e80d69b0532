// Traffic as an API security product gets it: every call of the APIs that say so, once by its id, and nothing that is secret.
import { createHmac } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { policyInput } from '@gatewright/shared/policies/specs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSinks } from './every-sink.ts'
import { type Published, type Rig, type Subscriber, startRig, untilTrue } from './rig.ts'

const secret = 'secret-of-the-consumer'
const card = '4111111111111111'
const password = 'hunter2-in-traffic'

interface Call {
  readonly id: string
  readonly [member: string]: unknown
}

/** Takes batches as their format says; refuses the first ones, and what is not signed. */
async function startConsumer() {
  const batches: { readonly type: string; readonly text: string; readonly calls: Call[] }[] = []
  let refusals = 3
  let forged = 0
  const server = createServer(async (request, response) => {
    let text = ''
    for await (const piece of request) text += piece
    const { 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': signature } = request.headers
    const wanted = `v1,${createHmac('sha256', secret).update(`${id}.${at}.${text}`).digest('base64')}`
    if (signature !== wanted) forged++
    if (refusals-- > 0 || signature !== wanted) return void response.writeHead(503).end()
    const type = request.headers['content-type'] ?? ''
    batches.push({ type, text, calls: callsOf(type, text) })
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"offsets":[]}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/topics/calls`,
    batches,
    calls: (type: string) => batches.filter((batch) => batch.type === type).flatMap(({ calls }) => calls),
    get forged() {
      return forged
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const types = {
  'json-lines': 'application/x-ndjson',
  cloudevents: 'application/cloudevents-batch+json',
  'kafka-rest': 'application/vnd.kafka.json.v2+json',
}

function callsOf(type: string, text: string): Call[] {
  if (type === types['json-lines'])
    return text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Call)
  if (type === types.cloudevents) return (JSON.parse(text) as { data: Call }[]).map(({ data }) => data)
  const { records } = JSON.parse(text) as { records: { key: string; value: Call }[] }
  for (const { key, value } of records) expect(key).toBe(value.apiId)
  return records.map(({ value }) => value)
}

let rig: Rig
let consumer: Awaited<ReturnType<typeof startConsumer>>
let told: Published
let untold: Published
let subscribers: Record<'told' | 'untold', Subscriber>
beforeAll(async () => {
  consumer = await startConsumer()
  rig = await startRig()
  const keys = policyInput.parse({ type: 'api-key', config: {} })
  told = await rig.publish('told', {
    versionPolicies: [
      keys,
      policyInput.parse({ type: 'traffic-export', config: { requestFields: ['Referer', 'X-Note'] } }),
    ],
  })
  untold = await rig.publish('untold', { versionPolicies: [keys] })
  subscribers = { told: await rig.subscribe(told), untold: await rig.subscribe(untold) }
  await createSinks(
    rig.stack,
    (['json-lines', 'cloudevents', 'kafka-rest'] as const).map((format) => ({
      name: format,
      target: { protocol: 'http', url: consumer.url, format, authentication: 'hmac' },
      kinds: ['traffic'],
      secret,
    })),
  )
}, 240_000)
afterAll(async () => {
  await rig?.[Symbol.asyncDispose]()
  await consumer?.[Symbol.asyncDispose]()
})

async function send({ path }: Published, key: string, tail: string): Promise<string> {
  const response = await fetch(`${rig.stack.gatewayUrl}${path.replace('/bk_dune', tail)}`, {
    headers: {
      'x-api-key': key,
      authorization: `Bearer ${password}`,
      cookie: `session=${password}`,
      referer: `https://pages.example/?card=${card}&password=${password}`,
      'x-note': 'of jane@callers.example',
    },
  })
  await response.arrayBuffer()
  return response.headers.get('x-request-id') ?? ''
}

describe('D12 traffic export', () => {
  it('D12: a consumer finds every call of the APIs that export once by id, masked, in each format', async () => {
    const wanted = new Set<string>()
    for (let i = 0; i < 120; i++) {
      wanted.add(await send(told, subscribers.told.key, i % 3 === 0 ? `/${card}` : '/bk_dune'))
      // Refused calls too; those of other APIs never.
      if (i % 4 === 0) wanted.add(await send(told, 'no-key-at-all', `?api_key=${password}`))
      if (i % 4 === 0) await send(untold, subscribers.untold.key, '/bk_dune')
    }
    expect(wanted.size).toBe(150)
    await untilTrue(60_000, async () =>
      Object.values(types).every((type) => consumer.calls(type).length >= wanted.size),
    )
    for (const [format, type] of Object.entries(types)) {
      const ids = consumer.calls(type).map(({ id }) => id)
      expect(ids.length, format).toBe(wanted.size)
      expect(new Set(ids), format).toEqual(wanted)
    }
    const text = consumer.batches.map((batch) => batch.text).join('\n')
    for (const found of [card, password, 'jane@', subscribers.told.key, 'authorization', 'cookie'])
      expect(text.includes(found), found).toBe(false)
    expect(consumer.forged).toBe(0)

    const call = consumer.calls(types['json-lines']).find(({ path }) => String(path).includes('[card'))
    expect(call).toMatchObject({
      kind: 'traffic',
      method: 'GET',
      route: '/told/books/{bookId}',
      path: '/told/books/[card …1111]',
      status: 404,
      applicationId: subscribers.told.application,
      credentialId: subscribers.told.credentialId,
      subscriptionId: subscribers.told.subscriptionId,
      request: {
        referer: 'https://pages.example/?card=[card …1111]&password=[masked]',
        'x-note': 'of [email]',
      },
      response: { 'content-type': expect.stringContaining('json') },
      gatewayMs: expect.any(Number),
      upstreamMs: expect.any(Number),
      bytesOut: expect.any(Number),
    })
  })
})
