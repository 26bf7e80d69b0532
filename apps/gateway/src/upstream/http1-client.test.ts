import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { createSecureContext } from 'node:tls'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import {
  noBody,
  type UpstreamFailure,
  type UpstreamObserver,
  type UpstreamRequest,
  unknownLength,
} from './call.ts'
import { Deadlines } from './deadlines.ts'
import { defaultLimits, Http1Client, type Http1Limits } from './http1-client.ts'

const timeouts = { connectMs: 2_000, firstByteMs: 2_000, idleMs: 2_000, totalMs: 5_000 }

/** An upstream whose every byte the test writes. */
class ScriptedUpstream {
  readonly sockets: Socket[] = []
  readonly received: string[] = []
  readonly #server: Server
  #arrived: (() => void) | null = null

  constructor() {
    this.#server = createServer((socket) => {
      const index = this.sockets.push(socket) - 1
      this.received.push('')
      socket.on('error', () => undefined)
      socket.on('data', (chunk) => {
        this.received[index] += chunk.toString('latin1')
        this.#arrived?.()
      })
    })
  }

  async listen(): Promise<number> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('no port')
    return address.port
  }

  /** Waits until connection `index` sent something that ends in `tail`, and forgets it. */
  async take(index: number, tail = '\r\n\r\n'): Promise<string> {
    while (!this.received[index]?.endsWith(tail)) {
      await new Promise<void>((resolve) => {
        this.#arrived = resolve
      })
    }
    const text = this.received[index] as string
    this.received[index] = ''
    return text
  }

  socket(index: number): Socket {
    const socket = this.sockets[index]
    if (socket === undefined) throw new Error(`no connection ${index}`)
    return socket
  }

  close(): void {
    for (const socket of this.sockets) socket.destroy()
    this.#server.close()
  }
}

class Ear implements UpstreamObserver {
  status = 0
  headers: string[] = []
  body = ''
  interims: number[] = []
  trailers: readonly string[] = []
  failure: UpstreamFailure | null = null
  bodyBytes = 0
  takes = true
  lulls = 0
  drains = 0
  readonly over: Promise<this>
  #resolve: (it: this) => void = () => undefined
  #watches: [() => boolean, () => void][] = []

  constructor() {
    this.over = new Promise((resolve) => {
      this.#resolve = resolve
    })
  }
  until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#watches.push([condition, resolve])
      this.#changed()
    })
  }
  #changed(): void {
    for (const [condition, resolve] of this.#watches) if (condition()) resolve()
  }
  onInterim(status: number): void {
    this.interims.push(status)
    this.#changed()
  }
  onHead(status: number, _reason: string, headers: string[]): void {
    this.status = status
    this.headers = headers
    this.#changed()
  }
  onBody(buffer: Buffer, start: number, end: number): boolean {
    this.bodyBytes += end - start
    if (this.bodyBytes < 1_000_000) this.body += buffer.toString('latin1', start, end)
    this.#changed()
    return this.takes
  }
  onEnd(trailers: readonly string[]): void {
    this.trailers = trailers
    this.#resolve(this)
  }
  onLull(): void {
    this.lulls++
    this.#changed()
  }
  onDrain(): void {
    this.drains++
    this.#changed()
  }
  onFailure(failure: UpstreamFailure): void {
    this.failure = failure
    this.#resolve(this)
  }
}

const opened: { close(): void }[] = []
afterEach(() => {
  for (const it of opened.splice(0)) it.close()
})

async function rig(limits: Partial<Http1Limits> = {}) {
  const upstream = new ScriptedUpstream()
  const port = await upstream.listen()
  const client = new Http1Client({ host: '127.0.0.1', port, tls: null }, new Deadlines(), {
    ...defaultLimits,
    ...limits,
  })
  opened.push(upstream, { close: () => client.drain() })
  function start(request: Partial<UpstreamRequest> = {}) {
    const ear = new Ear()
    const call = client.start(
      { method: 'GET', target: '/a?b', headers: ['Host', 'up'], bodyLength: noBody, timeouts, ...request },
      ear,
    )
    return { ear, call }
  }
  return { upstream, client, start, port }
}

async function allClosed(client: Http1Client): Promise<void> {
  while (client.connectionCount > 0) await new Promise(setImmediate)
}

const empty = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'

