// The query of a request as policies read and edit it; what they leave alone stays as it was, byte for byte.

export class QueryEdit {
  #pairs: string[]
  #changed = false
  readonly #original: string

  constructor(query: string) {
    this.#original = query
    this.#pairs = query === '' ? [] : query.split('&')
  }

  /** First value of a parameter, percent-decoded; what cannot be decoded is given as it is. */
  first(name: string): string | undefined {
    for (const pair of this.#pairs) if (nameIn(pair) === name) return valueIn(pair)
    return undefined
  }

  drop(name: string): void {
    const rest = this.#pairs.filter((pair) => nameIn(pair) !== name)
    if (rest.length === this.#pairs.length) return
    this.#pairs = rest
    this.#changed = true
  }

  /** Adds a parameter behind what is there; name and value are percent-encoded here. */
  append(name: string, value: string): void {
    this.#pairs.push(`${encode(name)}=${encode(value)}`)
    this.#changed = true
  }

  toString(): string {
    return this.#changed ? this.#pairs.join('&') : this.#original
  }
}

/** Every value of a parameter, percent-decoded; one without `=` is empty. */
export function queryValues(query: string, name: string): readonly string[] {
  if (query !== lastQuery) {
    lastValues = readValues(query)
    lastQuery = query
  }
  return lastValues.get(name) ?? none
}

// The conditions of a path ask one after the other about the same query, which may be long: it is read once.
let lastQuery = ''
let lastValues: ReadonlyMap<string, readonly string[]> = new Map()
const none: readonly string[] = []

function readValues(query: string): Map<string, string[]> {
  const values = new Map<string, string[]>()
  for (const pair of query.split('&')) {
    if (pair === '') continue
    const name = nameIn(pair)
    const known = values.get(name)
    if (known) known.push(valueIn(pair))
    else values.set(name, [valueIn(pair)])
  }
  return values
}

function nameIn(pair: string): string {
  const equals = pair.indexOf('=')
  return decode(equals < 0 ? pair : pair.substring(0, equals))
}

function valueIn(pair: string): string {
  const equals = pair.indexOf('=')
  return equals < 0 ? '' : decode(pair.substring(equals + 1))
}

function decode(text: string): string {
  if (!text.includes('%') && !text.includes('+')) return text
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}

/** Half a surrogate pair has no encoding: U+FFFD stands for it, as everywhere else (WHATWG Encoding 4.1). */
function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed())
}
