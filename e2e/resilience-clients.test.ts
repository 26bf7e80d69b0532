// Clients that would take all there is: idle by the thousand, slow on purpose, or in a flood.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { createKey } from '@gatewright/shared/key'
import type { ManifestInput } from '@gatewright/shared/manifest'
import { policyInput } from '@gatewright/shared/policies/specs'
import { expect, it } from 'vitest'
import type { FloodOrder } from './flood.ts'
import { Load, type LoadOptions, percentile, type Tally } from './load.ts'
import { manifestOf, type StandaloneGateway, startStandalone, TestUpstream } from './standalone.ts'

/** Sockets that are gone with the test. */
class Sockets implements Disposable {
  readonly all: Socket[] = []

  /** A connection; what comes on it is in `text`. */
  open({ port }: StandaloneGateway): Socket & { text: string } {
    const socket = Object.assign(connect({ host: '127.0.0.1', port }), { text: '' })
    socket.on('error', () => undefined)
    socket.on('data', (chunk) => {
      socket.text += chunk.toString('latin1')
    })
    this.all.push(socket)
    return socket
  }

  [Symbol.dispose](): void {
    for (const socket of this.all) socket.destroy()
  }
}

const head = 'GET /api/echo HTTP/1.1\r\nHost: a\r\n'
const isClosed = (socket: Socket) => socket.destroyed || socket.readableEnded
const dripMs = 400

