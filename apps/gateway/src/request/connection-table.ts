// How many connections each client address holds, counted by all workers of a gateway in memory that they share.
import { callerNetwork } from '@gatewright/shared/cidr'

/** What a connection table says of itself on the metrics page. */
export interface ConnectionCounts {
  /** Connections that are open. */
  readonly open: number
  /** Connections that were closed at once, since the gateway started. */
  readonly refused: number
  /** Connections of the address that holds the most, give or take those that share its places in the table. */
  readonly busiest: number
}

// Two places for each address, a count in each: the lesser of the two is never below the truth, and above it only for an
// address that shares both of its places (a count–min sketch). So an attacker’s many addresses cost no memory.
const placesPerRow = 1 << 14
const placeMask = placesPerRow - 1
const openAt = 0
const refusedAt = 1
const firstRowAt = 2
const secondRowAt = firstRowAt + placesPerRow
const blockLength = secondRowAt + placesPerRow
// In front of the blocks of the workers. Random, so that nobody can choose addresses that meet in one place.
const seedAt = 0
const firstBlockAt = 1

/** Memory for the counts of so many workers; made by the supervisor, since it outlives them. */
export function createConnectionMemory(workers: number, seed: number): SharedArrayBuffer {
  const memory = new SharedArrayBuffer((firstBlockAt + workers * blockLength) * Int32Array.BYTES_PER_ELEMENT)
  new Int32Array(memory)[seedAt] = seed
  return memory
}

export class ConnectionTable {
  readonly #cells: Int32Array
  readonly #block: number
  readonly #perAddressMax: number

  /** `perAddressMax`: over all workers; 0 = no limit. What a former worker of this index had open is forgotten. */
  constructor(memory: SharedArrayBuffer, worker: number, perAddressMax: number) {
    this.#cells = new Int32Array(memory)
    this.#block = firstBlockAt + worker * blockLength
    this.#perAddressMax = perAddressMax
    this.#cells[this.#block + openAt] = 0
    this.#cells.fill(0, this.#block + firstRowAt, this.#block + blockLength)
  }

  /** Counts a new connection; false, and not counted, when its address holds as many as it may. */
  enter(address: string, isExempt: boolean): boolean {
    const hash = hashOf(callerNetwork(address), this.#cells[seedAt] as number)
    this.#add(hash, 1)
    if (isExempt || this.#perAddressMax === 0 || this.#held(hash) <= this.#perAddressMax) return true
    this.#add(hash, -1)
    Atomics.add(this.#cells, this.#block + refusedAt, 1)
    return false
  }

  /** A connection that was let in is closed. */
  leave(address: string): void {
    this.#add(hashOf(callerNetwork(address), this.#cells[seedAt] as number), -1)
  }

  #add(hash: number, amount: 1 | -1): void {
    Atomics.add(this.#cells, this.#block + openAt, amount)
    Atomics.add(this.#cells, this.#block + firstRowAt + (hash & placeMask), amount)
    Atomics.add(this.#cells, this.#block + secondRowAt + (hash >>> 18), amount)
  }

  #held(hash: number): number {
    return Math.min(
      sumOver(this.#cells, firstRowAt + (hash & placeMask)),
      sumOver(this.#cells, secondRowAt + (hash >>> 18)),
    )
  }
}

/** The sum over all workers. */
export function readConnectionCounts(memory: SharedArrayBuffer): ConnectionCounts {
  const cells = new Int32Array(memory)
  let busiest = 0
  for (let place = 0; place < placesPerRow; place++) {
    busiest = Math.max(busiest, sumOver(cells, firstRowAt + place))
  }
  return { open: sumOver(cells, openAt), refused: sumOver(cells, refusedAt), busiest }
}

function sumOver(cells: Int32Array, at: number): number {
  let sum = 0
  for (let i = firstBlockAt + at; i < cells.length; i += blockLength) sum += Atomics.load(cells, i)
  return sum
}

/** FNV-1a, then the last steps of MurmurHash3, which make every bit depend on every byte. 32 bits, unsigned. */
function hashOf(text: string, seed: number): number {
  let hash = seed ^ 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
