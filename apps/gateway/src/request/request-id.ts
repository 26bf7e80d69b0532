// Gives every request its name: the same shape as all ids, but without asking for randomness each time.
import { randomBytes } from 'node:crypto'

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'
const pairs: readonly string[] = Array.from(
  { length: 1024 },
  (_, n) => alphabet.charAt(n >> 5) + alphabet.charAt(n & 31),
)

const pair = (n: number): string => pairs[n & 1023] as string

/**
 * A source of `req_` ids: 9 characters of milliseconds, 6 that are this worker's own (random), 7 that count.
 * Unique by counting inside a worker and by 30 random bits and the millisecond between workers.
 */
export function createRequestIds(): (nowMs: number) => string {
  const seed = randomBytes(10)
  let worker = ''
  for (let i = 0; i < 6; i++) worker += alphabet.charAt((seed[i] ?? 0) & 31)
  let count = seed.readUInt32BE(6)
  let lastMs = -1
  let prefix = ''
  return (nowMs) => {
    if (nowMs !== lastMs) {
      lastMs = nowMs
      // 45 bits: the upper 15 apart from the lower 30, which are all that bit operations can hold.
      const high = Math.floor(nowMs / 0x40000000)
      prefix = `req_${pair(high >> 5)}${alphabet.charAt(high & 31)}${pair(nowMs >> 20)}${pair(nowMs >> 10)}${pair(nowMs)}${worker}`
    }
    count = (count + 1) >>> 0
    return `${prefix}${alphabet.charAt(count >>> 30)}${pair(count >>> 20)}${pair(count >>> 10)}${pair(count)}`
  }
}