it('D7 10,000 idle connections, slow heads and slow bodies do not stop normal traffic', async () => {
  // Node has raised its own limit to the hard one; a few files are for everything else.
  const files = Number(execFileSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' })) || 1_000_000
  const idleCount = Math.min(10_000, files - 1_500)
  await using upstream = await TestUpstream.start()
  await using gateway = await startStandalone(manifestOf([upstream]), { HEADERS_TIMEOUT_MS: '2000' })
  using sockets = new Sockets()

  // Each has asked once, so that it is a kept connection and not one that never said a word.
  for (let opened = 0; opened < idleCount; opened += 500) {
    const batch = Array.from({ length: Math.min(500, idleCount - opened) }, () => sockets.open(gateway))
    await Promise.all(
      batch.map(async (socket) => {
        await once(socket, 'connect')
        socket.write(`${head}\r\n`)
        await once(socket, 'data')
      }),
    )
  }
  const idle = [...sockets.all]
  expect(await gateway.metric('gw_connections')).toBeGreaterThanOrEqual(idleCount)
  expect(await gateway.metric('gw_connections_busiest_address')).toBeGreaterThanOrEqual(idleCount)

  const slowHeads = Array.from({ length: 200 }, () => sockets.open(gateway))
  const slowBodies = Array.from({ length: 200 }, () => sockets.open(gateway))
  for (const socket of slowHeads) socket.write(head)
  for (const socket of slowBodies) {
    socket.write('POST /api/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n')
  }
  const drip = setInterval(() => {
    for (const socket of slowHeads) if (!isClosed(socket)) socket.write('X: y\r\n')
    for (const socket of slowBodies) if (!isClosed(socket)) socket.write('x')
  }, dripMs)
  try {
    await using load = new Load({ url: `${gateway.url}/api/echo`, connections: 16, pauseMs: 5 })
    await expect.poll(() => slowHeads.every(isClosed), { timeout: 10_000 }).toBe(true)
    await expect.poll(() => slowBodies.every(isClosed), { timeout: 20_000, interval: 200 }).toBe(true)
    for (const socket of [...slowHeads, ...slowBodies]) expect(socket.text).toMatch(/^HTTP\/1\.1 408 /)
    const tally = await load.stop()
    expect(tally).toMatchObject({ failures: {}, mixedUp: 0 })
    expect(Object.keys(tally.statuses)).toEqual(['200'])
    // A second would be a gateway that stood still, not a machine that is busy.
    expect(percentile(tally.latenciesMs, 0.99)).toBeLessThan(1_000)
    expect(idle.some(isClosed)).toBe(false)
  } finally {
    clearInterval(drip)
  }
})

it('D7 an address gets its share of connections and no more, whichever worker they reach', async () => {
  await using upstream = await TestUpstream.start()
  await using gateway = await startStandalone(manifestOf([upstream]), {
    WORKERS: '2',
    MAX_CONNECTIONS_PER_ADDRESS: '50',
    KEEP_ALIVE_TIMEOUT_MS: '300',
  })
  // The one that asked whether the gateway is up may still be open.
  await expect.poll(() => gateway.metric('gw_connections'), { timeout: 10_000 }).toBe(0)
  using sockets = new Sockets()
  const all = Array.from({ length: 80 }, () => sockets.open(gateway))
  await expect.poll(() => all.filter(isClosed).length, { timeout: 10_000 }).toBe(30)
  expect(await gateway.metric('gw_connections')).toBe(50)
  expect(await gateway.metric('gw_connections_per_address_max')).toBe(50)
  expect(await gateway.metric('gw_connections_refused_total')).toBe(30)
  const [first] = all.filter((socket) => !isClosed(socket))
  first?.write(`${head}\r\n`)
  await expect.poll(() => first?.text).toMatch(/^HTTP\/1\.1 200 /)
})

/** Two applications of one plan that allows each 300 calls a second. */
function twoCallers(upstream: TestUpstream, keys: readonly string[]): ManifestInput {
  const manifest = manifestOf([upstream], {
    policies: [policyInput.parse({ type: 'api-key', name: 'key', config: {} })],
  })
  const version = manifest.apis?.[0]?.versions?.[0]
  if (version) version.public = false
  const limit = { limit: 300, windowMs: 1_000, algorithm: 'token-bucket', burst: 50, mode: 'local' }
  return {
    ...manifest,
    products: [
      {
        name: 'api',
        title: 'API',
        versions: ['api/v1'],
        plans: [
          {
            name: 'plan',
            title: 'Plan',
            policies: [policyInput.parse({ type: 'rate-limit', name: 'rate', config: limit })],
          },
        ],
      },
    ],
    applications: keys.map((key, i) => ({
      name: `app-${i}`,
      title: `App ${i}`,
      subscriptions: [{ product: 'api', plan: 'plan' }],
      keys: [{ environment: 'prod', sha256: createHash('sha256').update(key).digest('hex') }],
    })),
  }
}

it('B9 a flood from one caller gets 429, and the p99 of another rises by less than 20 %', async () => {
  // An API that takes its time, as they do: on bare loopback the noise of a machine alone is more than 20 %.
  await using upstream = await TestUpstream.start({ delayMs: 50 })
  const [flooding, other] = [createKey('prod'), createKey('prod')]
  await using gateway = await startStandalone(twoCallers(upstream, [flooding, other]))
  const url = `${gateway.url}/api/echo`
  const options: LoadOptions = { url, connections: 64, pauseMs: 10, headers: { 'x-api-key': flooding } }
  const flood = new Worker(join(import.meta.dirname, 'flood.ts'), { workerData: options })
  await using load = new Load({ url, connections: 16, pauseMs: 20, headers: { 'x-api-key': other } })

  /** The p99 of the other caller while a flood goes there, and what the flood was answered. */
  async function p99During(order: FloodOrder): Promise<{ p99: number; answers: Tally['statuses'] }> {
    flood.postMessage(order)
    await load.more(20)
    load.take()
    await load.more(200)
    const tally = load.take()
    flood.postMessage('stop' satisfies FloodOrder)
    const [{ statuses }] = (await once(flood, 'message')) as [Tally]
    expect(tally).toMatchObject({ failures: {}, mixedUp: 0 })
    expect(Object.keys(tally.statuses)).toEqual(['200'])
    return { p99: percentile(tally.latenciesMs, 0.99), answers: statuses }
  }

  try {
    await load.more(200)
    const beside: number[] = []
    const through: number[] = []
    const answers = { admitted: 0, refused: 0 }
    // Sender and gateway share this machine, as they never do elsewhere: what the sender takes is taken in both kinds of
    // window. They alternate, and the middle one of each kind is compared, so that a slow moment decides nothing.
    for (let window = 0; window < 7; window++) {
      beside.push((await p99During('sink')).p99)
      const during = await p99During('target')
      through.push(during.p99)
      answers.admitted += during.answers[200] ?? 0
      answers.refused += during.answers[429] ?? 0
    }
    expect(answers.refused).toBeGreaterThan(answers.admitted)
    expect(percentile(through, 0.5) / percentile(beside, 0.5)).toBeLessThan(1.2)
  } finally {
    await flood.terminate()
  }
})
