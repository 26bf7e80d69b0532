// Counters in Redis: one atomic script per batch, on the clock of Redis, so gateways need no clocks that agree.
import type { Redis } from 'ioredis'
import { createScript, dropIfSilent, isReady, type Script } from '../redis.ts'
import { createSeenQuotas } from './seen-quotas.ts'
import {
  type Ask,
  aheadShare,
  type Bucket,
  type CounterStore,
  type Grant,
  observationMarginMs,
} from './store.ts'

// Every script: KEYS = one counter per item; ARGV = limit, windowMs, least, demand, want, holdMs, marginMs, and for calendar
// quotas ticket and use as last seen (else '' and 0), per item.
// Answer: Unix milliseconds of Redis, then granted, remaining, resetMs, retryMs, ticket per item.
const argumentsPerItem = 9
const answersPerItem = 5

const prologue = `
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local out = { string.format('%.3f', now) }
local function grantOf(free, least, demand, want)
  if free < least then return 0 end
  return math.min(want, free, math.max(demand, math.floor(free / ${aheadShare})))
end
local function answer(granted, remaining, reset, retry, ticket)
  local n = #out
  out[n + 1] = granted
  out[n + 2] = math.max(remaining, 0)
  out[n + 3] = math.ceil(reset)
  out[n + 4] = math.ceil(retry)
  out[n + 5] = ticket
end
for i, key in ipairs(KEYS) do
  local a = (i - 1) * ${argumentsPerItem}
  local limit, window = tonumber(ARGV[a + 1]), tonumber(ARGV[a + 2])
  local least, demand, want = tonumber(ARGV[a + 3]), tonumber(ARGV[a + 4]), tonumber(ARGV[a + 5])
  local hold, margin = tonumber(ARGV[a + 6]), tonumber(ARGV[a + 7])
`

const scripts: Readonly<Record<Bucket['algorithm'], { take: Script; giveBack: Script }>> = {
  // Hash { n = calls, w = when the window opened }, which expires with its window: a window opens with its first call. Of a
  // calendar quota that Redis had lost also { o = ticket of what was lost, b = how much of that is in n again }.
  fixed: {
    take: createScript(`${prologue}
  local ttl = redis.call('PTTL', key)
  local used, ticket = 0, ''
  local seenTicket, seenUsed = ARGV[a + 8], tonumber(ARGV[a + 9])
  if ttl < 0 and seenUsed > 0 then
    ticket = out[1]
    redis.call('DEL', key)
    redis.call('HSET', key, 'n', 0, 'w', ticket)
    redis.call('PEXPIRE', key, window)
    ttl = window
  end
  if ttl >= 0 then
    local fields = redis.call('HMGET', key, 'n', 'w', 'o', 'b')
    used, ticket = tonumber(fields[1] or '0'), fields[2] or ''
    if seenUsed > 0 and ticket ~= seenTicket and (not fields[3] or fields[3] == seenTicket) then
      local more = seenUsed - tonumber(fields[4] or '0')
      if more > 0 then
        used = used + more
        redis.call('HSET', key, 'n', used, 'o', seenTicket, 'b', seenUsed)
      end
    end
    -- The window of the rule became shorter.
    if ttl > window + 1000 then
      redis.call('PEXPIRE', key, window)
      ttl = window
    end
  end
  local grant = grantOf(limit - used, least, demand, want)
  if grant > 0 then
    if ttl < 0 then
      ticket = out[1]
      redis.call('DEL', key)
      redis.call('HSET', key, 'n', grant, 'w', ticket)
      redis.call('PEXPIRE', key, window)
      ttl = window
    else
      redis.call('HINCRBY', key, 'n', grant)
    end
  end
  answer(grant, limit - used - grant, math.max(ttl, 0), math.max(ttl, 0), ticket)
end
return out`),
    giveBack: createScript(`
if redis.call('HGET', KEYS[1], 'w') == ARGV[1] then
  local used = redis.call('HINCRBY', KEYS[1], 'n', -ARGV[2])
  if used <= 0 and ARGV[3] == '1' then redis.call('DEL', KEYS[1]) end
end`),
  },

  // List of the times of calls, oldest first.
  'sliding-log': {
    take: createScript(`${prologue}
  local span = window + margin
  local oldest = redis.call('LINDEX', key, 0)
  while oldest and tonumber(oldest) <= now - span do
    redis.call('LPOP', key)
    oldest = redis.call('LINDEX', key, 0)
  end
  local used = redis.call('LLEN', key)
  local grant = grantOf(limit - used, least, demand, want)
  local ticket = string.format('%.3f', now + hold)
  if grant > 0 then
    for _ = 1, grant do redis.call('RPUSH', key, ticket) end
    redis.call('PEXPIRE', key, math.ceil(span + hold))
    oldest = oldest or ticket
  end
  local newest = redis.call('LINDEX', key, -1)
  local reset = newest and math.max(tonumber(newest) + span - now, 0) or 0
  local blocking = redis.call('LINDEX', key, math.max(used - limit + least - 1, 0))
  local retry = blocking and math.max(tonumber(blocking) + span - now, 0) or 0
  answer(grant, limit - used - grant, reset, retry, ticket)
end
return out`),
    giveBack: createScript(`redis.call('LREM', KEYS[1], -ARGV[2], ARGV[1])`),
  },

  // Hash { t = tokens, a = at }; refilled when it is looked at.
  'token-bucket': {
    take: createScript(`${prologue}
  local perMs = limit / window
  local fields = redis.call('HMGET', key, 't', 'a')
  local tokens = limit
  if fields[1] then
    tokens = math.min(limit, tonumber(fields[1]) + math.max(0, now - tonumber(fields[2])) * perMs)
  end
  local free = math.floor(tokens + 0.000001)
  local grant = grantOf(free, least, demand, want)
  if least > limit and free >= limit then grant = demand end
  tokens = tokens - grant
  if grant > 0 then
    redis.call('HSET', key, 't', string.format('%.17g', tokens), 'a', string.format('%.17g', now))
    redis.call('PEXPIRE', key, math.ceil((limit - tokens) / perMs) + 1000)
  end
  answer(grant, math.floor(tokens), (limit - tokens) / perMs, math.max(math.min(least, limit) - tokens, 0) / perMs, '')
end
return out`),
    // A bucket that refilled meanwhile is full at the next look: \`math.min\` there keeps it at its size.
    giveBack: createScript(`
local tokens = redis.call('HGET', KEYS[1], 't')
if tokens then redis.call('HSET', KEYS[1], 't', string.format('%.17g', tonumber(tokens) + ARGV[2])) end`),
  },
}

