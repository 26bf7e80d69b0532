// Compares pairs of schemas, each pair once per direction, and remembers which operations reach which change.
import type { ChangeCode } from './changes.ts'
import type { Direction } from './example.ts'
import { baseRefs, type FlatSchema, flatten, type Placed } from './flat-schema.ts'
import { brief, canonical, type JsonValue, own, textAt } from './json.ts'
import { type Refs, refOf } from './refs.ts'

export interface SchemaChange {
  code: ChangeCode
  message: string
  before: string | null
  after: string | null
}

/** A compared pair: its own changes, and the pairs below it. */
export interface Pair {
  changes: SchemaChange[]
  below: Pair[]
}

interface Work {
  pair: Pair
  before: Placed
  after: Placed
  direction: Direction
}

export class SchemaDiff {
  readonly #before: Refs
  readonly #after: Refs
  readonly #pairs = new Map<string, Pair>()
  readonly #work: Work[] = []
  #touched: Set<Pair> | undefined

  constructor(before: Refs, after: Refs) {
    this.#before = before
    this.#after = after
  }

  compare(before: Placed | undefined, after: Placed | undefined, direction: Direction): Pair {
    const pair = this.#pair(before, after, direction)
    // A list of work instead of recursion: references may be chained far deeper than the stack.
    for (let next = this.#work.pop(); next; next = this.#work.pop()) this.#fill(next)
    return pair
  }

  /** The pair, entered before it is compared, so that recursive schemas end at it. */
  #pair(before: Placed | undefined, after: Placed | undefined, direction: Direction): Pair {
    if (!before || !after) return { changes: [], below: [] }
    const from = this.#before.resolve(before.schema, before.pointer)
    const to = this.#after.resolve(after.schema, after.pointer)
    const key = `${direction} ${from.pointer} ${to.pointer}`
    const known = this.#pairs.get(key)
    if (known) return known
    const pair: Pair = { changes: [], below: [] }
    this.#pairs.set(key, pair)
    this.#work.push({ pair, before, after, direction })
    return pair
  }

