// What a client may do to the gateway it shares with others, slowly or many times over: nothing.
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, expect, it } from 'vitest'
import { type Rig, type RigOptions, startRig } from '../testing/gateway.fixture.ts'

const rigs: Rig[] = []
const sockets: Socket[] = []
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  for (const rig of rigs.splice(0)) await rig.close()
})
async function open(options: RigOptions = {}): Promise<Rig> {
  const rig = await startRig(options)
  rigs.push(rig)
  return rig
}

function begin(rig: Rig): Socket {
  const socket = connect({ host: '127.0.0.1', port: rig.port })
  sockets.push(socket)
  socket.on('error', () => undefined)
  return socket
}

/** A connection that does nothing of itself. */
async function dial(rig: Rig): Promise<Socket> {
  const socket = begin(rig)
  await once(socket, 'connect')
  return socket
}

/** All that comes until the connection closes. */
async function textOf(socket: Socket): Promise<string> {
  let text = ''
  socket.setEncoding('latin1').on('data', (piece) => {
    text += piece
  })
  if (!socket.destroyed) await new Promise((resolve) => socket.once('close', resolve))
  return text
}

const get = 'GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'

it('D7 a connection beyond the cap of its address is closed without a word, and counted', async () => {
  const rig = await open({ connectionsPerAddressMax: 3 })
  const held = await Promise.all([dial(rig), dial(rig), dial(rig)])
  await expect.poll(() => rig.connections().open).toBe(3)
  expect(await textOf(begin(rig))).toBe('')
  expect(await textOf(begin(rig))).toBe('')
  expect(rig.connections()).toEqual({ open: 3, refused: 2, busiest: 3 })
  // Those that were there before go on, and make room when they leave.
  const [first] = held
  first?.write(get)
  expect(await textOf(first as Socket)).toMatch(/^HTTP\/1\.1 200 /)
  await expect.poll(() => rig.connections().open).toBe(2)
  expect(await rig.raw(get)).toMatch(/^HTTP\/1\.1 200 /)
})

it('D7 a proxy of ours carries many clients and has no cap', async () => {
  const rig = await open({ connectionsPerAddressMax: 1, trustedProxies: ['127.0.0.1'] })
  await Promise.all([dial(rig), dial(rig), dial(rig)])
  await expect.poll(() => rig.connections()).toMatchObject({ open: 3, refused: 0 })
  expect(await rig.raw(get)).toMatch(/^HTTP\/1\.1 200 /)
})

it('D7 connections on which nothing comes are closed', async () => {
  const rig = await open({ headersTimeoutMs: 100 })
  const idle = await Promise.all(Array.from({ length: 20 }, () => dial(rig)))
  await Promise.all(idle.map(textOf))
  await expect.poll(() => rig.connections().open).toBe(0)
})

