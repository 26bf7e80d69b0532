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
  readonly at: number
}

/** Where all paths stand inside one value. Places are shared: a big array has one for all its elements. */
export class Place {
  /** What becomes of the value itself; null = it stays. */
  readonly action: FieldAction | null
  /** Nothing below this value is touched. */
  readonly isFree: boolean
  readonly #positions: readonly Position[]
  readonly #byName = new Map<string, Place>()
  readonly #hasIndices: boolean
  #element: Place | undefined

  private constructor(positions: readonly Position[]) {
    const arrived = positions.filter(({ rule, at }) => at === rule.path.length).map(({ rule }) => rule.action)
    this.action = arrived.includes('remove') ? 'remove' : (arrived[0] ?? null)
    this.#positions = positions.filter(({ rule, at }) => at < rule.path.length)
    this.isFree = this.#positions.length === 0
    this.#hasIndices = this.#positions.some(({ rule, at }) => rule.path[at]?.kind === 'index')
  }

  /** The root of a value. */
  static of(rules: readonly FieldRule[]): Place {
    return new Place(closed(rules.map((rule) => ({ rule, at: 0 }))))
  }

  member(name: string): Place {
    const known = this.#byName.get(name)
    if (known) return known
    const place = this.#step(
      (segment) => segment.kind === 'any' || (segment.kind === 'name' && segment.name === name),
    )
    // Names are the upstream's: a body with millions of them must not fill the memory.
    if (this.#byName.size < placesMax) this.#byName.set(name, place)
    return place
  }

  element(index: number): Place {
    if (this.#hasIndices)
      return this.#step(
        (segment) => segment.kind === 'any' || (segment.kind === 'index' && segment.index === index),
      )
    this.#element ??= this.#step((segment) => segment.kind === 'any')
    return this.#element
  }

  #step(fits: (segment: Segment) => boolean): Place {
    const next: Position[] = []
    for (const { rule, at } of this.#positions) {
      const segment = rule.path[at]
      if (segment === undefined) continue
      if (segment.kind === 'deep') next.push({ rule, at })
      else if (fits(segment)) next.push({ rule, at: at + 1 })
    }
    return new Place(closed(next))
  }
}

const placesMax = 200

/** A deep step may also be none. */
function closed(positions: readonly Position[]): Position[] {
  const all: Position[] = []
  const add = ({ rule, at }: Position) => {
    if (all.some((one) => one.rule === rule && one.at === at)) return
    all.push({ rule, at })
    if (rule.path[at]?.kind === 'deep') add({ rule, at: at + 1 })
  }
  for (const position of positions) add(position)
  return all
}
