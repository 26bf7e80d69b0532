// Upstreams as callers meet them: a real gateway before real instances that are slow, broken, gone and back.
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { Readable } from 'node:stream'
import {
  activeHealth,
  circuitBreaker,
  hedging,
  passiveHealth,
  retries,
} from '@gatewright/shared/model/upstream'
import type { UpstreamDocument } from '@gatewright/shared/snapshot'
import { afterEach, describe, expect, it } from 'vitest'
import type * as z from 'zod'
import { type Backend, documentOf, startBackends } from '../testing/backends.fixture.ts'
import { type Rig, type RigOptions, startRig } from '../testing/gateway.fixture.ts'
import { watchTimers } from '../testing/timers.fixture.ts'

let rig: Rig
let backends: Backend[] = []
let agent: Agent

afterEach(async () => {
  agent.destroy()
  await rig.close()
  await Promise.all(backends.map((backend) => backend.stop().catch(() => undefined)))
})

async function start(count: number, settings: Partial<UpstreamDocument> = {}, options: RigOptions = {}) {
  backends = await startBackends(count)
  const document = documentOf(backends, settings)
  rig = await startRig({ ...options, document })
  agent = new Agent({ keepAlive: true })
  return backends
}

interface Answer {
  readonly status: number
  readonly body: string
  readonly headers: Record<string, string | string[] | undefined>
  readonly ms: number
}

async function call(method = 'GET', headers: Record<string, string> = {}): Promise<Answer> {
  const startedMs = performance.now()
  const outgoing = request({ port: rig.port, host: '127.0.0.1', path: '/', method, headers, agent })
  outgoing.end(method === 'POST' ? 'body' : undefined)
  const [response] = await once(outgoing, 'response')
  let body = ''
  for await (const chunk of response) body += chunk
  return {
    status: response.statusCode,
    body,
    headers: response.headers,
    ms: performance.now() - startedMs,
  }
}

/** Calls until `until` holds; answers what came meanwhile. */
async function callUntil(until: () => boolean): Promise<Answer[]> {
  const answers: Answer[] = []
  while (!until()) answers.push(await call())
  return answers
}

