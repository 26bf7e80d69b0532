// The query of a request as policies read and trim it; what they leave alone stays as it was, byte for byte.

export class QueryEdit {
  #pairs: string[]
  #changed = false
  readonly #original: string

  constructor(query: string) {
    this.#original = query
    this.#pairs = query.split('&')
  }

  /** First value of a parameter, percent-decoded; what cannot be decoded is given as it is. */
  first(name: string): string | undefined {
    for (const pair of this.#pairs) {
      if (nameOf(pair) !== name) continue
      const equals = pair.indexOf('=')
      return equals < 0 ? '' : decode(pair.substring(equals + 1))
    }
    return undefined
  }

  drop(name: string): void {
    const rest = this.#pairs.filter((pair) => nameOf(pair) !== name)
    if (rest.length === this.#pairs.length) return
    this.#pairs = rest
    this.#changed = true
  }

  toString(): string {
    return this.#changed ? this.#pairs.join('&') : this.#original
  }
}

function nameOf(pair: string): string {
  const equals = pair.indexOf('=')
  return decode(equals < 0 ? pair : pair.substring(0, equals))
}

function decode(text: string): string {
  if (!text.includes('%') && !text.includes('+')) return text
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}
