// A worker that really has too much to do: requests that each burn time, on the event loop that is measured.
import { Agent, request as httpRequest } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import type { Reply } from '@gatewright/shared/policies/policy'
import { expect, it } from 'vitest'
import type { Chain } from '../config/generation.ts'
import { emptyChain, startRig } from '../testing/gateway.fixture.ts'
import { rankOf, watchEventLoop } from './overload.ts'

const burnMs = 5

const reply: Reply = { kind: 'reply', status: 200, headers: [], body: 'done' }

/** What every admitted request costs, as a policy that computes would. */
function burn(): Reply {
  const end = performance.now() + burnMs
  while (performance.now() < end);
  return reply
}

const chain: Chain = {
  ...emptyChain,
  request: [burn],
  requestSteps: [{ policy: 'burn', type: 'burn', scope: 'route', stage: 'admit' }],
}

/** Callers of low priority as fast as they are answered, and one that matters, until that one has so many answers. */
async function flood(targetMs: number, answers: number) {
  const overload = watchEventLoop(targetMs)
  const rig = await startRig({
    ...(overload && { admission: overload }),
    match: (_host, path, _method, route) => ({
      ...route,
      chain,
      priority: rankOf(path === '/critical' ? 'critical' : 'low'),
    }),
  })
  const agent = new Agent({ keepAlive: true })
  const call = (path: string) =>
    new Promise<number>((resolve, reject) => {
      const sent = httpRequest({ port: rig.port, host: '127.0.0.1', path, agent }, (response) => {
        response.resume().on('end', () => resolve(response.statusCode ?? 0))
      })
      sent.on('error', reject).end()
    })
  const low: number[] = []
  const critical: { status: number; ms: number }[] = []
  let isOver = false
  const callers = Array.from({ length: 40 }, async () => {
    while (!isOver) {
      const status = await call('/low')
      low.push(status)
      // As it was told to, only sooner.
      if (status === 503) await delay(100)
    }
  })
  while (critical.length < answers) {
    const asked = performance.now()
    critical.push({ status: await call('/critical'), ms: performance.now() - asked })
  }
  isOver = true
  await Promise.all(callers)
  agent.destroy()
  await rig.close()
  const sorted = critical.map(({ ms }) => ms).sort((a, b) => a - b)
  const refused = critical.filter(({ status }) => status !== 200).length
  return { low: new Set(low), refused, medianMs: sorted[Math.floor(sorted.length / 2)] ?? 0 }
}

it('a worker with too much to do refuses what is worth least, and is faster for it than one that takes all', async () => {
  const without = await flood(0, 5)
  expect(without).toMatchObject({ low: new Set([200]), refused: 0 })
  const shedding = await flood(20, 25)
  expect(shedding.low).toEqual(new Set([200, 503]))
  expect(shedding.refused).toBeLessThanOrEqual(2)
  expect(shedding.medianMs).toBeLessThan(without.medianMs)
})

it('a thread that waits for the processor is not overloaded, one that computes is', async () => {
  const asleep = new Int32Array(new SharedArrayBuffer(4))
  const blocks = {
    waits: () => Atomics.wait(asleep, 0, 0, 120),
    computes() {
      const computed = () => process.threadCpuUsage().user + process.threadCpuUsage().system
      for (const end = computed() + 120_000; computed() < end; );
    },
  }
  const delays: number[] = []
  for (const block of Object.values(blocks)) {
    const overload = watchEventLoop(40)
    for (let i = 0; i < 8; i++) {
      block()
      await delay(1)
    }
    delays.push(overload?.state.delayMs ?? 0)
  }
  expect(delays[0]).toBeLessThan(20)
  expect(delays[1]).toBeGreaterThan(40)
})
