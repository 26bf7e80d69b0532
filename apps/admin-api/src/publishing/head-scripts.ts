// The three writes that gateways see, each atomic in Redis and each refused when another publisher was faster.
// All keys of an environment share one slot (channels.ts), so the scripts also run on Redis Cluster.
import type { Redis as Client } from 'ioredis'

/**
 * KEYS head, snapshot, credentials · ARGV expected head (empty = none), revision, hash, envelope, wake channel.
 * Stores a snapshot if the head is still the one that the writer saw. Answers 1, or 0 when it is not.
 */
const storeSnapshot = `
local current = redis.call('GET', KEYS[1]) or ''
if current ~= ARGV[1] then return 0 end
local access = tonumber(redis.call('HGET', KEYS[3], 'revision') or '0')
redis.call('SET', KEYS[2], ARGV[4])
local head = cjson.encode({ revision = tonumber(ARGV[2]), hash = ARGV[3], accessRevision = access })
redis.call('SET', KEYS[1], head)
redis.call('PUBLISH', ARGV[5], head)
return 1`

const publishAccess = `
local function announce(headKey, channel, access)
  local current = redis.call('GET', headKey)
  if not current then return end
  local head = cjson.decode(current)
  head.accessRevision = access
  local text = cjson.encode(head)
  redis.call('SET', headKey, text)
  redis.call('PUBLISH', channel, text)
end
local function append(stream, limit, revision, hash)
  redis.call('XADD', stream, 'MAXLEN', '~', limit, revision .. '-0', 'hash', hash)
end`

/**
 * KEYS head, credentials, stream, blocks · ARGV expected position, new position, wake channel, stream length, count, then per change: revision, hash, id
 * of the block (empty = it is a credential), record (empty = gone). Carries changes to the gateways if the position is still the one that the writer saw. Answers 1 or 0.
 */
const applyAccess = `${publishAccess}
if redis.call('HGET', KEYS[2], 'revision') ~= ARGV[1] then return 0 end
for i = 0, tonumber(ARGV[5]) - 1 do
  local revision, hash, block, record = ARGV[6 + i * 4], ARGV[7 + i * 4], ARGV[8 + i * 4], ARGV[9 + i * 4]
  local records, field = KEYS[2], hash
  if block ~= '' then records, field = KEYS[4], block end
  if record == '' then redis.call('HDEL', records, field) else redis.call('HSET', records, field, record) end
  append(KEYS[3], ARGV[4], revision, hash)
end
redis.call('HSET', KEYS[2], 'revision', ARGV[2])
announce(KEYS[1], ARGV[3], tonumber(ARGV[2]))
return 1`

/**
 * KEYS head, credentials, stream, draft of the credentials, blocks, draft of the blocks (which is not there when there are none) · ARGV expected position (empty = none), new position, wake channel, stream length,
 * count, then per change: revision, hash. Puts a complete set of credentials and blocks in place. Answers 1 or 0.
 */
const replaceAccess = `${publishAccess}
if (redis.call('HGET', KEYS[2], 'revision') or '') ~= ARGV[1] then
  redis.call('DEL', KEYS[4], KEYS[6])
  return 0
end
redis.call('HSET', KEYS[4], 'revision', ARGV[2])
redis.call('RENAME', KEYS[4], KEYS[2])
redis.call('PERSIST', KEYS[2])
redis.call('DEL', KEYS[5])
if redis.call('EXISTS', KEYS[6]) == 1 then
  redis.call('RENAME', KEYS[6], KEYS[5])
  redis.call('PERSIST', KEYS[5])
end
redis.call('DEL', KEYS[3])
for i = 0, tonumber(ARGV[5]) - 1 do append(KEYS[3], ARGV[4], ARGV[6 + i * 2], ARGV[7 + i * 2]) end
announce(KEYS[1], ARGV[3], tonumber(ARGV[2]))
return 1`

const scripts = {
  storeSnapshot: { lua: storeSnapshot, keys: 3 },
  applyAccess: { lua: applyAccess, keys: 4 },
  replaceAccess: { lua: replaceAccess, keys: 6 },
} as const

/** Runs a script; true when the write took place. */
export async function runScript(
  client: Client,
  name: keyof typeof scripts,
  keys: readonly string[],
  values: readonly (string | number)[],
): Promise<boolean> {
  const { lua, keys: count } = scripts[name]
  if (keys.length !== count) throw new Error(`${name} takes ${count} keys`)
  return (await client.eval(lua, count, ...keys, ...values)) === 1
}