it('D7 one connection has one request under way, however many it sends at once', async () => {
  const waiting: (() => void)[] = []
  const rig = await open({
    upstream: (request, response) => waiting.push(() => response.end(request.url)),
  })
  const socket = await dial(rig)
  const answer = textOf(socket)
  const asked = Array.from({ length: 100 }, (_, i) => `GET /${i} HTTP/1.1\r\nHost: a\r\n\r\n`)
  socket.write(asked.join(''))
  socket.write('GET /more HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(1_000_000))
  for (let i = 0; i < 50; i++) {
    await expect.poll(() => waiting.length).toBe(1)
    waiting.pop()?.()
  }
  // What it sent ahead waits at its own end, and not in our memory.
  expect(socket.writableLength).toBeGreaterThan(10_000_000)
  socket.destroy()
  const text = await answer
  const answered = [...text.matchAll(/\r\n\r\n(\/\d+)H/g)].map(([, path]) => path)
  expect(answered.length).toBeGreaterThan(40)
  expect(answered).toEqual(answered.map((_, i) => `/${i}`))
  // Who sends ahead is not listened to: that it left is known when its answers cannot be written.
  const held = () => {
    for (const release of waiting.splice(0)) release()
    return rig.leases()
  }
  await expect.poll(held).toBe(0)
  expect(rig.seen.length).toBeLessThan(60)
})

it('D7 a client that never reads its refusal is let go', async () => {
  const rig = await open({ headersTimeoutMs: 100 })
  const socket = await dial(rig)
  socket.write('GARBAGE\r\n\r\n')
  await rig.over(1)
  expect(await textOf(socket)).toMatch(/^HTTP\/1\.1 400 /)
  socket.end()
  await expect.poll(() => rig.connections().open).toBe(0)
})

it('D7 a head of single drops is given up', async () => {
  const rig = await open({ headersTimeoutMs: 200 })
  const socket = await dial(rig)
  const answer = textOf(socket)
  socket.write('GET /a HTTP/1.1\r\nHost: a\r\nA: ')
  const drip = setInterval(() => socket.write('x'), 20)
  expect(await answer).toMatch(/^HTTP\/1\.1 408 [\s\S]*"code":"request_timeout"/)
  clearInterval(drip)
  expect(await rig.over(1)).toMatchObject([{ status: 408, reason: 'request_timeout' }])
})

it('D7 the rest of a body whose request was answered early is dropped, and the connection goes on', async () => {
  const rig = await open({ match: () => null })
  const socket = await dial(rig)
  const answer = textOf(socket)
  socket.write('POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n')
  await rig.over(1)
  socket.write(Buffer.alloc(1_000_000))
  socket.write(get)
  expect((await answer).match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 404', 'HTTP/1.1 404'])
})

it('D7 a body of single drops is given up, and its upstream connection with it', async () => {
  const left = Promise.withResolvers<void>()
  const rig = await open({
    bodyPace: { bytesPerSecondMin: 100, lookEveryMs: 50 },
    upstream: (request) => request.on('close', left.resolve).resume(),
  })
  const socket = await dial(rig)
  const answer = textOf(socket)
  socket.write('POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n')
  const drip = setInterval(() => socket.write('x'), 20)
  expect(await answer).toMatch(/^HTTP\/1\.1 408 [\s\S]*"code":"request_timeout"/)
  clearInterval(drip)
  await left.promise
  expect(await rig.over(1)).toMatchObject([{ status: 408, reason: 'request_timeout' }])
})

it('D7 a body that comes at its pace, an upstream that reads at its own, and a conversation are left alone', async () => {
  const rig = await open({
    bodyPace: { bytesPerSecondMin: 100, lookEveryMs: 40 },
    upstream: async (request, response) => {
      if (request.url === '/talk') response.write('go on')
      if (request.url === '/lazy') await delay(300)
      for await (const _ of request);
      response.end('done')
    },
  })
  const post = (path: string, length: number) =>
    `POST ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: ${length}\r\n\r\n`
  const steady = await dial(rig)
  steady.write(post('/steady', 200))
  const lazy = await dial(rig)
  lazy.write(post('/lazy', 8_000_000))
  lazy.write(Buffer.alloc(8_000_000))
  const talk = await dial(rig)
  talk.write(post('/talk', 2))
  const answers = [steady, lazy, talk].map(textOf)
  for (let i = 0; i < 10; i++) {
    steady.write('x'.repeat(20))
    await delay(40)
  }
  talk.write('ok')
  for (const answer of await Promise.all(answers)) expect(answer).toMatch(/^HTTP\/1\.1 200 [\s\S]*done/)
})

/** A client that goes on reading when it has said all it had to say. */
async function dialHalf(rig: Rig): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port: rig.port, allowHalfOpen: true })
  sockets.push(socket)
  await once(socket, 'connect')
  return socket
}

const chunkedPost = 'POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n'

it('D7 a refusal of unreadable bytes is as long as it says', async () => {
  const rig = await open()
  const text = await rig.rawAll('GET /a b HTTP/1.1\r\nHost: a\r\n\r\n')
  const [head = '', body = ''] = text.split('\r\n\r\n')
  expect(head).toContain(`\r\nContent-Length: ${body.length}\r\n`)
  expect(Buffer.from(body, 'latin1').toString()).toContain('not “method target version”')
})

it('D7 a request that was answered early has one answer, whatever follows it', async () => {
  const rig = await open({ match: () => null })
  const faulty = await dial(rig)
  const half = await dialHalf(rig)
  const answers = [faulty, half].map(textOf)
  faulty.write(chunkedPost)
  half.write(chunkedPost)
  await rig.over(2)
  faulty.write('no size\r\n')
  half.end('5\r\nab')
  for (const answer of await Promise.all(answers)) {
    expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 404'])
  }
  expect(rig.outcomes).toMatchObject([{ status: 404 }, { status: 404 }])
})

it('D7 a fault in the very read that was answered takes nothing of the answer back', async () => {
  const rig = await open({ match: () => null })
  const socket = await dial(rig)
  const answer = textOf(socket)
  socket.write(`OPTIONS * HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nno size\r\n`)
  expect((await answer).match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 204'])
  expect(await rig.over(1)).toMatchObject([{ status: 204, reason: null }])
})

it('D7 an empty line behind a body is no part of a request', async () => {
  const rig = await open()
  const socket = await dialHalf(rig)
  const answer = textOf(socket)
  socket.write('POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc\r\n')
  await rig.over(1)
  socket.end()
  expect((await answer).match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200'])
  expect(rig.outcomes.length).toBe(1)
})
