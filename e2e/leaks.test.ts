// What callers send in confidence, on every way into and out of the product, and a search of everything that it writes.
import { randomBytes, randomInt } from 'node:crypto'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { createKey } from '@gatewright/shared/key'
import { traffic } from '@gatewright/shared/model/traffic'
import { upstreamSettings } from '@gatewright/shared/model/upstream'
import { policyInput } from '@gatewright/shared/policies/specs'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasFirewall } from '../scripts/stack/rules.ts'
import {
  createSinks,
  type Receiver,
  readFiles,
  readPorts,
  readPostgres,
  readRedis,
  startHttpReceiver,
  startSyslogReceiver,
  type Written,
  watchRedis,
} from './every-sink.ts'
import { live, type Rig, type Subscriber, startRig, tenant, untilTrue } from './rig.ts'

const word = () => randomBytes(12).toString('hex')

/** What nobody may find again, each told from everything else by words that are sent here and nowhere else. */
const secrets = {
  card: cardNumber(),
  bearer: word(),
  basic: Buffer.from(`caller:${word()}`).toString('base64'),
  key: createKey('prod'),
  foreignKey: word(),
  cookie: word(),
  email: `${word()}@callers.example`,
  password: word(),
}

/** The part of each that says everything, and the forms in which it could be written. */
const needles: Readonly<Record<string, readonly string[]>> = {
  card: [secrets.card, groups(secrets.card, ' '), groups(secrets.card, '-'), groups(secrets.card, '%20')],
  bearer: [secrets.bearer, base64(secrets.bearer)],
  basic: [secrets.basic, Buffer.from(secrets.basic, 'base64').toString().slice('caller:'.length)],
  key: [secrets.key.split('_').at(-2) ?? '', base64(secrets.key)],
  foreignKey: [secrets.foreignKey, base64(secrets.foreignKey)],
  cookie: [secrets.cookie],
  email: [secrets.email.split('@')[0] ?? ''],
  password: [secrets.password],
}

function cardNumber(): string {
  const body = `4539${Array.from({ length: 11 }, () => randomInt(10)).join('')}`
  const sum = [...body].reduce((total, digit, i) => {
    const value = Number(digit) * (i % 2 === 0 ? 2 : 1)
    return total + (value > 9 ? value - 9 : value)
  }, 0)
  return `${body}${(10 - (sum % 10)) % 10}`
}

function groups(digits: string, gap: string): string {
  return digits.replace(/(\d{4})(?=\d)/g, `$1${gap}`)
}

/** Without its last characters: what stands before and behind changes them. */
function base64(text: string): string {
  return Buffer.from(text).toString('base64').replace(/=+$/, '').slice(0, -2)
}

// ── Services behind the gateway ───────────────────────────────────────────────────────────────────────────────────────

interface Service extends AsyncDisposable {
  readonly url: string
  readonly heard: string[]
}

/** Answers with `say(what it heard)`, and ends the connection. */
async function startService(say: (heard: string) => string): Promise<Service> {
  const heard: string[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    let text = ''
    let timer: NodeJS.Timeout | undefined
    sockets.add(socket)
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket))
    socket.setEncoding('latin1').on('data', (piece) => {
      text += String(piece)
      clearTimeout(timer)
      const head = text.indexOf('\r\n\r\n')
      if (head < 0) return
      const length = Number(/\r\ncontent-length: (\d+)/i.exec(text)?.[1] ?? 0)
      if (text.length < head + 4 + length) return
      heard.push(text)
      socket.end(say(text), 'latin1')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    heard,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const answer = (status: string, body: string, fields = '') =>
  `HTTP/1.1 ${status}\r\n${fields}Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body, 'latin1')}\r\nConnection: close\r\n\r\n${body}`
const oneLine = (text: string) => text.replace(/[^\x20-\x7e]+/g, ' ').slice(0, 4_000)
const echo = (status: string) => (heard: string) =>
  answer(
    status,
    JSON.stringify({ heard }),
    `X-Echo: ${oneLine(heard)}\r\nSet-Cookie: s=${secrets.cookie}\r\n`,
  )
/** No HTTP any more, in words that came from the caller. */
const lie = (heard: string) =>
  `HTTP/1.1 200 OK\r\n${oneLine(heard)}\u0001: x\r\nContent-Length: x${secrets.password}\r\n\r\n`
/** Cut off in the middle of a JSON text: what a parser says about it repeats some of it. */
const brokenJson = (heard: string) =>
  answer('200 OK', `{"active":true,"token":${/token=([^&\s]+)/.exec(heard)?.[1]}`)

// ── What is sent ──────────────────────────────────────────────────────────────────────────────────────────────────────

interface Sent {
  readonly status: number
  readonly requestId: string
  readonly text: string
}

/** One request as it is written, over a connection of its own. */
function send(url: string, text: string): Promise<Sent> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname.replace('localhost', '127.0.0.1'))
    let got = ''
    socket.setTimeout(20_000, () => socket.destroy(new Error(`no answer to ${text.slice(0, 100)}`)))
    socket.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ECONNRESET' ? undefined : reject(error),
    )
    socket.setEncoding('latin1').on('data', (piece) => {
      got += String(piece)
    })
    socket.on('close', () =>
      resolve({
        status: Number(/^HTTP\/1\.1 (\d+)/.exec(got)?.[1] ?? 0),
        requestId: /\r\nx-request-id: (\S+)/i.exec(got)?.[1] ?? '',
        text: got,
      }),
    )
    socket.write(text, 'latin1')
  })
}

