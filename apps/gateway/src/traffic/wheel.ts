// The wheel that shares are laid on: a thousand places, a tenth of a per cent each, and how a request comes to one.

/** As many as a share, in steps of 0.1 %, can tell apart. */
export const places = 1_000

// Coprime to the number of places, so that a thousand turns visit each once; of all such steps one of those whose turns
// in between are spread most evenly: whatever share is asked, no run of draws is more than three away from it.
const step = 379

/** A wheel that is turned one step for each draw: shares hold for dozens of requests already, not only in the long run. */
export class Wheel {
  #place: number

  /** `start`: a place; wheels of several workers begin at different ones, so that they do not all round the same way. */
  constructor(start: number) {
    this.#place = start % places
  }

  draw(): number {
    this.#place = (this.#place + step) % places
    return this.#place
  }
}

/**
 * Place → index of the share it belongs to. All shares but the first are laid from place 0 on, and the first has what they
 * leave: a share that grows takes places from the first and gives none back, so whoever keeps his place is moved once.
 */
export function layShares(percents: readonly number[]): Uint8Array {
  const owners = new Uint8Array(places)
  let from = 0
  for (let share = 1; share < percents.length; share++) {
    const size = Math.round(((percents[share] as number) * places) / 100)
    owners.fill(share, from, from + size)
    from += size
  }
  return owners
}

/**
 * The place of a caller, the same on every worker and gateway. `salt` makes it another one for another API, so that it is not
 * always the same callers who get a release first.
 */
export function placeOf(salt: string, key: string): number {
  return Math.floor((hash(key, hash(salt, 0x811c9dc5)) / 0x1_0000_0000) * places)
}

/** FNV-1a over UTF-16 units, then the finaliser of MurmurHash3: FNV alone leaves the high bits of short keys alike. */
function hash(text: string, seed: number): number {
  let h = seed
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}
