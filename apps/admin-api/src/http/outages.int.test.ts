// Postgres and Redis away: at start, later, and back. Clear answers meanwhile, and no restart afterwards.
import { createConnection, createServer, type Server, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Bootstrap } from '../identity/bootstrap.ts'
import { startTestApp, type TestApp } from '../testing/app.fixture.ts'

/** A wire to Postgres that can be cut and mended. */
class Wire {
  #server: Server | undefined
  #sockets = new Set<Socket>()
  port = 0

  constructor(private readonly target: URL) {}

  get url(): string {
    const url = new URL(this.target)
    url.host = `127.0.0.1:${this.port}`
    return url.href
  }

  async mend(): Promise<void> {
    const server = createServer((socket) => {
      const upstream = createConnection(Number(this.target.port || 5432), this.target.hostname)
      for (const one of [socket, upstream]) {
        this.#sockets.add(one)
        one.on('error', () => one.destroy())
      }
      socket.pipe(upstream).pipe(socket)
      socket.on('close', () => upstream.destroy())
      upstream.on('close', () => socket.destroy())
    })
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve))
    const address = server.address()
    if (typeof address === 'object' && address) this.port = address.port
    this.#server = server
  }

  async cut(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#sockets.clear()
    await new Promise((resolve) => this.#server?.close(resolve))
  }
}

let app: TestApp
let wire: Wire

beforeAll(async () => {
  app = await startTestApp({}, async (databaseUrl) => {
    wire = new Wire(new URL(databaseUrl))
    await wire.mend()
    return wire.url
  })
})
afterAll(async () => {
  await app.close()
  await wire.cut()
})

const ready = () => app.visitor().send('GET', '/readyz')

/** Asks until it is so; the test's own time limit ends the wait. */
async function eventually(check: () => Promise<boolean>): Promise<void> {
  while (!(await check())) await new Promise((resolve) => setTimeout(resolve, 50))
}

describe('I11', () => {
  test('Postgres away: 503 that says so, nobody is let in, and all is well when it is back', async () => {
    const admin = await app.admin()
    expect((await ready()).body).toEqual({ status: 'ready', checks: { postgres: 'up', redis: 'up' } })
    await wire.cut()
    expect(await ready()).toMatchObject({
      status: 503,
      body: { status: 'unavailable', checks: { postgres: 'down' } },
    })
    expect((await app.visitor().send('GET', '/livez')).status).toBe(200)
    expect(await admin.send('GET', '/me')).toMatchObject({
      status: 503,
      body: { code: 'database_unavailable' },
    })
    const signIn = { body: { email: 'admin@example.com', password: 'correct-horse-battery' } }
    expect(await app.visitor().send('POST', '/sign-in', signIn)).toMatchObject({
      status: 503,
      body: { code: 'database_unavailable' },
    })
    await wire.mend()
    await eventually(async () => (await ready()).status === 200)
    expect((await admin.send('GET', '/me')).status).toBe(200)
  })

  test('Redis away: writes go on and are published when it is back', async () => {
    const admin = await app.admin()
    await app.redis.kill()
    await eventually(async () => (await ready()).body.status === 'degraded')
    const created = await admin.send('POST', '/environments', {
      body: { name: 'prod', title: 'Prod', gatewayUrl: 'http://localhost:8000' },
    })
    expect(created.status).toBe(201)
    await app.redis.restart({ empty: true })
    await eventually(async () => (await ready()).body.status === 'ready')
  })

  test('both away at start: it starts, says so, and heals', { timeout: 60_000 }, async () => {
    let late: Wire | undefined
    const other = await startTestApp(
      { REDIS_URL: 'redis://127.0.0.1:1' },
      async (databaseUrl) => {
        late = new Wire(new URL(databaseUrl))
        await late.mend()
        await late.cut()
        return late.url
      },
      { waitForAdmin: false },
    )
    expect(await other.visitor().send('GET', '/readyz')).toMatchObject({
      status: 503,
      body: { status: 'unavailable', checks: { postgres: 'down', redis: 'down' } },
    })
    await late?.mend()
    await other.get(Bootstrap).finished
    expect(await other.visitor().send('GET', '/readyz')).toMatchObject({
      status: 200,
      body: { status: 'degraded' },
    })
    await other.admin()
    await other.close()
    await late?.cut()
  })
})
