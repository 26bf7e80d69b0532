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
