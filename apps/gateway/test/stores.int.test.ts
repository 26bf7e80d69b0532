// The two stores of counters keep the same rules: Redis by its scripts, the gateway's memory by its own code.
import fc from 'fast-check'
import { Redis } from 'ioredis'
import { expect, it } from 'vitest'
import { createMemoryStore } from '../src/runtime/limits/memory-store.ts'
import { createRedisStore } from '../src/runtime/limits/redis-store.ts'
import type { Ask, Bucket } from '../src/runtime/limits/store.ts'
import { createRig, until } from './rig.ts'

const step = fc.record({
  least: fc.integer({ min: 1, max: 4 }),
  demand: fc.integer({ min: 0, max: 6 }),
  want: fc.integer({ min: 0, max: 30 }),
  givesBack: fc.boolean(),
})

it.each(['fixed', 'sliding-log', 'token-bucket'] as const)(
  'B1 B2 B3: %s grants the same in Redis as in memory',
  async (algorithm) => {
    await using rig = await createRig()
    const client = new Redis(rig.redis.url)
    const redis = createRedisStore(client)
    await client.ping()
    // Both scripts are known to Redis from here on, so that what is sent later is also decided later.
    const warm: Bucket = {
      algorithm,
      key: 'gw:{t}:warm',
      owner: 't',
      limit: 9,
      windowMs: 1_000,
      opensWithCall: true,
    }
    await redis.take(warm, { least: 1, demand: 1, want: 1, holdMs: 0 })
    redis.giveBack(warm, '', 1)
    const known = async () =>
      Number(/number_of_cached_scripts:(\d+)/.exec(await client.info('memory'))?.[1]) === 2
    await until(known, 'both scripts are cached')
    let run = 0
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 40 }),
        fc.boolean(),
        fc.array(step, { maxLength: 25 }),
        async (limit, opensWithCall, steps) => {
          const memory = createMemoryStore()
          // Long enough that nothing refills or runs out while the test runs.
          const bucket: Bucket = {
            algorithm,
            key: `gw:{t}:${run++}`,
            owner: 't',
            limit,
            windowMs: 86_400_000,
            opensWithCall,
          }
          for (const { least, demand, want, givesBack } of steps) {
            const ask: Ask = {
              least,
              demand: Math.max(demand, least),
              want: Math.max(want, demand, least),
              holdMs: 0,
            }
            const here = memory.take(bucket, ask)
            const there = await redis.take(bucket, ask)
            expect([there?.granted, there?.remaining]).toEqual([here.granted, here.remaining])
            if (!givesBack || here.granted === 0 || !there) continue
            memory.giveBack(bucket, here.ticket, 1)
            redis.giveBack(bucket, there.ticket, 1)
          }
        },
      ),
      { numRuns: 60 },
    )
    client.disconnect()
  },
)

it('calls of one moment travel in one script and are decided one after the other', async () => {
  await using rig = await createRig()
  const client = new Redis(rig.redis.url)
  await client.ping()
  const store = createRedisStore(client)
  const bucket: Bucket = {
    algorithm: 'fixed',
    key: 'gw:{t}:one',
    owner: 't',
    limit: 7,
    windowMs: 60_000,
    opensWithCall: true,
  }
  const one = { least: 1, demand: 1, want: 1, holdMs: 0 }
  await store.take({ ...bucket, key: 'gw:{t}:warm' }, one)
  const before = /cmdstat_evalsha:calls=(\d+)/.exec(await client.info('commandstats'))?.[1]
  const grants = await Promise.all(Array.from({ length: 20 }, () => store.take(bucket, one)))
  const after = /cmdstat_evalsha:calls=(\d+)/.exec(await client.info('commandstats'))?.[1]
  expect(grants.map((grant) => grant?.granted)).toEqual([...Array(7).fill(1), ...Array(13).fill(0)])
  expect(Number(after) - Number(before)).toBe(1)
  client.disconnect()
})

it('a Redis that is gone answers null, at once', async () => {
  await using rig = await createRig()
  const client = new Redis(rig.redis.url, { retryStrategy: () => 50, enableOfflineQueue: false })
  client.on('error', () => undefined)
  await new Promise((resolve) => client.once('ready', resolve))
  const store = createRedisStore(client)
  await rig.redis.stop()
  await new Promise((resolve) => client.once('close', resolve))
  const bucket: Bucket = {
    algorithm: 'fixed',
    key: 'gw:{t}:x',
    owner: 't',
    limit: 7,
    windowMs: 60_000,
    opensWithCall: true,
  }
  expect(await store.take(bucket, { least: 1, demand: 1, want: 1, holdMs: 0 })).toBeNull()
  client.disconnect()
})
