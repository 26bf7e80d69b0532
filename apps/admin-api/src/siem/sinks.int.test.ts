// Audit and security events at a real syslog receiver and a real HTTP receiver: in order, and all of them, whatever happens between.
import { createHmac } from 'node:crypto'
import { createServer as createHttpServer, type IncomingHttpHeaders } from 'node:http'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { createServer as createTlsServer } from 'node:tls'
import { createId } from '@gatewright/shared/ids'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { testCertificate, testKey } from '../../../gateway/src/testing/certificate.fixture.ts'
import { prepareStore, storeEvents } from '../analytics/store.ts'
import { ENV } from '../app.tokens.ts'
import { LOGGER } from '../infra/logger.ts'
import { Sealer } from '../infra/sealer.ts'
import { type Caller, startTestApp, type TestApp } from '../testing/app.fixture.ts'
import { event } from '../testing/event.fixture.ts'
import { SinkForwarder } from './forwarder.ts'
import { addTraffic, inChainOrder, sweepOutbox } from './outbox.ts'

let app: TestApp
let admin: Caller
let database: pg.Client

const secretsKey = Buffer.alloc(32, 7).toString('base64')

beforeAll(async () => {
  app = await startTestApp({ SECRETS_KEY: secretsKey, BACKGROUND_JOBS: 'false' })
  admin = await app.admin()
  database = new pg.Client({ connectionString: app.databaseUrl })
  await database.connect()
  await prepareStore(database)
  await admin.must('POST', '/tenants', { body: { name: 'acme', title: 'Acme' } })
})
afterAll(async () => {
  await database.end()
  await app.close()
})

interface Received {
  readonly id: string
  readonly position: number
  readonly kind: string
  readonly [member: string]: unknown
}

/** Reads octet-counted frames to the end of each connection, and closes it then: what rsyslog and syslog-ng do. */
class SyslogReceiver implements AsyncDisposable {
  readonly messages: string[] = []
  readonly #sockets = new Set<Socket>()
  /** What to do with a connection instead of reading it. */
  disturb: ((socket: Socket) => void) | null = null

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  static async start(tls?: { key: string; cert: string }, port = 0): Promise<SyslogReceiver> {
    const server = tls ? createTlsServer(tls) : createServer()
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
    const receiver = new SyslogReceiver(server, (server.address() as AddressInfo).port)
    server.on(tls ? 'secureConnection' : 'connection', (socket: Socket) => receiver.#serve(socket))
    return receiver
  }

  get events(): Received[] {
    return this.messages.map((message) => JSON.parse(message.slice(message.indexOf('\uFEFF') + 1)))
  }

  #serve(socket: Socket) {
    this.#sockets.add(socket)
    socket.on('error', () => undefined).on('close', () => this.#sockets.delete(socket))
    if (this.disturb) return this.disturb(socket)
    const pieces: Buffer[] = []
    socket.on('data', (piece) => pieces.push(piece))
    socket.on('end', () => {
      let rest = Buffer.concat(pieces)
      while (rest.length > 0) {
        const space = rest.indexOf(' ')
        const length = Number(rest.subarray(0, space))
        this.messages.push(rest.subarray(space + 1, space + 1 + length).toString())
        rest = rest.subarray(space + 1 + length)
      }
      socket.end()
    })
  }

  async [Symbol.asyncDispose]() {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((resolve) => this.server.close(resolve))
  }
}

class HttpReceiver implements AsyncDisposable {
  readonly requests: { headers: IncomingHttpHeaders; body: string }[] = []
  answer: (body: string) => number = () => 204
  delayMs = 0

  private constructor(
    private readonly server: ReturnType<typeof createHttpServer>,
    readonly url: string,
  ) {}

