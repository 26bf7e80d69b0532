// Path templates of OpenAPI (`/books/{id}.json`) cut into segments that routers compare without regular expressions,
// and which of them answer the same requests.

/** One segment of a template. A `mixed` one has literal text and parameters, such as `{id}.json` or `v{major}`. */
export type Segment =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'parameter' }
  | { readonly kind: 'mixed'; readonly pattern: MixedPattern }
  | { readonly kind: 'rest' }

/** `start`, then each of `inner` with at least one character before it, at least one character, then `end`. */
export interface MixedPattern {
  readonly start: string
  readonly inner: readonly string[]
  readonly end: string
  /** Equal for templates that match the same segments. */
  readonly key: string
}

/**
 * `/a/{b}/c` → literal, parameter, literal. A last segment `*` or `{name+}` stands for the rest of the path, empty or not.
 * A final slash is a segment of its own, the empty literal: `/a/` and `/a` are different paths, as in OpenAPI.
 */
export function parseTemplate(template: string): Segment[] {
  const texts = template.slice(1).split('/')
  return texts.map((text, i) => {
    const isLast = i === texts.length - 1
    if (isLast && (text === '*' || /^\{[^{}]+\+\}$/.test(text))) return { kind: 'rest' }
    return parseSegment(text)
  })
}

/**
 * Which of two mixed segments is tried first: the one with more literal text, among equals the one with fewer parameters, then
 * the first by its text. A pattern that matches all that another matches never comes before it.
 */
export function compareMixed(a: MixedPattern, b: MixedPattern): number {
  return (
    literalLength(b) - literalLength(a) ||
    a.inner.length - b.inner.length ||
    (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)
  )
}

function literalLength({ start, inner, end }: MixedPattern): number {
  return start.length + inner.join('').length + end.length
}

/** Equal for templates that answer the same requests, whatever their parameters are called and their letters encoded. */
export function templateKey(template: string): string {
  return `/${parseTemplate(template).map(segmentKey).join('/')}`
}

function segmentKey(segment: Segment): string {
  switch (segment.kind) {
    case 'literal':
      return segment.text
    case 'mixed':
      return segment.pattern.key
    case 'parameter':
      return '{}'
    case 'rest':
      return '{+}'
  }
}

/** Reads the parameters of a template out of a path that matches it; each value as it stands there. */
export function createParameterReader(template: string): (path: string) => ReadonlyMap<string, string> {
  const texts = template.slice(1).split('/')
  const segments = parseTemplate(template)
  return function readParameters(path) {
    const values = new Map<string, string>()
    const given = path.slice(1).split('/')
    for (const [i, segment] of segments.entries()) {
      const text = texts[i] ?? ''
      if (segment.kind === 'literal') continue
      if (segment.kind === 'rest') {
        values.set(text === '*' ? '*' : text.slice(1, -2), given.slice(i).join('/'))
        break
      }
      readSegment(text, given[i] ?? '', values)
    }
    return values
  }
}

/** Names that `createParameterReader` knows of a template. */
export function parameterNames(template: string): string[] {
  // Every template matches itself.
  return [...createParameterReader(template)(template).keys()]
}

/** Two parameters with nothing between them are one, which goes by the name of the first. */
function readSegment(text: string, given: string, values: Map<string, string>): void {
  const [start = '', ...rest] = text.split(/\{([^{}]*)\}/)
  let at = normaliseLiteral(start).length
  for (let i = 0; i < rest.length; ) {
    const name = rest[i] ?? ''
    let literal = ''
    // Names stand at even places, the text behind each at the next one.
    while (literal === '' && i < rest.length) {
      literal = normaliseLiteral(rest[i + 1] ?? '')
      i += 2
    }
    const isLast = i >= rest.length
    const end = isLast ? given.length - literal.length : given.indexOf(literal, at + 1)
    values.set(name, given.slice(at, end))
    at = end + literal.length
  }
}

/**
 * Why no request can have such a path, or null: what routers compare went through the reading of request targets, which
 * removes dot segments and refuses what nobody may forward. Says only what is certain.
 */
export function templateFault(template: string): string | null {
  for (const segment of parseTemplate(template)) {
    if (segment.kind !== 'literal') continue
    const { text } = segment
    if (text === '.' || text === '..') return 'dot segments are removed before a request is routed'
    if (/%(?![0-9A-Fa-f]{2})/.test(text)) return 'broken percent-encoding is refused'
    if (/%(?:[01][0-9A-F]|7F)/.test(text)) return 'encoded control characters are refused'
    if (/(?:^|%2F|%5C|%3B|;)\.\.?(?:$|%2F|%5C|%3B|;)/.test(text))
      return 'dot segments behind encoded separators are refused'
  }
  return null
}

function parseSegment(text: string): Segment {
  if (!text.includes('{')) return { kind: 'literal', text: normaliseLiteral(text) }
  const literals = text.split(/\{[^{}]*\}/).map(normaliseLiteral)
  if (literals.length === 2 && literals[0] === '' && literals[1] === '') return { kind: 'parameter' }
  const start = literals[0] ?? ''
  const end = literals.at(-1) ?? ''
  // Two parameters with nothing between them match what one does.
  const inner = literals.slice(1, -1).filter((literal) => literal !== '')
  if (start === '' && end === '' && inner.length === 0) return { kind: 'parameter' }
  return { kind: 'mixed', pattern: { start, inner, end, key: [start, ...inner, end].join('{}') } }
}

const unreserved = /^[A-Za-z0-9._~-]$/

/** The form in which request paths arrive (RFC 3986 6.2.2): unreserved octets bare, the rest percent-encoded in upper case. */
function normaliseLiteral(text: string): string {
  return text
    .replace(/%([0-9a-fA-F]{2})/g, (octet, hex: string) => {
      const character = String.fromCharCode(Number.parseInt(hex, 16))
      return unreserved.test(character) ? character : octet.toUpperCase()
    })
    .replace(/[^\x21-\x7e]|["<>\\`{}]/gu, (character) => encodeURIComponent(character))
}

export function matchesMixed({ start, inner, end }: MixedPattern, segment: string): boolean {
  if (!segment.startsWith(start) || !segment.endsWith(end)) return false
  let at = start.length
  const stop = segment.length - end.length
  for (const literal of inner) {
    // Leftmost match: what follows keeps the most room, so no other choice could succeed where this one fails.
    const found = segment.indexOf(literal, at + 1)
    if (found < 0) return false
    at = found + literal.length
  }
  return at < stop
}
