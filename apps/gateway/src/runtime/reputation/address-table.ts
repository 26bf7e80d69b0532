// One list of ranges as sorted numbers in memory that workers share: a look-up is a binary search, 17 steps for 100,000 ranges.
import { parseAddress, type Range } from '@gatewright/shared/cidr'

/** What threads hand each other. */
export interface TableBytes {
  /** First and last of each range in turn, as 32-bit numbers. */
  readonly v4: SharedArrayBuffer
  /** The same as pairs of 64-bit numbers, the higher half first. */
  readonly v6: SharedArrayBuffer
}

const half = 64n
const low64 = (1n << half) - 1n

export function packTable(ranges: readonly Range[]): TableBytes {
  const v4 = merge(ranges.filter(({ family }) => family === 4))
  const v6 = merge(ranges.filter(({ family }) => family === 6))
  const bytes = { v4: new SharedArrayBuffer(v4.length * 8), v6: new SharedArrayBuffer(v6.length * 32) }
  const numbers = new Uint32Array(bytes.v4)
  for (const [i, { first, last }] of v4.entries()) numbers.set([Number(first), Number(last)], i * 2)
  const halves = new BigUint64Array(bytes.v6)
  for (const [i, { first, last }] of v6.entries())
    halves.set([first >> half, first & low64, last >> half, last & low64], i * 4)
  return bytes
}

type Span = Pick<Range, 'first' | 'last'>

/** Sorted, and none touches another: then the range that begins last before an address is the only one that can have it. */
function merge(ranges: readonly Span[]): Span[] {
  const sorted = ranges.toSorted((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0))
  const merged: { first: bigint; last: bigint }[] = []
  for (const { first, last } of sorted) {
    const before = merged.at(-1)
    if (before === undefined || first > before.last + 1n) merged.push({ first, last })
    else if (last > before.last) before.last = last
  }
  return merged
}

export class AddressTable {
  readonly #v4: Uint32Array
  readonly #v6: BigUint64Array

  constructor({ v4, v6 }: TableBytes) {
    this.#v4 = new Uint32Array(v4)
    this.#v6 = new BigUint64Array(v6)
  }

  has(address: string): boolean {
    const parsed = parseAddress(address)
    if (parsed === null) return false
    return parsed.family === 4 ? this.#has4(Number(parsed.value)) : this.#has6(parsed.value)
  }

  #has4(value: number): boolean {
    const ranges = this.#v4
    let low = 0
    let high = ranges.length / 2 - 1
    while (low <= high) {
      const middle = (low + high) >> 1
      if (value < (ranges[middle * 2] as number)) high = middle - 1
      else if (value > (ranges[middle * 2 + 1] as number)) low = middle + 1
      else return true
    }
    return false
  }

  #has6(value: bigint): boolean {
    const halves = this.#v6
    const at = (i: number) => ((halves[i] as bigint) << half) | (halves[i + 1] as bigint)
    let low = 0
    let high = halves.length / 4 - 1
    while (low <= high) {
      const middle = (low + high) >> 1
      if (value < at(middle * 4)) high = middle - 1
      else if (value > at(middle * 4 + 2)) low = middle + 1
      else return true
    }
    return false
  }
}
