// Header lines as people type them: `Name: value`, one per line.

export interface ReadHeaders {
  headers: Record<string, string>
  /** The first line that is not a header, from 1. */
  badLine: number | undefined
}

const fieldName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/ // RFC 9110 5.1: a field name is a token

export function readHeaders(text: string): ReadHeaders {
  const headers: Record<string, string> = {}
  let badLine: number | undefined
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue
    const colon = line.indexOf(':')
    const name = line.slice(0, colon).trim()
    if (colon < 1 || !fieldName.test(name)) badLine ??= index + 1
    else headers[name.toLowerCase()] = line.slice(colon + 1).trim()
  }
  return { headers, badLine }
}