  /** Every change that a pair leads to. To be asked when all pairs are compared. */
  changesBelow(pair: Pair): SchemaChange[] {
    this.#touched ??= this.#reachingChanges()
    const found: SchemaChange[] = []
    const seen = new Set<Pair>()
    const open = [pair]
    for (let next = open.pop(); next; next = open.pop()) {
      if (seen.has(next) || !this.#touched.has(next)) continue
      seen.add(next)
      found.push(...next.changes)
      open.push(...next.below)
    }
    return found
  }

  /** Pairs from which some change can be reached: with few changes, nearly all of a large document is passed over. */
  #reachingChanges(): Set<Pair> {
    const above = new Map<Pair, Pair[]>()
    for (const pair of this.#pairs.values()) {
      for (const child of pair.below) {
        const parents = above.get(child)
        if (parents) parents.push(pair)
        else above.set(child, [pair])
      }
    }
    const touched = new Set<Pair>()
    const open = [...this.#pairs.values()].filter((pair) => pair.changes.length > 0)
    for (let next = open.pop(); next; next = open.pop()) {
      if (touched.has(next)) continue
      touched.add(next)
      open.push(...(above.get(next) ?? []))
    }
    return touched
  }

  #fill({ pair, before, after, direction }: Work): void {
    const bases = baseRefs(before.schema, before.pointer, this.#before)
    const others = baseRefs(after.schema, after.pointer, this.#after)
    const shared = new Set([...others].filter((ref) => bases.has(ref)))
    const old = flatten(before.schema, before.pointer, this.#before, shared)
    const now = flatten(after.schema, after.pointer, this.#after, shared)
    const say = (code: ChangeCode, message: string, from = old.pointer, to = now.pointer): void => {
      pair.changes.push({ code, message, before: from, after: to })
    }
    const inRequest = direction === 'request'
    compareTypes(old, now, inRequest, say)
    compareValues(old, now, inRequest, say)
    compareLimits(old, now, inRequest, say)
    if (old.format !== now.format && (now.format !== undefined || !inRequest)) {
      const message = `Format ${old.format ?? 'none'} became ${now.format ?? 'none'}`
      say(inRequest ? 'request-format-changed' : 'response-format-changed', message)
    }
    if (inRequest && canonical(old.default ?? null) !== canonical(now.default ?? null)) {
      say(
        'request-default-changed',
        `The default ${brief(old.default ?? null)} became ${brief(now.default ?? null)}`,
      )
    }
    if (inRequest && old.open !== now.open) {
      say(
        now.open ? 'request-opened' : 'request-closed',
        `Unknown properties are ${now.open ? '' : 'no longer '}allowed`,
      )
    }
    if (old.prose !== now.prose) say('schema-text-changed', 'Title, description or example changed')
    this.#properties(pair, old, now, direction)
    this.#alternatives(pair, old, now, direction)
    pair.below.push(this.#pair(old.items, now.items, direction))
    pair.below.push(this.#pair(old.additional, now.additional, direction))
    for (const [ref, base] of old.bases) pair.below.push(this.#pair(base, now.bases.get(ref), direction))
  }

  #properties(pair: Pair, old: FlatSchema, now: FlatSchema, direction: Direction): void {
    const hidden = direction === 'request' ? 'readOnly' : 'writeOnly'
    const visible = (property: Placed | undefined, refs: Refs): property is Placed => {
      return (
        property !== undefined && own(refs.object(property.schema, property.pointer)?.value, hidden) !== true
      )
    }
    const inRequest = direction === 'request'
    for (const [name, property] of old.properties) {
      const successor = now.properties.get(name)
      if (!visible(property, this.#before)) continue
      if (!visible(successor, this.#after)) {
        const code = inRequest ? 'request-property-removed' : 'response-property-removed'
        pair.changes.push({
          code,
          message: `The property "${name}" is gone`,
          before: property.pointer,
          after: null,
        })
        continue
      }
      if (old.required.has(name) !== now.required.has(name)) {
        const places = { direction, before: property.pointer, after: successor.pointer }
        this.#requiredness(pair, name, now.required.has(name), places)
      }
      pair.below.push(this.#pair(property, successor, direction))
    }
    for (const name of new Set([...old.required, ...now.required])) {
      // Properties of a base that is compared by itself; the others are seen above and below.
      if (old.properties.has(name) || now.properties.has(name)) continue
      if (old.required.has(name) === now.required.has(name)) continue
      this.#requiredness(pair, name, now.required.has(name), {
        direction,
        before: old.pointer,
        after: now.pointer,
      })
    }
    for (const [name, property] of now.properties) {
      if (!visible(property, this.#after) || visible(old.properties.get(name), this.#before)) continue
      const code = !inRequest
        ? 'response-property-added'
        : now.required.has(name)
          ? 'request-property-added-required'
          : 'request-property-added-optional'
      pair.changes.push({
        code,
        message: `The property "${name}" is new`,
        before: null,
        after: property.pointer,
      })
    }
  }

  #requiredness(
    pair: Pair,
    name: string,
    required: boolean,
    { direction, before, after }: { direction: Direction; before: string; after: string },
  ): void {
    const code: ChangeCode = `${direction}-property-${required ? 'required' : 'optional'}`
    const message = `The property "${name}" is ${required ? 'required now' : 'no longer required'}`
    pair.changes.push({ code, message, before, after })
  }

  #alternatives(pair: Pair, old: FlatSchema, now: FlatSchema, direction: Direction): void {
    const left = new Map(old.alternatives.map((placed, index) => [identity(placed.schema, index), placed]))
    const right = new Map(now.alternatives.map((placed, index) => [identity(placed.schema, index), placed]))
    // A schema that only now becomes a choice, or ceases to be one, is a change of type and not of alternatives.
    if (left.size === 0 || right.size === 0) {
      if (left.size === right.size || pair.changes.some(({ code }) => code.includes('-type-'))) return
      const code = direction === 'request' ? 'request-type-changed' : 'response-type-changed'
      const message =
        right.size > 0 ? `One schema became a choice of ${right.size}` : 'A choice of schemas became one'
      pair.changes.push({ code, message, before: old.pointer, after: now.pointer })
      return
    }
    for (const [name, placed] of left) {
      const successor = right.get(name)
      if (successor) pair.below.push(this.#pair(placed, successor, direction))
      else {
        const code = direction === 'request' ? 'request-alternative-removed' : 'response-alternative-removed'
        pair.changes.push({
          code,
          message: `The alternative ${label(placed)} is gone`,
          before: placed.pointer,
          after: null,
        })
      }
    }
    for (const [name, placed] of right) {
      if (left.has(name)) continue
      const code = direction === 'request' ? 'request-alternative-added' : 'response-alternative-added'
      pair.changes.push({
        code,
        message: `The alternative ${label(placed)} is new`,
        before: null,
        after: placed.pointer,
      })
    }
  }
}

type Say = (code: ChangeCode, message: string) => void

function compareTypes(old: FlatSchema, now: FlatSchema, inRequest: boolean, say: Say): void {
  const wider = covers(now.types, old.types)
  const narrower = covers(old.types, now.types)
  if (wider && narrower) return
  const message = `Type ${named(old.types)} became ${named(now.types)}`
  if (inRequest) say(wider ? 'request-type-widened' : 'request-type-changed', message)
  else say(narrower ? 'response-type-narrowed' : 'response-type-changed', message)
}

/** Whether every value of `part` is one of `whole`. */
function covers(whole: Set<string> | undefined, part: Set<string> | undefined): boolean {
  if (!whole) return true
  if (!part) return false
  return [...part].every((type) => whole.has(type) || (type === 'integer' && whole.has('number')))
}

function named(types: Set<string> | undefined): string {
  return types ? [...types].join(' or ') : 'any'
}

function compareValues(old: FlatSchema, now: FlatSchema, inRequest: boolean, say: Say): void {
  if (!old.values && !now.values) return
  const before = old.values && new Set(old.values.map(canonical))
  const after = now.values && new Set(now.values.map(canonical))
  const gone = after ? [...(before ?? ['any value'])].filter((value) => !after.has(value)) : []
  const added = before ? [...(after ?? ['any value'])].filter((value) => !before.has(value)) : []
  const side = inRequest ? 'request' : 'response'
  if (gone.length > 0) say(`${side}-enum-narrowed`, `No longer allowed: ${list(gone)}`)
  if (added.length > 0) say(`${side}-enum-widened`, `Newly allowed: ${list(added)}`)
}

function list(values: string[]): string {
  const shown = values.slice(0, 10).join(', ')
  return values.length > 10 ? `${shown} and ${values.length - 10} more` : shown
}

function compareLimits(old: FlatSchema, now: FlatSchema, inRequest: boolean, say: Say): void {
  for (const key of new Set([...old.limits.keys(), ...now.limits.keys()])) {
    const before = old.limits.get(key)
    const after = now.limits.get(key)
    if (before === after) continue
    const message = `"${key}" ${before ?? 'none'} became ${after ?? 'none'}`
    if (!inRequest) say('response-constraint-changed', message)
    else
      say(
        tightened(key, before, after) ? 'request-constraint-tightened' : 'request-constraint-loosened',
        message,
      )
  }
  if (old.pattern === now.pattern) return
  const message = `The pattern ${old.pattern ?? 'none'} became ${now.pattern ?? 'none'}`
  if (!inRequest) say('response-constraint-changed', message)
  else
    say(now.pattern === undefined ? 'request-constraint-loosened' : 'request-constraint-tightened', message)
}

function tightened(key: string, before: number | undefined, after: number | undefined): boolean {
  if (after === undefined) return false
  if (before === undefined) return true
  if (key === 'multipleOf') return before % after !== 0
  return key.toLowerCase().includes('min') ? after > before : after < before
}

/** What makes an alternative the same one in both documents: its reference, else its title, else its content's kind. */
function identity(schema: JsonValue, index: number): string {
  const ref = refOf(schema)
  if (ref !== undefined) return ref
  const title = textAt(schema, 'title')
  if (title !== undefined) return `title ${title}`
  return `${index} ${canonical(own(schema, 'type') ?? null)}`
}

function label({ schema, pointer }: Placed): string {
  return refOf(schema) ?? textAt(schema, 'title') ?? `at ${pointer}`
}