interface Parts {
  readonly method?: string
  readonly query?: string
  readonly fields?: readonly string[]
  readonly type?: string
  readonly body?: string
}

function request(target: string, { method, query = '', fields = [], type = '', body }: Parts = {}): string {
  const lines = [
    `${method ?? (body === undefined ? 'GET' : 'POST')} ${target}${query === '' ? '' : `?${query}`} HTTP/1.1`,
    'Host: gateway.example',
    'Connection: close',
    ...fields,
    ...(body === undefined ? [] : [`Content-Type: ${type}`, `Content-Length: ${Buffer.byteLength(body)}`]),
  ]
  return `${lines.join('\r\n')}\r\n\r\n${body ?? ''}`
}

const { card, bearer, basic, key, foreignKey, cookie, email, password } = secrets

const inFields = [
  `Authorization: Bearer ${bearer}`,
  `Cookie: session=${cookie}; card=${card}`,
  `X-Api-Key: ${foreignKey}`,
  `X-Password: ${password}`,
  `X-Customer: ${email}`,
  `X-Card: ${groups(card, ' ')}`,
  `Referer: https://user:${password}@pages.example/?token=${bearer}&mail=${email}`,
  `User-Agent: ${card} (${email}) key ${key}`,
  `Traceparent: 00-${bearer.padEnd(32, '0').slice(0, 32)}-${bearer.slice(0, 16)}-01`,
  `X-Request-Id: ${card}`,
]
const inQuery = `card=${card}&card2=${groups(card, '%20')}&access_token=${bearer}&api_key=${foreignKey}&key=${key}&email=${email}&password=${password}&session=${cookie}`
const inPaths = [
  `/books/${card}`,
  `/books/${groups(card, '-')}`,
  `/books/${groups(card, '%20')}/x`,
  `/books/${email}`,
  `/books/${email.replace('@', '%40')}`,
  `/books/${key}`,
  `/books/Bearer%20${bearer}`,
  `/books/Basic+${basic}`,
  `/books;password=${password};session=${cookie}`,
  `/books/api_key=${foreignKey}`,
  `/https://user:${password}@x.example/`,
]
const json = JSON.stringify({
  ...{
    card,
    cardNumber: groups(card, ' '),
    password,
    email,
    token: bearer,
    apiKey: foreignKey,
    cookie,
    note: key,
  },
  nested: [{ headers: { authorization: `Bearer ${bearer}` } }],
})
const form = new URLSearchParams({
  card,
  password,
  email,
  token: bearer,
  key,
  api_key: foreignKey,
  cookie,
}).toString()

/** Everything at every place, below one base path. */
const requestsTo = (base: string): string[] => [
  request(`${base}/books`, { fields: inFields }),
  request(`${base}/books`, { fields: [`Authorization: Basic ${basic}`] }),
  request(`${base}/books`, { fields: [`X-Api-Key: ${key}`] }),
  request(`${base}/books`, { query: inQuery }),
  ...inPaths.map((path) => request(`${base}${path}`)),
  request(`${base}/orders`, { fields: inFields, type: 'application/json', body: json }),
  request(`${base}/orders`, { type: 'application/json', body: json.slice(0, -9) }),
  request(`${base}/orders`, { type: 'application/x-www-form-urlencoded', body: form }),
  request(`${base}/books`, {
    method: 'PUT',
    query: inQuery,
    fields: inFields,
    type: 'text/plain',
    body: `${json} ${form}`,
  }),
  // Attacks that carry them along.
  request(`${base}/books`, {
    query: `q=1'+UNION+SELECT+password,'${card}','${password}'--`,
    fields: inFields,
  }),
  request(`${base}/orders`, {
    type: 'application/json',
    body: json.replace(card, `<script>alert('${card}')</script>`),
  }),
]