interface Item {
  readonly bucket: Bucket
  readonly ask: Readonly<Ask>
  resolve(grant: Grant | null): void
}

const itemsPerScript = 200

export function createRedisStore(redis: Redis): CounterStore {
  // All that arrives in one turn of the event loop and may be counted in one step (same algorithm, same hash slot).
  let batches = new Map<string, Item[]>()
  let isScheduled = false
  let clockOffsetMs = 0
  const seen = createSeenQuotas()

  function flush() {
    isScheduled = false
    const ready = batches
    batches = new Map()
    for (const items of ready.values()) {
      for (let i = 0; i < items.length; i += itemsPerScript) void send(items.slice(i, i + itemsPerScript))
    }
  }

  async function send(items: readonly Item[]): Promise<void> {
    const [first] = items
    if (!first) return
    const keys: string[] = []
    const args: (string | number)[] = []
    for (const { bucket, ask } of items) {
      keys.push(bucket.key)
      args.push(bucket.limit, bucket.windowMs, ask.least, ask.demand, ask.want, ask.holdMs)
      const before = seen.find(bucket)
      args.push(observationMarginMs(bucket.windowMs), before?.ticket ?? '', before?.used ?? 0)
    }
    const sentAtMs = Date.now()
    try {
      const answer = (await scripts[first.bucket.algorithm].take.run(redis, keys, args)) as (
        | string
        | number
      )[]
      learnClock(Number(answer[0]), sentAtMs)
      items.forEach((item, i) => {
        const grant = readGrant(answer, 1 + i * answersPerItem)
        seen.learn(item.bucket, grant)
        item.resolve(grant)
      })
    } catch (error) {
      dropIfSilent(redis, error)
      for (const item of items) item.resolve(null)
    }
  }

  function learnClock(redisMs: number, sentAtMs: number) {
    const roundTripMs = Date.now() - sentAtMs
    // A slow answer says little about when it was written.
    if (roundTripMs < 50) clockOffsetMs = redisMs - (sentAtMs + roundTripMs / 2)
  }

  return {
    take(bucket, ask) {
      if (!isReady(redis)) return Promise.resolve(null)
      return new Promise((resolve) => {
        const group = `${bucket.algorithm} ${bucket.owner}`
        const batch = batches.get(group)
        if (batch) batch.push({ bucket, ask, resolve })
        else batches.set(group, [{ bucket, ask, resolve }])
        if (isScheduled) return
        isScheduled = true
        setImmediate(flush)
      })
    },
    giveBack(bucket, ticket, amount) {
      if (!isReady(redis)) return
      seen.forget(bucket, ticket, amount)
      scripts[bucket.algorithm].giveBack
        .run(redis, [bucket.key], [ticket, amount, bucket.opensWithCall ? 1 : 0])
        .catch((error) => dropIfSilent(redis, error))
    },
    nowMs: () => Date.now() + clockOffsetMs,
  }
}

function readGrant(answer: readonly (string | number)[], at: number): Grant {
  return {
    granted: Number(answer[at]),
    remaining: Number(answer[at + 1]),
    resetMs: Number(answer[at + 2]),
    retryMs: Number(answer[at + 3]),
    ticket: String(answer[at + 4]),
  }
}