  static async start(): Promise<HttpReceiver> {
    const server = createHttpServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const receiver = new HttpReceiver(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}/in`)
    server.on('request', async (request, response) => {
      let body = ''
      for await (const piece of request) body += piece
      if (receiver.delayMs > 0) await delay(receiver.delayMs)
      const status = receiver.answer(body)
      if (status < 300) receiver.requests.push({ headers: request.headers, body })
      response.writeHead(status).end('as the secret says')
    })
    return receiver
  }

  get events(): Received[] {
    return this.requests.flatMap(({ body }) =>
      body
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line)),
    )
  }

  async [Symbol.asyncDispose]() {
    this.server.closeAllConnections()
    await new Promise((resolve) => this.server.close(resolve))
  }
}

const forward = () => app.get(SinkForwarder).run()
const syslogTo = ({ port }: SyslogReceiver, more: object = {}) => ({
  ...{ protocol: 'syslog', host: '127.0.0.1', port, tls: false },
  ...more,
})

interface Sink {
  readonly id: string
  readonly version: number
  readonly waiting: number
  readonly failures: number
  readonly lastError: string | null
  readonly nextAttemptAt: string | null
  readonly delivered: number
  readonly lost: number
}

const create = (name: string, target: object, more: object = {}) =>
  admin.must<Sink>('POST', '/event-sinks', { body: { name, title: name, target, ...more } })

async function sinkNow(id: string): Promise<Sink> {
  const { data } = await admin.must<{ data: Sink[] }>('GET', '/event-sinks')
  return data.find((one) => one.id === id) as Sink
}

async function remove({ id }: Sink) {
  await admin.must('DELETE', `/event-sinks/${id}`, { version: '*' })
}

/** A write of a person, and a call that a gateway refused. */
async function happen(n: number) {
  await admin.must('PATCH', '/tenants/acme', { body: { title: `Acme ${n}` }, version: '*' })
  const refused = event({
    id: createId('req'),
    at: app.clock.now().getTime(),
    status: 401,
    reason: 'credential_invalid',
    path: `/pay/4111111111111111/${n}`,
  })
  const fine = event({ id: createId('req'), at: app.clock.now().getTime(), status: 200, reason: null })
  const limited = event({
    id: createId('req'),
    at: app.clock.now().getTime(),
    status: 429,
    reason: 'rate_limited',
  })
  await storeEvents(database, [refused, fine, limited], app.clock.now().getTime())
  return refused.id
}

function expectInOrder(events: readonly Received[]) {
  const positions = events.map(({ position }) => position)
  expect(positions).toEqual([...positions].sort((a, b) => a - b))
  expect(new Set(events.map(({ id }) => id)).size).toBe(events.length)
  const chains = Map.groupBy(
    events.filter(({ kind }) => kind === 'audit'),
    ({ chain }) => chain,
  )
  for (const entries of chains.values()) {
    const numbers = entries.map(({ sequence }) => Number(sequence))
    expect(numbers).toEqual(numbers.map((_, i) => (numbers[0] ?? 0) + i))
  }
}

describe('D14 event sinks', () => {
  test('audit and security events arrive in order after an outage of five minutes, at syslog and at HTTP', async () => {
    let syslog = await SyslogReceiver.start()
    await using http = await HttpReceiver.start()
    const one = await create('syslog', syslogTo(syslog))
    const two = await create('http', { protocol: 'http', url: http.url })
    const ids = [await happen(1)]
    await forward()
    const before = syslog.messages.length
    expect(before).toBeGreaterThanOrEqual(3)

    // Away, for five minutes in which people and attackers go on.
    const { port } = syslog
    await syslog[Symbol.asyncDispose]()
    http.answer = () => 503
    for (let minute = 0; minute < 5; minute++) {
      ids.push(await happen(10 + minute))
      await forward()
      app.clock.advance(60)
    }
    const away = await sinkNow(one.id)
    expect(away.failures).toBeGreaterThanOrEqual(5)
    expect(away.waiting).toBeGreaterThanOrEqual(10)
    expect(away.lastError).toMatch(/ECONNREFUSED/)
    expect((await sinkNow(two.id)).lastError).toBe('the receiver answered 503')

    const seen = syslog.events
    syslog = await SyslogReceiver.start(undefined, port)
    http.answer = () => 204
    app.clock.advance(60)
    await forward()
    const all = [...seen, ...syslog.events]
    expectInOrder(all)
    expectInOrder(http.events)
    expect(all.filter(({ kind }) => kind === 'security').map(({ id }) => id)).toEqual(ids)
    expect(http.events.filter(({ kind }) => kind === 'security').map(({ id }) => id)).toEqual(ids)
    expect(all.filter(({ action }) => action === 'tenancy.update')).toHaveLength(6)
    expect(await sinkNow(one.id)).toMatchObject({ waiting: 0, failures: 0, lastError: null })
    // D9: what callers put into paths is masked on the way out too.
    expect(JSON.stringify([all, http.events, syslog.messages]).includes('4111111111111111')).toBe(false)
    expect(syslog.messages[0]).toMatch(
      /^<(?:109|84)>1 \d{4}-\d\d-\d\dT[\d:.]+Z \S+ gatewright - (?:audit|security) \[meta sequenceId="\d+"\]\[origin software="gatewright"\] \uFEFF\{/,
    )
    await syslog[Symbol.asyncDispose]()
    await remove(one)
    await remove(two)
  })

  test('a batch counts only when the receiver has read it: one that breaks off gets all of it again', async () => {
    await using syslog = await SyslogReceiver.start()
    const sink = await create('breaking', syslogTo(syslog))
    await happen(20)
    // Takes the connection and a part of the bytes, and is gone: the kernel had confirmed them.
    syslog.disturb = (socket) => socket.once('data', () => socket.resetAndDestroy())
    await forward()
    expect(await sinkNow(sink.id)).toMatchObject({ failures: 1, delivered: 0 })
    expect((await sinkNow(sink.id)).waiting).toBeGreaterThanOrEqual(3)
    syslog.disturb = null
    app.clock.advance(2)
    await forward()
    expectInOrder(syslog.events)
    expect(syslog.events.length).toBeGreaterThanOrEqual(3)
    await remove(sink)
  })

  test('a slow receiver with much to read keeps nothing from the others', async () => {
    await using slow = await HttpReceiver.start()
    await using quick = await HttpReceiver.start()
    slow.delayMs = 400
    const security = await create('slow', { protocol: 'http', url: slow.url }, { kinds: ['security'] })
    const audit = await create('quick', { protocol: 'http', url: quick.url }, { kinds: ['audit'] })
    await forward()
    await database.query(
      `INSERT INTO sink_event (id, kind, at, body)
       SELECT 'req_of-many-' || n, 'security', $1, '{}' FROM generate_series(1, 4000) AS n`,
      [app.clock.now()],
    )
    const sent = forward()
    await vi.waitFor(() => expect(slow.requests.length).toBeGreaterThan(0), { timeout: 20_000 })
    await admin.must('PATCH', '/tenants/acme', { body: { title: 'Acme meanwhile' }, version: '*' })
    await vi.waitFor(
      () => expect(quick.events.some(({ action }) => action === 'tenancy.update')).toBe(true),
      { timeout: 20_000 },
    )
    expect(slow.events.length).toBeLessThan(4000)
    slow.delayMs = 0
    await sent
    expect(slow.events).toHaveLength(4000)
    expectInOrder(slow.events)
    await remove(security)
    await remove(audit)
  }, 60_000)

  test('two processes do not send twice', async () => {
    await using http = await HttpReceiver.start()
    const sink = await create('shared', { protocol: 'http', url: http.url })
    const [env, logger] = [app.nest.get(ENV), app.nest.get(LOGGER)]
    const other = new SinkForwarder(env, logger, app.clock, app.get(Sealer))
    for (let n = 0; n < 5; n++) {
      await happen(30 + n)
      await Promise.all([forward(), other.run()])
    }
    await forward()
    expectInOrder(http.events)
    expect(http.events.filter(({ kind }) => kind === 'security')).toHaveLength(5)
    await other.onApplicationShutdown()
    await remove(sink)
  })

  test('signs with HMAC, sends bearer secrets, speaks CloudEvents, halves what is too large', async () => {
    await using http = await HttpReceiver.start()
    const secret = 'whsec-of-the-receiver'
    const target = { protocol: 'http', url: http.url, format: 'cloudevents', authentication: 'hmac' }
    const sink = await create('signed', target, { secret })
    for (let n = 0; n < 4; n++) await happen(40 + n)
    http.answer = (body) => (JSON.parse(body).length > 3 ? 413 : 200)
    await forward()
    const batches = http.requests.map(
      ({ body }) => JSON.parse(body) as { id: string; type: string; data: Received }[],
    )
    expectInOrder(batches.flat().map(({ data }) => data))
    expect(batches.flat()[0]).toMatchObject({ specversion: '1.0', source: '/gatewright' })
    for (const { headers, body } of http.requests) {
      const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`
      expect(headers['webhook-signature']).toBe(
        `v1,${createHmac('sha256', secret).update(signed).digest('base64')}`,
      )
      expect(headers['content-type']).toBe('application/cloudevents-batch+json')
    }
    const { version } = await sinkNow(sink.id)
    await admin.must('PATCH', `/event-sinks/${sink.id}`, {
      body: { target: { ...target, format: 'json-lines', authentication: 'bearer' } },
      version,
    })
    http.answer = () => 200
    await forward()
    expect(http.requests.at(-1)?.headers.authorization).toBe(`Bearer ${secret}`)
    // Nobody reads it back, and it follows its receiver only.
    const seen = [
      await admin.must('GET', '/event-sinks'),
      (await database.query('SELECT * FROM event_sink')).rows,
    ]
    const audits = (await database.query(`SELECT * FROM audit_event WHERE action LIKE 'eventSinks.%'`)).rows
    expect(JSON.stringify([seen, audits, http.events]).includes(secret)).toBe(false)
    const elsewhere = await admin.send('PATCH', `/event-sinks/${sink.id}`, {
      body: { target: { ...target, url: 'https://elsewhere.example/' } },
      version: '*',
    })
    expect(elsewhere).toMatchObject({ status: 400, body: { errors: [{ pointer: '/secret' }] } })
    await remove(sink)
  })

  test('over TLS the receiver must prove who it is', async () => {
    await using syslog = await SyslogReceiver.start({ key: testKey, cert: testCertificate })
    const trusted = await create('tls', syslogTo(syslog, { tls: true, ca: testCertificate }))
    const strange = await create('tls-strange', syslogTo(syslog, { tls: true }))
    await happen(50)
    await forward()
    expectInOrder(syslog.events)
    expect(syslog.events.length).toBeGreaterThanOrEqual(3)
    expect((await sinkNow(strange.id)).lastError).toMatch(/certificate|self.signed/i)
    await remove(trusted)
    await remove(strange)
  })

  test('a sink gets the kinds it asks for, and what it does not want does not wait for it', async () => {
    await using http = await HttpReceiver.start()
    const sink = await create('audit-only', { protocol: 'http', url: http.url }, { kinds: ['audit'] })
    await happen(60)
    await forward()
    expect(new Set(http.events.map(({ kind }) => kind))).toEqual(new Set(['audit']))
    expect(await sinkNow(sink.id)).toMatchObject({ waiting: 0 })
    await remove(sink)
  })

  test('what waits for more than seven days is given up, and the sink says how much that was', async () => {
    await using http = await HttpReceiver.start()
    http.answer = () => 500
    const sink = await create('gone', { protocol: 'http', url: http.url })
    await happen(70)
    await forward()
    const { waiting } = await sinkNow(sink.id)
    await sweepOutbox(database, new Date(Date.now() + 60_000))
    expect(await sinkNow(sink.id)).toMatchObject({ waiting: 0, lost: waiting })
    await remove(sink)
  })

  test('D12: calls that are exported wait up to a bound, what is dropped is counted, and other kinds wait beside them', async () => {
    await using http = await HttpReceiver.start()
    http.answer = () => 503
    const sink = await create('traffic', { protocol: 'http', url: http.url }, { kinds: ['traffic'] })
    const call = (n: number, more: object = {}) =>
      event({ id: `req_traffic-${n}`, exported: { request: {}, response: {} }, ...more })
    // One that is not exported, and one that is refused: an event of each kind.
    await storeEvents(database, [event({ id: 'req_traffic-silent' })], Date.now())
    await storeEvents(database, [call(1, { status: 401, reason: 'credential_invalid' })], Date.now())
    await forward()
    await addTraffic(database, [call(2), call(3)], 4)
    await addTraffic(database, [call(4), call(5)], 4)
    expect(await sinkNow(sink.id)).toMatchObject({ waiting: 3, lost: 2 })
    http.answer = () => 204
    await admin.must('PATCH', `/event-sinks/${sink.id}`, { body: { enabled: true }, version: '*' })
    await forward()
    expect(http.events.map(({ id, kind }) => [id, kind])).toEqual(
      [1, 2, 3].map((n) => [`req_traffic-${n}`, 'traffic']),
    )
    await remove(sink)
  })

  test('a test event tells at once what is wrong, and a secret that nobody sends is a mistake', async () => {
    await using http = await HttpReceiver.start()
    const sink = await create('tested', { protocol: 'http', url: http.url })
    const ask = () =>
      admin.must<{ delivered: boolean; error: string }>('POST', `/event-sinks/${sink.id}/test`, { body: {} })
    expect(await ask()).toMatchObject({ delivered: true, error: null })
    expect(http.events[0]).toMatchObject({ test: true, action: 'eventSinks.test' })
    http.answer = () => 301
    expect(await ask()).toMatchObject({ delivered: false, error: 'the receiver answered 301' })
    await remove(sink)
    for (const [target, secret] of [
      [{ protocol: 'http', url: http.url }, 'never-sent'],
      [{ protocol: 'http', url: http.url, authentication: 'hmac' }, null],
      [{ protocol: 'syslog', host: 'a b', port: 1, tls: false }, null],
      [{ protocol: 'http', url: 'http://user:pass@h/' }, null],
    ] as const) {
      const answer = await admin.send('POST', '/event-sinks', {
        body: { name: 'wrong', title: 'Wrong', target, secret },
      })
      expect(answer.status, JSON.stringify(target)).toBe(400)
    }
  })

  test('entries of a chain keep their order also where clocks differ', () => {
    const rows = [
      { id: 'b', chain: 't', sequence: 2 },
      { id: 'x', chain: null, sequence: null },
      { id: 'a', chain: 't', sequence: 1 },
    ]
    expect(inChainOrder(rows)).toEqual(['a', 'x', 'b'])
  })
})