async function callTimes(times: number, atOnce: number): Promise<Answer[]> {
  const answers: Answer[] = []
  let left = times
  const worker = async () => {
    while (left-- > 0) answers.push(await call())
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  return answers
}

/** Faster than people may ask for. */
const probes = (settings: Partial<z.output<typeof activeHealth>>) => ({
  ...activeHealth.parse({ path: '/health' }),
  ...settings,
})
const stateOf = (backend: Backend) =>
  rig.upstream.state().targets.find(({ url }) => url === backend.url)?.state
const failing: Backend['respond'] = (_, response) => response.writeHead(503).end('down')
const hanging: Backend['respond'] = () => undefined
const later =
  (ms: number): Backend['respond'] =>
  (_, response) =>
    void setTimeout(() => response.end('late'), ms)

describe('balancing', () => {
  it('A8: spreads 300 requests over 3 targets, 100 each', async () => {
    await start(3)
    await callTimes(300, 10)
    for (const { requests } of backends) expect(Math.abs(requests - 100)).toBeLessThanOrEqual(1)
  })

  it('A9: leaves a target that is ten times slower less than a fifth of 1,000 requests', async () => {
    const [slow] = await start(3, { balancing: { algorithm: 'least-connections' } })
    for (const backend of backends) backend.respond = later(backend === slow ? 300 : 30)
    await callTimes(1_000, 50)
    expect(slow?.requests).toBeLessThan(200)
    expect(slow?.requests).toBeGreaterThan(0)
  })

  it('A10: one client address meets one target, and another one when that is gone', async () => {
    await start(4, {
      balancing: { algorithm: 'hash', on: 'address', name: null },
      passiveHealth: passiveHealth.parse({ failures: 1 }),
    })
    await callTimes(40, 4)
    expect(backends.filter(({ requests }) => requests > 0)).toHaveLength(1)
    await backends.find(({ requests }) => requests > 0)?.stop()
    await callUntil(() => backends.filter(({ requests }) => requests > 0).length > 1)
    const answers = await callTimes(20, 4)
    expect(new Set(answers.map(({ body }) => body)).size).toBe(1)
  })

  it('A11: keeps to the targets of its region, and goes to others while those are down', async () => {
    const [near, far] = await start(2, {}, { region: 'eu' })
    await rig.close()
    const document = documentOf([], {
      targets: [
        { url: near?.url ?? '', weight: 1, region: 'eu' },
        { url: far?.url ?? '', weight: 1, region: 'us' },
      ],
      activeHealth: probes({ intervalMs: 20, healthyAfter: 1, unhealthyAfter: 1 }),
    })
    rig = await startRig({ document, region: 'eu' })
    await callTimes(50, 5)
    expect(far?.requests).toBe(0)
    await near?.stop()
    await callUntil(() => near !== undefined && stateOf(near) === 'unhealthy')
    const answers = await callTimes(20, 5)
    expect(answers.every(({ body }) => body === String(far?.port))).toBe(true)
    await near?.start()
    await callUntil(() => near !== undefined && stateOf(near) === 'healthy')
    const back = await call()
    expect(back.body).toBe(String(near?.port))
  })
})

describe('health', () => {
  it('A12: a killed target costs no more than its failures in a row, then none; it is back after its good probes', async () => {
    const [victim] = await start(3, {
      passiveHealth: passiveHealth.parse({ failures: 4, ejectMs: 60_000 }),
      activeHealth: probes({ intervalMs: 50, healthyAfter: 3, unhealthyAfter: 2 }),
    })
    await callTimes(30, 3)
    await victim?.stop()
    const during = await callUntil(() => victim !== undefined && stateOf(victim) !== 'healthy')
    expect(during.filter(({ status }) => status !== 200).length).toBeLessThanOrEqual(4)
    const after = await callTimes(300, 10)
    expect(after.filter(({ status }) => status !== 200)).toEqual([])
    await callUntil(() => victim !== undefined && stateOf(victim) === 'unhealthy')
    const { targets } = rig.upstream.state()
    expect(targets.find(({ url }) => url === victim?.url)?.reason).toContain('2 probes failed: ECONNREFUSED')
    const before = victim?.requests ?? 0
    const probesBefore = victim?.probes ?? 0
    await victim?.start()
    const returning = await callUntil(() => (victim?.requests ?? 0) > before)
    expect((victim?.probes ?? 0) - probesBefore).toBeGreaterThanOrEqual(3)
    expect(returning.filter(({ status }) => status !== 200)).toEqual([])
  })

  it('A12: without probes a target is out after failures in a row, and one bad answer puts it out again', async () => {
    const [bad] = await start(2, { passiveHealth: passiveHealth.parse({ failures: 3, ejectMs: 100 }) })
    if (bad) bad.respond = failing
    const answers = await callUntil(() => bad !== undefined && stateOf(bad) === 'ejected')
    expect(answers.filter(({ status }) => status === 503)).toHaveLength(3)
    await callUntil(() => bad !== undefined && stateOf(bad) === 'healthy')
    const again = await callUntil(() => bad !== undefined && stateOf(bad) === 'ejected')
    expect(again.filter(({ status }) => status === 503)).toHaveLength(1)
  })

  it('A12: a target that breaks off its answers is out as well', async () => {
    const [bad] = await start(2, { passiveHealth: passiveHealth.parse({ failures: 3, ejectMs: 60_000 }) })
    if (bad) {
      bad.respond = (incoming, response) => {
        response.writeHead(200, { 'Content-Length': '100000' })
        response.write('x'.repeat(50_000), () => incoming.socket.destroy())
      }
    }
    let broken = 0
    while (bad !== undefined && stateOf(bad) !== 'ejected') await call().catch(() => broken++)
    expect(broken).toBe(3)
    const { targets } = rig.upstream.state()
    expect(targets.find(({ url }) => url === bad?.url)?.reason).toContain('closed early')
  })

  it('A12: a client that sends slowly puts nobody out', async () => {
    const [one] = await start(2, { passiveHealth: passiveHealth.parse({ failures: 1 }), idleTimeoutMs: 50 })
    for (const backend of backends) backend.respond = hanging
    const raw = await rig.raw('POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 10\r\n\r\nhalf')
    expect(raw).toContain('408')
    expect(one && stateOf(one)).toBe('healthy')
    expect(rig.upstream.state().targets.every(({ state }) => state === 'healthy')).toBe(true)
  })

  it('A12: a queue for the connections of a target puts it out neither', async () => {
    await start(2, {
      passiveHealth: passiveHealth.parse({ failures: 1 }),
      connections: { max: 1, queueMax: 9, warm: 0 },
      connectTimeoutMs: 50,
    })
    const held: (() => void)[] = []
    for (const backend of backends) backend.respond = (_, response) => held.push(() => response.end())
    const first = [call(), call()]
    while (held.length !== 2) await new Promise((resolve) => setImmediate(resolve))
    expect((await call()).status).toBe(504)
    expect(rig.upstream.state().targets.every(({ state }) => state === 'healthy')).toBe(true)
    for (const answer of held) answer()
    await Promise.all(first)
  })

  it('A12: never puts out more than the share that may be out', async () => {
    await start(4, {
      passiveHealth: passiveHealth.parse({ failures: 1, ejectMs: 60_000, maxEjectedPercent: 50 }),
    })
    for (const backend of backends) backend.respond = failing
    await callTimes(40, 4)
    expect(backends.filter((backend) => stateOf(backend) === 'ejected')).toHaveLength(2)
  })

  it('when probes put all out, the gateway says so itself', async () => {
    const [only] = await start(1, {
      activeHealth: probes({ intervalMs: 20, unhealthyAfter: 1 }),
    })
    await only?.stop()
    await callUntil(() => only !== undefined && stateOf(only) === 'unhealthy')
    const { status, body } = await call()
    expect(status).toBe(503)
    expect(body).toContain('upstream_unavailable')
  })
})

describe('circuit breaker', () => {
  it('A16: opens at the threshold, answers 503 within 5 ms without touching the backend, and closes by a trial', async () => {
    const [only] = await start(1, {
      circuitBreaker: circuitBreaker.parse({ minRequests: 10, openMs: 300, halfOpenRequests: 1 }),
    })
    if (only) only.respond = failing
    await callUntil(() => rig.upstream.state().breaker === 'open')
    expect(only?.requests).toBe(10)
    const answers: Answer[] = []
    for (let i = 0; i < 20; i++) answers.push(await call())
    expect(only?.requests).toBe(10)
    for (const { status, body, headers } of answers) {
      expect(status).toBe(503)
      expect(body).toContain('circuit_open')
      expect(Number(headers['retry-after'])).toBeGreaterThan(0)
    }
    const [, median = 0] = rig.outcomes
      .slice(-20)
      .map(({ durationMs }) => durationMs)
      .toSorted((a, b) => a - b)
      .slice(9)
    expect(median).toBeLessThan(5)
    if (only) only.respond = (_, response) => response.end('well')
    await callUntil(() => rig.upstream.state().breaker === 'closed')
    expect(only?.requests).toBe(11)
    expect((await call()).body).toBe('well')
  })
})

describe('time limits and retries', () => {
  it('A17: a backend of 10 s with a limit of 1 s gives 504 at 1 s', async () => {
    const [slow] = await start(1, { firstByteTimeoutMs: 1_000, retries: retries.parse({}) })
    if (slow) slow.respond = hanging
    const waits = watchTimers()
    expect((await call()).status).toBe(504)
    const [outcome] = await rig.over(1)
    expect(outcome?.durationMs).toBeGreaterThanOrEqual(990)
    // A machine that lets this process wait lets it wait for its own timers too.
    expect(outcome?.durationMs).toBeLessThan(1_050 + waits.longestMs())
    expect(slow?.requests).toBe(1)
  })

  it('A17: an idempotent request is put to another target, and the caller never knows', async () => {
    const [bad, gone] = await start(3, {
      retries: retries.parse({ backoffMs: 1, budgetPercent: 100 }),
      passiveHealth: null,
    })
    if (bad) bad.respond = failing
    await gone?.stop()
    const answers = await callTimes(6, 1)
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
    expect(bad?.requests).toBeGreaterThan(0)
  })

  it('A17: POST is never sent twice, nor what carries a body', async () => {
    const [only] = await start(1, { retries: retries.parse({ backoffMs: 1 }) })
    if (only) only.respond = failing
    expect((await call('POST')).status).toBe(503)
    expect(only?.requests).toBe(1)
    expect((await call('PUT', { 'Content-Length': '0' })).status).toBe(503)
    expect(only?.requests).toBe(4)
    const raw = await rig.raw('PUT / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 2\r\n\r\nhi')
    expect(raw).toContain('503')
    expect(only?.requests).toBe(5)
    expect((await call('PATCH')).status).toBe(503)
    expect(only?.requests).toBe(6)
  })

  it('A17: passes on the answer to the last attempt, and lists all of them in the trace', async () => {
    const [only] = await start(1, { retries: retries.parse({ attempts: 2, backoffMs: 1 }) }, { traced: true })
    let asked = 0
    if (only) {
      only.respond = (_, response) => {
        asked++
        response.writeHead(503).end(`attempt ${asked}`)
      }
    }
    const { status, body, headers } = await call()
    expect([status, body]).toEqual([503, 'attempt 3'])
    const { attempts } = JSON.parse(String(headers['x-gatewright-trace']))
    expect(attempts.map((it: { status: number }) => it.status)).toEqual([503, 503, 503])
  })

  it('A17: an attempt that takes too long is given up for another one', async () => {
    const [slow] = await start(2, {
      retries: retries.parse({ on: ['timeout'], perTryTimeoutMs: 50, backoffMs: 1 }),
      passiveHealth: null,
    })
    if (slow) slow.respond = hanging
    const answers = await callTimes(10, 1)
    expect(answers.every(({ status }) => status === 200)).toBe(true)
    expect(slow?.requests).toBeGreaterThan(0)
  })

  it('A17: the limit of the whole exchange counts for all attempts together', async () => {
    await start(1, {
      retries: retries.parse({ attempts: 5, on: ['timeout'], perTryTimeoutMs: 100, backoffMs: 1 }),
      totalTimeoutMs: 250,
    })
    for (const backend of backends) backend.respond = hanging
    const waits = watchTimers()
    const { status, ms } = await call()
    expect(status).toBe(504)
    expect(ms).toBeLessThan(300 + waits.longestMs())
  })

  it('retries stay within their share of the requests, so that an outage is not fed', async () => {
    const [only] = await start(1, {
      retries: retries.parse({ attempts: 5, backoffMs: 0, budgetPercent: 20 }),
    })
    if (only) only.respond = failing
    await callTimes(200, 10)
    expect(only?.requests).toBeGreaterThanOrEqual(230)
    expect(only?.requests).toBeLessThanOrEqual(241)
  })

  it('an instance that says when to come back is not asked again', async () => {
    const [only] = await start(1, { retries: retries.parse({ backoffMs: 0 }) })
    if (only) only.respond = (_, response) => response.writeHead(503, { 'Retry-After': '5' }).end()
    const { status, headers } = await call()
    expect([status, headers['retry-after']]).toEqual([503, '5'])
    expect(only?.requests).toBe(1)
  })

  it('a second request overtakes a slow one, which is cancelled', async () => {
    const [slow] = await start(2, { hedging: hedging.parse({ delayMs: 30 }), passiveHealth: null })
    const cancelled = new Promise<void>((resolve) => {
      if (slow) slow.respond = (incoming) => incoming.socket.once('close', resolve)
    })
    const answers = await callTimes(4, 1)
    expect(answers.every(({ status }) => status === 200)).toBe(true)
    await cancelled
    expect(rig.upstream.state().targets.map(({ openRequests }) => openRequests)).toEqual([0, 0])
  })

  it('a request that changes something is never sent a second time beside the first', async () => {
    await start(2, { hedging: hedging.parse({ delayMs: 1 }), passiveHealth: null })
    for (const backend of backends) backend.respond = later(50)
    expect((await call('DELETE')).status).toBe(200)
    expect(backends.reduce((sum, { requests }) => sum + requests, 0)).toBe(1)
  })

  it('a client that leaves takes all attempts along', async () => {
    await start(2, { hedging: hedging.parse({ delayMs: 10 }), passiveHealth: null })
    let closed = 0
    const bothClosed = new Promise<void>((resolve) => {
      for (const backend of backends) {
        backend.respond = (incoming) => incoming.socket.once('close', () => ++closed === 2 && resolve())
      }
    })
    const outgoing = request({ port: rig.port, host: '127.0.0.1', path: '/' })
    outgoing.on('error', () => undefined)
    outgoing.end()
    while (backends.some(({ requests }) => requests === 0))
      await new Promise((resolve) => setTimeout(resolve, 5))
    outgoing.destroy()
    await bothClosed
    const [outcome] = await rig.over(1)
    expect(outcome?.status).toBe(499)
  })
})

describe('bodies and addresses', () => {
  const everything = {
    retries: retries.parse({ backoffMs: 1 }),
    hedging: hedging.parse({ delayMs: 5_000 }),
    circuitBreaker: circuitBreaker.parse({}),
    balancing: { algorithm: 'peak-ewma' } as const,
  }
  const pieces = 50
  const piece = randomBytes(1 << 20)
  const allPieces = () => Readable.from(Array.from({ length: pieces }, () => piece))
  const hashOf = async (stream: AsyncIterable<Buffer>) => {
    const hash = createHash('sha256')
    for await (const chunk of stream) {
      hash.update(chunk)
      // Slower than it comes, so that the sender has to wait.
      await new Promise((resolve) => setImmediate(resolve))
    }
    return hash.digest('hex')
  }

  it('A18: 50 MB down through retries, hedging and a breaker arrive whole', async () => {
    await start(2, everything)
    for (const backend of backends) {
      backend.respond = (_, response) => {
        response.writeHead(200, { 'Content-Length': String(pieces * piece.length) })
        allPieces().pipe(response)
      }
    }
    const outgoing = request({ port: rig.port, host: '127.0.0.1', path: '/', agent })
    outgoing.end()
    const [response] = await once(outgoing, 'response')
    expect(await hashOf(response)).toBe(await hashOf(allPieces()))
  })

  it('A18: 50 MB up arrive whole', async () => {
    await start(2, everything)
    for (const backend of backends) {
      backend.respond = async (incoming, response) => response.end(await hashOf(incoming))
    }
    const outgoing = request({ port: rig.port, host: '127.0.0.1', path: '/', method: 'POST', agent })
    allPieces().pipe(outgoing)
    const [response] = await once(outgoing, 'response')
    let body = ''
    for await (const chunk of response) body += chunk
    expect(body).toBe(await hashOf(allPieces()))
  })

  it('A7: a redirect of the second target tells nothing of either, and each sees its own name in Host', async () => {
    const [first, second] = await start(2, { ...everything, balancing: { algorithm: 'round-robin' } })
    const hosts: (string | undefined)[] = []
    for (const backend of backends) {
      backend.respond = (incoming, response) => {
        hosts.push(incoming.headers.host)
        if (hosts.length === 1) response.writeHead(503, { 'X-From': backend.url }).end()
        else response.writeHead(302, { Location: `${backend.url}/next` }).end()
      }
    }
    const { status, headers, body } = await call()
    expect(status).toBe(302)
    expect(headers.location).toBe(`http://127.0.0.1:${rig.port}/next`)
    const told = JSON.stringify(headers) + body
    expect(told).not.toContain(String(first?.port))
    expect(told).not.toContain(String(second?.port))
    expect(new Set(hosts)).toEqual(new Set(backends.map(({ port }) => `127.0.0.1:${port}`)))
  })

  it('requests beyond the connections and the queue of a target are turned away', async () => {
    const [only] = await start(1, { connections: { max: 2, queueMax: 1, warm: 0 } })
    const held: (() => void)[] = []
    if (only) only.respond = (_, response) => held.push(() => response.end('done'))
    const answers = [call(), call(), call(), call()]
    while (held.length !== 2) await new Promise((resolve) => setImmediate(resolve))
    const turnedAway = await Promise.race(answers)
    expect(turnedAway.status).toBe(503)
    expect(turnedAway.body).toContain('upstream_unavailable')
    if (only) only.respond = (_, response) => response.end('done')
    for (const answer of held) answer()
    const all = await Promise.all(answers)
    expect(all.filter(({ body }) => body === 'done')).toHaveLength(3)
  })
})
