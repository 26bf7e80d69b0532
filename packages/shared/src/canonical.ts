// Canonical JSON: the one byte form of a document, so that equal configuration has an equal hash everywhere.

/**
 * JSON with the keys of every object sorted by code unit and `undefined` members left out
 * (RFC 8785 for the values we use: strings, booleans, null, integers and finite numbers).
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value !== 'object') {
    if (typeof value === 'number' && !Number.isFinite(value)) throw new TypeError('a number is not finite')
    return JSON.stringify(value) ?? 'null'
  }
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  const object = value as Record<string, unknown>
  const members: string[] = []
  for (const key of Object.keys(object).sort()) {
    if (object[key] !== undefined) members.push(`${JSON.stringify(key)}:${canonicalJson(object[key])}`)
  }
  return `{${members.join(',')}}`
}