describe('HTTP/1.1 upstream client', () => {
  it('A18 sends the fields it is given and the framing it chose, and hands on the response', async () => {
    const { upstream, start } = await rig()
    const { ear } = start({ headers: ['Host', 'up', 'X-A', '1', 'x-a', '2'] })
    expect(await upstream.take(0)).toBe('GET /a?b HTTP/1.1\r\nHost: up\r\nX-A: 1\r\nx-a: 2\r\n\r\n')
    upstream
      .socket(0)
      .write('HTTP/1.1 201 Made\r\nSet-Cookie: a\r\nset-cookie: b\r\nContent-Length: 5\r\n\r\nhello')
    expect(await ear.over).toMatchObject({
      status: 201,
      headers: ['Set-Cookie', 'a', 'set-cookie', 'b', 'Content-Length', '5'],
      body: 'hello',
      failure: null,
    })
  })

  it('reuses a clean connection', async () => {
    const { upstream, client, start } = await rig()
    for (let i = 0; i < 3; i++) {
      const { ear } = start()
      await upstream.take(0)
      upstream.socket(0).write(empty)
      await ear.over
    }
    expect(upstream.sockets.length).toBe(1)
    expect(client.idleCount).toBe(1)
  })

  it.each([
    ['Connection: close', 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'],
    ['HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n'],
    ['bytes after the response', `${empty}HTTP/1.1 200 OK\r\n`],
  ])('never reuses a connection after %s', async (_, response) => {
    const { upstream, client, start } = await rig()
    const { ear } = start()
    await upstream.take(0)
    upstream.socket(0).write(response)
    expect(await ear.over).toMatchObject({ status: 200, failure: null })
    expect(client.idleCount).toBe(0)
    await once(upstream.socket(0), 'close')
  })

  it('closes an idle connection on which something arrives', async () => {
    const { upstream, client, start } = await rig()
    const { ear } = start()
    await upstream.take(0)
    upstream.socket(0).write(empty)
    await ear.over
    upstream.socket(0).write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil')
    await once(upstream.socket(0), 'close')
    expect(client.idleCount).toBe(0)
  })

  it('runs an idempotent request again when a kept connection died under it', async () => {
    const { upstream, start } = await rig()
    const first = start()
    await upstream.take(0)
    upstream.socket(0).write(empty)
    await first.ear.over
    const { ear } = start()
    await upstream.take(0)
    upstream.socket(0).destroy()
    while (upstream.sockets.length < 2) await new Promise(setImmediate)
    expect(await upstream.take(1)).toContain('GET /a?b')
    upstream.socket(1).write(empty)
    expect(await ear.over).toMatchObject({ status: 200, failure: null })
  })

  it.each([
    ['is not idempotent', { method: 'POST', bodyLength: 0 }],
    ['has a body', { method: 'PUT', bodyLength: 3 }],
  ])('does not run a request again that %s', async (_, request) => {
    const { upstream, start } = await rig()
    const first = start()
    await upstream.take(0)
    upstream.socket(0).write(empty)
    await first.ear.over
    const { ear, call } = start(request)
    if (request.bodyLength === 3) {
      call.write(Buffer.from('abc'))
      call.end([])
      await upstream.take(0, 'abc')
    } else {
      await upstream.take(0)
    }
    upstream.socket(0).destroy()
    expect((await ear.over).failure?.kind).toBe('closed_early')
    expect(upstream.sockets.length).toBe(1)
  })

  it('does not run a request again after the first byte of a response', async () => {
    const { upstream, start } = await rig()
    const first = start()
    await upstream.take(0)
    upstream.socket(0).write(empty)
    await first.ear.over
    const { ear } = start()
    await upstream.take(0)
    upstream.socket(0).end('H')
    expect((await ear.over).failure?.kind).toBe('closed_early')
  })

  it('does not run a request again on a fresh connection', async () => {
    const { upstream, start } = await rig()
    const { ear } = start()
    await upstream.take(0)
    upstream.socket(0).destroy()
    expect((await ear.over).failure?.kind).toBe('closed_early')
  })

  it('sends a body of known length, written before the connection is open', async () => {
    const { upstream, start } = await rig()
    const { ear, call } = start({ method: 'POST', bodyLength: 6 })
    expect(call.write(Buffer.from('abc'))).toBe(false)
    call.write(Buffer.from('def'))
    call.end([])
    expect(await upstream.take(0, 'abcdef')).toBe(
      'POST /a?b HTTP/1.1\r\nHost: up\r\nContent-Length: 6\r\n\r\nabcdef',
    )
    upstream.socket(0).write(empty)
    expect((await ear.over).status).toBe(200)
  })

  it('sends a body of unknown length in chunks, and trailers', async () => {
    const { upstream, start } = await rig()
    const { ear, call } = start({ method: 'POST', bodyLength: unknownLength })
    expect(await upstream.take(0)).toBe(
      'POST /a?b HTTP/1.1\r\nHost: up\r\nTransfer-Encoding: chunked\r\n\r\n',
    )
    call.write(Buffer.from('0123456789abcdef'))
    call.end(['X-Sum', '1'])
    expect(await upstream.take(0, 'X-Sum: 1\r\n\r\n')).toBe('10\r\n0123456789abcdef\r\n0\r\nX-Sum: 1\r\n\r\n')
    upstream.socket(0).write(empty)
    expect((await ear.over).status).toBe(200)
  })

  it.each([
    ['more', 'abcd'],
    ['less', 'ab'],
  ])('never sends %s than the declared length', async (_, body) => {
    const { upstream, start } = await rig()
    const { ear, call } = start({ method: 'POST', bodyLength: 3 })
    call.write(Buffer.from(body))
    call.end([])
    expect((await ear.over).failure?.detail).toContain('declared')
    expect(upstream.received[0] ?? '').not.toContain('abcd')
  })

  it('drops the connection when the response came before the request was whole', async () => {
    const { upstream, client, start } = await rig()
    const { ear, call } = start({ method: 'POST', bodyLength: 1_000 })
    call.write(Buffer.from('abc'))
    await upstream.take(0, 'abc')
    upstream.socket(0).write('HTTP/1.1 413 No\r\nContent-Length: 0\r\n\r\n')
    expect((await ear.over).status).toBe(413)
    expect(client.idleCount).toBe(0)
    expect(call.write(Buffer.from('more'))).toBe(true)
  })

  it('hears interim responses, trailers, and pauses inside a response', async () => {
    const { upstream, start } = await rig()
    const { ear } = start()
    await upstream.take(0)
    upstream.socket(0).write('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n')
    await ear.until(() => ear.interims.length === 1)
    upstream.socket(0).write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n')
    await ear.until(() => ear.body === 'abc' && ear.lulls > 0)
    upstream.socket(0).write('0\r\nX-Sum: 7\r\n\r\n')
    expect(await ear.over).toMatchObject({ interims: [103], body: 'abc', trailers: ['X-Sum', '7'] })
  })

  it('takes HEAD, 204 and 304 as complete without a body', async () => {
    const { upstream, client, start } = await rig()
    const length = 'Content-Length: 5\r\n\r\n'
    for (const [method, line] of [
      ['HEAD', 'HTTP/1.1 200 OK'],
      ['GET', 'HTTP/1.1 204 No Content'],
      ['GET', 'HTTP/1.1 304 Not Modified'],
    ]) {
      const { ear } = start({ method: method as string })
      await upstream.take(0)
      upstream.socket(0).write(`${line}\r\n${length}`)
      expect(await ear.over).toMatchObject({ body: '', failure: null })
    }
    expect(client.idleCount).toBe(1)
    expect(upstream.sockets.length).toBe(1)
  })

  it('reads to the close what has no other end, and calls a shorter body a loss', async () => {
    const { upstream, start } = await rig()
    const toTheClose = start()
    await upstream.take(0)
    upstream.socket(0).end('HTTP/1.1 200 OK\r\n\r\nhello')
    expect(await toTheClose.ear.over).toMatchObject({ body: 'hello', failure: null })
    const tooShort = start()
    await upstream.take(1)
    upstream.socket(1).end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello')
    expect((await tooShort.ear.over).failure?.kind).toBe('closed_early')
  })

  it('A18 stops reading when told and reads on when told', async () => {
    const { upstream, start } = await rig()
    const { ear, call } = start()
    ear.takes = false
    await upstream.take(0)
    const size = 32 * 1024 * 1024
    upstream.socket(0).write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`)
    upstream.socket(0).write(Buffer.alloc(size))
    await ear.until(() => ear.bodyBytes > 0)
    // Everything the kernel may buffer has arrived when the upstream's writes stop making progress.
    let before = -1
    while (upstream.socket(0).bytesWritten - upstream.socket(0).writableLength !== before) {
      before = upstream.socket(0).bytesWritten - upstream.socket(0).writableLength
      for (let i = 0; i < 50; i++) await new Promise(setImmediate)
    }
    expect(ear.bodyBytes).toBeLessThanOrEqual(64 * 1024)
    ear.takes = true
    call.resume()
    expect((await ear.over).bodyBytes).toBe(size)
  })

  it('A18 tells the sender to wait while the upstream does not read', async () => {
    const { upstream, start } = await rig()
    const { ear, call } = start({ method: 'POST', bodyLength: unknownLength })
    await upstream.take(0)
    upstream.socket(0).pause()
    let rounds = 0
    while (call.write(Buffer.alloc(64 * 1024)) && rounds < 10_000) rounds++
    expect(rounds).toBeLessThan(10_000)
    upstream.socket(0).resume()
    await ear.until(() => ear.drains > 0)
    call.cancel()
  })

  it.each([
    ['first_byte_timeout', { firstByteMs: 60 }, ''],
    ['idle_timeout', { idleMs: 60 }, 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc'],
    // Runs while the connection is made as well: long enough for that on a machine that does other things.
    ['total_timeout', { totalMs: 1_000 }, 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc'],
  ])('A17 ends a call by %s', async (kind, limit, response) => {
    const { upstream, client, start } = await rig()
    const startedMs = performance.now()
    const { ear } = start({ timeouts: { ...timeouts, ...limit } })
    await upstream.take(0)
    upstream.socket(0).write(response)
    expect((await ear.over).failure?.kind).toBe(kind)
    expect(performance.now() - startedMs).toBeGreaterThan(50)
    await once(upstream.socket(0), 'close')
    await allClosed(client)
  })

  it('says when nobody listens', async () => {
    const { port, upstream } = await rig()
    upstream.close()
    const client = new Http1Client({ host: '127.0.0.1', port, tls: null }, new Deadlines())
    const ear = new Ear()
    client.start({ method: 'GET', target: '/', headers: [], bodyLength: noBody, timeouts }, ear)
    expect((await ear.over).failure).toEqual({ kind: 'unreachable', detail: 'ECONNREFUSED' })
  })

  it('lets calls wait for a connection, and refuses more than may wait', async () => {
    const { upstream, start } = await rig({ connectionsMax: 1, waitingMax: 1 })
    const first = start()
    await upstream.take(0)
    const second = start({ target: '/second' })
    const third = start()
    expect((await third.ear.over).failure?.kind).toBe('busy')
    upstream.socket(0).write(empty)
    await first.ear.over
    expect(await upstream.take(0)).toContain('GET /second')
    upstream.socket(0).write(empty)
    expect((await second.ear.over).status).toBe(200)
    expect(upstream.sockets.length).toBe(1)
  })

  it('A17 counts waiting for a connection as connecting, and tells them apart', async () => {
    const { upstream, start } = await rig({ connectionsMax: 1 })
    start()
    await upstream.take(0)
    const { ear } = start({ timeouts: { ...timeouts, connectMs: 40 } })
    expect((await ear.over).failure?.kind).toBe('queue_timeout')
  })

  it('a connection that never opens goes when no call waits for it any more', async () => {
    const upstream = new ScriptedUpstream()
    opened.push(upstream)
    const tls = { serverName: '', trust: { verify: true, context: createSecureContext() } }
    const origin = { host: '127.0.0.1', port: await upstream.listen(), tls }
    const client = new Http1Client(origin, new Deadlines(), { ...defaultLimits, connectionsMax: 1 })
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const request = { method: 'GET', target: '/', headers: [], bodyLength: noBody, timeouts }
    client.start(request, new Ear()).cancel()
    expect(client.connectionCount).toBe(1)
    vi.advanceTimersByTime(10_000)
    await allClosed(client)
  })

  it('says nothing after a cancel, and closes the connection', async () => {
    const { upstream, client, start } = await rig()
    const { ear, call } = start()
    await upstream.take(0)
    upstream.socket(0).write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc')
    await ear.until(() => ear.body === 'abc')
    call.cancel()
    await once(upstream.socket(0), 'close')
    expect(ear.failure).toBeNull()
    await allClosed(client)
  })

  it('does not use a connection that the upstream will close any moment', async () => {
    const { upstream, client, start } = await rig()
    const { ear } = start()
    await upstream.take(0)
    upstream.socket(0).write('HTTP/1.1 200 OK\r\nKeep-Alive: timeout=0\r\nContent-Length: 0\r\n\r\n')
    await ear.over
    start()
    while (upstream.sockets.length < 2) await new Promise(setImmediate)
    expect(client.idleCount).toBe(0)
  })

  it.each([
    ['a bare line feed', 'HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'],
    ['an unasked switch of protocols', 'HTTP/1.1 101 Switching Protocols\r\n\r\n'],
  ])('refuses a response with %s and closes', async (_, response) => {
    const { upstream, client, start } = await rig()
    const { ear } = start()
    await upstream.take(0)
    upstream.socket(0).write(response)
    expect((await ear.over).failure?.kind).toBe('invalid_response')
    await once(upstream.socket(0), 'close')
    await allClosed(client)
  })

  it('a connection that cannot be begun fails its call, and takes nothing else along', async () => {
    const trust = {
      verify: true,
      get context(): never {
        throw new Error('bad certificate')
      },
    }
    const origin = { host: '127.0.0.1', port: 9, tls: { serverName: '', trust } }
    const client = new Http1Client(origin, new Deadlines(), { ...defaultLimits, warm: 1 })
    const ear = new Ear()
    client.start({ method: 'GET', target: '/', headers: ['Host', 'up'], bodyLength: noBody, timeouts }, ear)
    await ear.over
    expect(ear.failure).toEqual({ kind: 'unreachable', detail: 'bad certificate' })
    expect(client.connectionCount).toBe(0)
    client.drain()
  })
})
