// Single cookies of the `Cookie` field of a request: read, and taken out before an upstream sees them.

/** Value of one cookie (RFC 6265 4.2.1); the first one wins when a name is repeated. */
export function readCookie(cookies: string, name: string): string | undefined {
  for (const pair of cookies.split(';')) {
    const at = pair.indexOf('=')
    if (at > 0 && pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim()
  }
  return undefined
}

/** The field without every cookie of this name; empty when nothing is left. */
export function withoutCookie(cookies: string, name: string): string {
  if (!cookies.includes(name)) return cookies
  return cookies
    .split(';')
    .filter((pair) => pair.slice(0, Math.max(pair.indexOf('='), 0)).trim() !== name)
    .map((pair) => pair.trim())
    .join('; ')
}
