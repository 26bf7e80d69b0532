// Paths to members of JSON values, such as `$.items[*].ssn` and `$.**.ssn`: read once, then followed step by step with the reader.

type Segment =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'index'; readonly index: number }
  /** Any member or element. */
  | { readonly kind: 'any' }
  /** Any number of steps, none included. */
  | { readonly kind: 'deep' }

const forms =
  /\.\.(?=[^.[*])|\.\*\*|\.\*|\.([^.[\]*'"\s\\]+)|\[\*\]|\[(\d{1,9})\]|\['((?:[^'\\\p{Cc}]|\\['\\])+)'\]/uy
const segmentsMax = 32

/** The path as segments; null when it is none. `$` alone, the whole body, is none. */
export function parseFieldPath(path: string): readonly Segment[] | null {
  if (!path.startsWith('$') || path.length === 1) return null
  const segments: Segment[] = []
  let at = 1
  while (at < path.length) {
    forms.lastIndex = at
    const found = forms.exec(path)
    if (found === null || segments.length > segmentsMax) return null
    const [text, name, index, quoted] = found
    at += text.length
    if (text === '..') {
      // `$..name` is `$.**.name`: what follows is read as a name of its own.
      segments.push({ kind: 'deep' })
      at -= 1
      if (path[at] !== '.') return null
    } else if (text === '.**') segments.push({ kind: 'deep' })
    else if (text === '.*' || text === '[*]') segments.push({ kind: 'any' })
    else if (index !== undefined) segments.push({ kind: 'index', index: Number(index) })
    else segments.push({ kind: 'name', name: name ?? (quoted ?? '').replace(/\\(.)/g, '$1') })
  }
  // At the end it means everything below, and not the value itself.
  if (segments.at(-1)?.kind === 'deep') segments.push({ kind: 'any' })
  return segments
}

/** What becomes of a value that a path leads to; `remove` is the stronger one where two lead there. */
export type FieldAction = 'remove' | 'mask'

export interface FieldRule {
  readonly path: readonly Segment[]
  readonly action: FieldAction
}

interface Position {
  readonly rule: FieldRule
  /** Which of the rules it is. */
  readonly id: number
  readonly at: number
}

/** More segments than any path has. */
const segmentsEnd = 64
/** Places that are kept of one set of rules; few sets have a hundred. */
const placesMax = 5_000

/**
 * Where all paths stand inside one value. Places at which they stand alike are one: how many there are depends on the paths, and
 * never on what upstreams send, whose names are without end.
 */
export class Place {
  /** What becomes of the value itself; null = it stays. */
  readonly action: FieldAction | null
  /** Nothing below this value is touched. */
  readonly isFree: boolean
  readonly #positions: readonly Position[]
  readonly #all: Map<string, Place>
  // Names and indices that paths speak of here; everything else stands at `#other`.
  readonly #named = new Map<string, Place | null>()
  readonly #indexed = new Map<number, Place | null>()
  #other: Place | null = null

  private constructor(positions: readonly Position[], all: Map<string, Place>) {
    const arrived = positions.filter(({ rule, at }) => at === rule.path.length).map(({ rule }) => rule.action)
    this.action = arrived.includes('remove') ? 'remove' : (arrived[0] ?? null)
    this.#positions = positions.filter(({ rule, at }) => at < rule.path.length)
    this.#all = all
    this.isFree = this.#positions.length === 0
    for (const { rule, at } of this.#positions) {
      const segment = rule.path[at]
      if (segment?.kind === 'name') this.#named.set(segment.name, null)
      if (segment?.kind === 'index') this.#indexed.set(segment.index, null)
    }
  }

  /** The root of a value. */
  static of(rules: readonly FieldRule[]): Place {
    return Place.#at(closed(rules.map((rule, id) => ({ rule, id, at: 0 }))), new Map())
  }

  member(name: string): Place {
    const known = this.#named.get(name)
    if (known === undefined) return this.#elsewhere()
    if (known !== null) return known
    const place = this.#step((segment) => segment.kind === 'name' && segment.name === name)
    this.#named.set(name, place)
    return place
  }

  element(index: number): Place {
    const known = this.#indexed.get(index)
    if (known === undefined) return this.#elsewhere()
    if (known !== null) return known
    const place = this.#step((segment) => segment.kind === 'index' && segment.index === index)
    this.#indexed.set(index, place)
    return place
  }

  #elsewhere(): Place {
    this.#other ??= this.#step(() => false)
    return this.#other
  }

  #step(fits: (segment: Segment) => boolean): Place {
    const next: Position[] = []
    for (const { rule, id, at } of this.#positions) {
      const segment = rule.path[at]
      if (segment === undefined) continue
      if (segment.kind === 'deep') next.push({ rule, id, at })
      else if (segment.kind === 'any' || fits(segment)) next.push({ rule, id, at: at + 1 })
    }
    return Place.#at(closed(next), this.#all)
  }

  static #at(positions: readonly Position[], all: Map<string, Place>): Place {
    const key = positions
      .map(numberOf)
      .sort((a, b) => a - b)
      .join()
    const known = all.get(key)
    if (known) return known
    const place = new Place(positions, all)
    // Paths can be made so that there are too many: then they are made anew, and those that lead to them are forgotten.
    if (all.size >= placesMax) {
      for (const one of all.values()) one.#forget()
      all.clear()
    }
    all.set(key, place)
    return place
  }

  #forget(): void {
    this.#other = null
    for (const name of this.#named.keys()) this.#named.set(name, null)
    for (const index of this.#indexed.keys()) this.#indexed.set(index, null)
  }
}

const numberOf = ({ id, at }: Position) => id * segmentsEnd + at

/** A deep step may also be none. */
function closed(positions: readonly Position[]): Position[] {
  const all = new Map<number, Position>()
  const add = (position: Position) => {
    const { rule, id, at } = position
    if (all.has(numberOf(position))) return
    all.set(numberOf(position), position)
    if (rule.path[at]?.kind === 'deep') add({ rule, id, at: at + 1 })
  }
  for (const position of positions) add(position)
  return [...all.values()]
}
