// Copies of requests as a second server gets them, and what they may never do to the request itself.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { traffic as trafficSchema } from '@gatewright/shared/model/traffic'
import { upstreamSettings } from '@gatewright/shared/model/upstream'
import { afterEach, expect, it } from 'vitest'
import type { TrafficSplit } from '../config/generation.ts'
import { listen, type Rig, type RigOptions, startRig } from '../testing/gateway.fixture.ts'
import type { Upstream } from '../upstream/call.ts'
import { createUpstreamPools } from '../upstream/pools.ts'
import { MirrorCounts } from './mirror.ts'
import { createTrafficSplit } from './split.ts'

const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

interface Seen {
  readonly method: string
  readonly url: string
  readonly headers: string[]
  readonly body: string
}

type Answer = (request: IncomingMessage, response: ServerResponse) => void

async function open({
  percent = 100,
  mirror,
  ...options
}: RigOptions & { percent?: number; mirror?: Answer } = {}) {
  const seen: Seen[] = []
  let arrived = Promise.withResolvers<void>()
  const server: Server = createServer(
    mirror ??
      (async (request, response) => {
        const chunks: Buffer[] = []
        for await (const chunk of request) chunks.push(chunk)
        const { method = '', url = '', rawHeaders: headers } = request
        seen.push({ method, url, headers, body: Buffer.concat(chunks).toString() })
        response.writeHead(500).end('nobody reads this')
        arrived.resolve()
        arrived = Promise.withResolvers<void>()
      }),
  )
  const port = await listen(server)
  const pools = createUpstreamPools()
  const settings = upstreamSettings.parse({ targets: [{ url: `http://127.0.0.1:${port}/shadow` }] })
  const { upstream: shadow, release } = pools.acquire({ ...settings, id: 'ups_2', name: 'shadow' }, 'ten_1')
  const counts = new MirrorCounts()
  let split: TrafficSplit | null = null
  const rig: Rig = await startRig({
    ...options,
    match: (_host, _path, _method, route) => {
      split ??= createTrafficSplit({
        versionId: 'ver_1',
        basePath: '',
        traffic: trafficSchema.parse({ mirror: { upstream: 'shadow', percent } }),
        upstreams: new Map([
          ['default', route.upstream as Upstream],
          ['shadow', shadow],
        ]),
        guard: null,
        mirrors: counts,
        start: 0,
      })
      return { ...route, traffic: split }
    },
  })
  closers.push(() => {
    void rig.close()
    release()
    server.close()
    server.closeAllConnections()
  })
  const countOf = (outcome: string) =>
    counts.samples.find((sample) => sample.labels.outcome === outcome)?.value ?? 0
  const until = async (condition: () => boolean) => {
    while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5))
  }
  return { rig, seen, server, countOf, until, next: () => arrived.promise }
}

const post = (body: string, lines = '') =>
  `POST /a?b=c HTTP/1.1\r\nHost: api.test\r\nContent-Length: ${body.length}\r\n${lines}\r\n${body}`

it('a mirror gets what the upstream gets, under its own name, and its answer goes nowhere', async () => {
  const { rig, seen, countOf, until, next } = await open()
  const arrived = next()
  const reply = await rig.raw(post('hello', 'Authorization: Bearer x\r\nX-Thing: 1\r\n'))
  expect(reply).toMatch(/^HTTP\/1\.1 200 OK[\s\S]*hello$/)
  await arrived
  expect(seen[0]).toMatchObject({ method: 'POST', url: '/shadow/a?b=c', body: 'hello' })
  const withoutHost = (headers: readonly string[] = []) =>
    headers.filter((_, i) => !/^(?:host|connection)$/i.test(headers[i - (i % 2)] as string))
  expect(withoutHost(seen[0]?.headers)).toEqual(withoutHost(rig.seen[0]?.headers))
  expect(seen[0]?.headers.slice(0, 2)).not.toEqual(rig.seen[0]?.headers.slice(0, 2))
  await until(() => countOf('answered') === 1)
})

it('a chunked body is copied with its trailers, and an expectation is not', async () => {
  const { rig, seen, next } = await open()
  const arrived = next()
  const head =
    'POST /a HTTP/1.1\r\nHost: api.test\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n'
  await rig.raw(`${head}3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n`)
  await arrived
  expect(seen[0]?.body).toBe('abcdef')
  expect(seen[0]?.headers).not.toContain('Expect')
})

it('takes the share that it was given', async () => {
  const { rig, countOf, until } = await open({ percent: 25 })
  for (let i = 0; i < 40; i++) await rig.raw(post('x'))
  await until(() => countOf('answered') >= 10)
  expect(countOf('answered')).toBe(10)
})

it('a mirror that never answers, resets or is not there harms no request', async () => {
  const answers: Answer[] = [() => undefined, (request) => request.socket.destroy()]
  for (const mirror of answers) {
    const { rig } = await open({ mirror })
    for (let i = 0; i < 5; i++) expect(await rig.raw(post('x'))).toMatch(/ 200 /)
  }
  const { rig, server, countOf, until } = await open()
  server.close()
  await once(server, 'close')
  for (let i = 0; i < 5; i++) expect(await rig.raw(post('x'))).toMatch(/ 200 /)
  await until(() => countOf('failed') === 5)
})

it('a body that is too large, or that the mirror reads too slowly, goes to the upstream alone', async () => {
  const size = 3 * 1024 * 1024
  const large = 'x'.repeat(size)
  const received: number[] = []
  const upstream: Answer = async (request, response) => {
    let length = 0
    for await (const chunk of request) length += chunk.length
    received.push(length)
    response.end('hello')
  }
  const { rig, countOf, until } = await open({ upstream, mirror: (request) => request.pause() })
  expect(await rig.raw(post(large))).toMatch(/ 200 /)
  expect(countOf('dropped')).toBe(1)
  // Of unknown length, so that it is found out on the way.
  const head = 'POST /a HTTP/1.1\r\nHost: api.test\r\nTransfer-Encoding: chunked\r\n\r\n'
  expect(await rig.raw(`${head}${size.toString(16)}\r\n${large}\r\n0\r\n\r\n`)).toMatch(/ 200 /)
  await until(() => countOf('dropped') === 2)
  expect(received).toEqual([size, size])
})

it('a client that leaves in the middle of its body ends the copy too', async () => {
  const { rig, countOf, until } = await open({ mirror: (request) => request.resume() })
  const pending = rig.raw(
    'POST /a HTTP/1.1\r\nHost: api.test\r\nContent-Length: 100\r\nConnection: close\r\n\r\nabc',
  )
  await until(() => rig.seen.length === 1)
  await rig.close()
  await pending
  await until(() => countOf('dropped') === 1)
})

it('more copies at a time than are allowed are left out', async () => {
  const { rig, countOf } = await open({ mirror: () => undefined })
  for (let i = 0; i < 140; i++) await rig.raw(post('x'))
  expect(countOf('dropped')).toBe(12)
})
