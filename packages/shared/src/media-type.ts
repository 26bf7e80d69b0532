// Media types as requests carry them: what Content-Type says, what Accept asks for (RFC 9110 8.3.1, 12.5.1).

/** `Application/JSON; charset=utf-8` → `application/json`. */
export function essence(contentType: string): string {
  const semicolon = contentType.indexOf(';')
  return (semicolon < 0 ? contentType : contentType.slice(0, semicolon)).trim().toLowerCase()
}

/**
 * Tells whether a media type (its essence) is one of `ranges`: `application/json`, `application/*` or a structured suffix such
 * as `application/*+json` (RFC 6838 4.2.8).
 */
export function createMediaTest(ranges: readonly string[]): (type: string) => boolean {
  const exact = new Set(ranges.filter((range) => !range.includes('*')))
  const open = ranges.filter((range) => range.includes('*')).map(splitRange)
  return function isOneOf(type) {
    if (exact.has(type)) return true
    for (const { start, end } of open) {
      if (type.length > start.length + end.length && type.startsWith(start) && type.endsWith(end)) return true
    }
    return false
  }
}

/** True when every media type of `narrow` is one of `wide`. */
export function coversRange(wide: string, narrow: string): boolean {
  if (wide === narrow) return true
  if (!wide.includes('*')) return false
  const { start, end } = splitRange(wide)
  if (!narrow.includes('*')) return createMediaTest([wide])(narrow)
  const inner = splitRange(narrow)
  return inner.start.startsWith(start) && inner.end.endsWith(end)
}

function splitRange(range: string): { readonly start: string; readonly end: string } {
  const star = range.indexOf('*')
  return { start: range.slice(0, star), end: range.slice(star + 1) }
}

/** One member of an Accept field; its parameters other than `q` are left out. */
export interface AcceptedRange {
  /** In lower case: a media type, `type/*` or `*` + `/*`. */
  readonly range: string
  /** 0…1; 0 = not wanted. */
  readonly quality: number
}

/** Members that are no media range are left out. */
export function parseAccept(accept: string): AcceptedRange[] {
  const ranges: AcceptedRange[] = []
  for (const member of accept.split(',')) {
    const [range = '', ...parameters] = member.split(';').map((text) => text.trim().toLowerCase())
    if (!range.includes('/')) continue
    const q = parameters.find((parameter) => parameter.startsWith('q='))
    const value = q === undefined ? 1 : Number(q.slice(2))
    ranges.push({ range, quality: Number.isFinite(value) ? Math.min(Math.max(value, 0), 1) : 0 })
  }
  return ranges
}

/** How much a media type (its essence) is wanted, by the most specific range that covers it; 0 when none does. */
export function qualityOf(type: string, accepted: readonly AcceptedRange[]): number {
  const family = `${type.slice(0, type.indexOf('/'))}/*`
  let quality = 0
  let specific = 0
  for (const { range, quality: given } of accepted) {
    const rank = range === type ? 3 : range === family ? 2 : range === '*/*' ? 1 : 0
    if (rank <= specific) continue
    specific = rank
    quality = given
  }
  return quality
}