/** What a gateway refuses before it is a request of anybody. */
const brokenRequests = [
  request(`http://user:${password}@${email}/books?token=${bearer}`),
  request('/books', { method: card }),
  request('/books', { method: password }),
  request(`/nowhere/${card}/${email}`, { query: inQuery, fields: inFields }),
  request('/books').replace('gateway.example', email),
  request('/books').replace('gateway.example', `${card}.example`),
  request('/books', { fields: [`Broken ${password} ${card}`] }),
  request('/books', { fields: ['Transfer-Encoding: chunked'] }).concat(`x${password}\r\n`),
  request(`/books/%zz${email}${card}`),
  request('/books', { fields: [`X-Long: ${`${card} ${email} `.repeat(1_500)}`] }),
  `${card} ${password}\r\n\r\n`,
]

// ── The test ──────────────────────────────────────────────────────────────────────────────────────────────────────────

const services: AsyncDisposable[] = []
let rig: Rig
/** By base path. */
const subscribers = new Map<string, Subscriber>()
let mirrored: Service
let http: Receiver
let syslog: Receiver
let redis: Awaited<ReturnType<typeof watchRedis>>

beforeAll(async () => {
  const start = async (say: (heard: string) => string) => {
    const service = await startService(say)
    services.unshift(service)
    return service
  }
  const [echoing, lying, asked, refusing] = [
    await start(echo('503 Busy')),
    await start(lie),
    await start(brokenJson),
    await start(echo('500 Oops')),
  ]
  mirrored = await start(lie)
  http = await startHttpReceiver()
  syslog = await startSyslogReceiver()
  services.unshift(http, syslog)
  rig = await startRig({
    gateways: 1,
    balancer: false,
    gatewayEnv: { LOG_LEVEL: 'trace' },
    adminEnv: { LOG_LEVEL: 'trace' },
  })
  redis = await watchRedis(rig.stack.redisUrl)
  services.unshift(redis)

  const policy = (type: string, config: object) => policyInput.parse({ type, config })
  const introspection = (endpoint: string) =>
    policy('oauth2-introspection', {
      issuer: 'https://id.example',
      endpoint,
      clientId: 'gateway',
      clientSecret: 'secret-of-the-gateway',
      refusalCacheSeconds: 0,
    })
  const keys = policy('api-key', {})
  const told = policy('traffic-export', {
    requestFields: ['User-Agent', 'Referer', 'X-Customer', 'X-Card'],
    responseFields: ['Content-Type'],
  })
  const guarded = [keys, policy('validate-request', { undeclaredParameters: 'refuse' })]
  const walled = hasFirewall() ? [keys, policy('waf', {})] : [keys]
  const apis = {
    plain: { upstreamUrl: echoing.url, versionPolicies: [keys, told] },
    guarded: { upstreamUrl: echoing.url, versionPolicies: guarded },
    walled: { upstreamUrl: echoing.url, versionPolicies: walled },
    asked: { upstreamUrl: echoing.url, versionPolicies: [introspection(`${asked.url}/ask`)] },
    unasked: { upstreamUrl: echoing.url, versionPolicies: [introspection(`${refusing.url}/ask`)] },
    lies: { upstreamUrl: lying.url },
    away: { upstreamUrl: 'http://127.0.0.1:9' },
  }
  for (const [name, options] of Object.entries(apis))
    subscribers.set(`/${name}`, await rig.subscribe(await rig.publish(name, options)))
  await copyAndRepeat('plain', echoing)
  const target = { protocol: 'http', url: `http://127.0.0.1:${http.port}/in` }
  const kinds = ['audit', 'security', 'traffic']
  await createSinks(rig.stack, [
    { name: 'lines', target, kinds },
    { name: 'events', target: { ...target, format: 'cloudevents' }, kinds },
    {
      name: 'syslog',
      target: { protocol: 'syslog', host: '127.0.0.1', port: syslog.port, tls: false },
      kinds,
    },
  ])
}, 240_000)
afterAll(async () => {
  for (const service of services) await service[Symbol.asyncDispose]()
  await rig?.[Symbol.asyncDispose]()
})

/** Its calls are repeated when they fail, and copied to an upstream that breaks the rules. */
async function copyAndRepeat(api: string, { url }: Service): Promise<void> {
  const { client } = rig.owner
  const at = { tenant, api, apiVersion: 'v1' }
  const set = async (upstream: string, settings: object) => {
    const { version } = await client.versions.get(at)
    await client.upstreams.set(
      { ...at, upstream, ...upstreamSettings.parse(settings) },
      { context: { ifMatch: version } },
    )
  }
  await set('copy', { targets: [{ url: mirrored.url }] })
  await set('default', { targets: [{ url }], retries: { on: ['503', 'connect', 'reset'] } })
  await client.publishing.publish({ ...at, environments: [rig.stack.environment] }, { context: live() })
  await client.publishing.setTraffic(
    { ...at, environment: rig.stack.environment, ...traffic.parse({ mirror: { upstream: 'copy' } }) },
    { context: live() },
  )
}

/** The same request with a key that is good, so that it comes further. */
const knownBy = (key: string, text: string) =>
  text.replace(/\r\nX-Api-Key:[^\r]*/, '').replace('\r\n', `\r\nX-Api-Key: ${key}\r\n`)

/** Where in these texts a secret is: its name, not itself. */
function leaksIn({ where, text }: Written): string[] {
  return Object.entries(needles).flatMap(([name, forms]) =>
    forms.flatMap((form) => {
      const at = text.toLowerCase().indexOf(form.toLowerCase())
      if (at < 0) return []
      const around =
        text.slice(Math.max(0, at - 80), at) +
        '<<' +
        name +
        '>>' +
        text.slice(at + form.length, at + form.length + 40)
      return [`${where}: ${name} in …${around.replace(/[^\x20-\x7e]+/g, ' ')}…`]
    }),
  )
}

async function leaks(written: AsyncIterable<Written> | Iterable<Written>): Promise<string[]> {
  const found: string[] = []
  for await (const one of written) found.push(...leaksIn(one))
  return found
}

async function stored(requestIds: readonly string[]): Promise<boolean> {
  const client = new pg.Client({ connectionString: rig.stack.databaseUrl })
  await client.connect()
  try {
    const { rows } = await client.query<{ count: string }>(
      'SELECT count(*) FROM request_event WHERE id = ANY ($1)',
      [requestIds],
    )
    return Number(rows[0]?.count) === requestIds.length
  } finally {
    await client.end()
  }
}

/** The services of the test, and the sample upstream, keep what they like. */
const foreign = ['bookstore.json', 'logs/bookstore.log']
const files = () => readFiles(rig.stack.dataDir, foreign)

describe('D9 what callers send in confidence', () => {
  it('D9: cards, credentials, cookies, addresses and passwords are in no log, table, stream, sink, port or file', async () => {
    const { stack } = rig
    const gateway = stack.gateways[0]
    if (gateway === undefined) throw new Error('there is no gateway')
    const answers: Sent[] = []
    const seen = new Set<number>()
    const codes = new Set<string>()
    const sendAll = async () => {
      const texts = [...subscribers].flatMap(([base, { key: good }]) =>
        requestsTo(base).flatMap((text) => [text, knownBy(good, text)]),
      )
      for (const text of [...texts, ...brokenRequests]) {
        const answered = await send(gateway.url, text)
        seen.add(answered.status)
        codes.add(/"code":"([^"]*)"/.exec(answered.text)?.[1] ?? '')
        if (answered.requestId !== '') answers.push(answered)
      }
    }
    await sendAll()
    for (const status of [400, 401, 404, 405, 502, 503]) expect([...seen]).toContain(status)
    expect(codes).toContain('request_invalid')
    expect(codes.has('waf_blocked')).toBe(hasFirewall())
    expect(mirrored.heard.join()).toContain(card)

    // The portal's own API is asked too.
    for (const text of [
      ...requestsTo('/api/v1/tenants'),
      ...requestsTo(`/api/v1/tenants/${tenant}`),
      ...brokenRequests,
    ])
      await send(stack.adminUrl, text)
    await send(
      stack.adminUrl,
      request('/api/v1/sign-in', {
        type: 'application/json',
        body: JSON.stringify({ email: `someone@else.example`, password }),
      }),
    )

    // While Redis is away events wait on disk.
    await stack.killRedis()
    const before = answers.length
    await sendAll()
    await untilTrue(20_000, async () => {
      const text = await (await fetch(`${gateway.opsUrl}/metrics`)).text()
      return Number(/^gw_events_spooled(?:\{[^}]*\})? (\d+)/m.exec(text)?.[1] ?? 0) > 0
    })
    expect(await leaks(files())).toEqual([])
    await stack.startRedis()
    expect(answers.length).toBeGreaterThan(before)

    await untilTrue(60_000, () => stored(answers.map(({ requestId }) => requestId)))
    await untilTrue(60_000, async () => {
      const { data } = await rig.platform.client.eventSinks.list({})
      return data.every(({ waiting, delivered }) => waiting === 0 && delivered > 100)
    })
    expect(redis.commands.join('\n')).toContain('gw:events')
    expect([
      ...(await leaks(readPostgres(stack.databaseUrl))),
      ...(await leaks(readRedis(stack.redisUrl))),
      ...(await leaks(readPorts(stack))),
      ...(await leaks(files())),
      ...(await leaks([
        { where: 'commands to Redis', text: redis.commands.join('\n') },
        { where: 'HTTP sinks', text: http.received.join('\n') },
        { where: 'syslog', text: syslog.received.join('') },
      ])),
    ]).toEqual([])
  })
})
