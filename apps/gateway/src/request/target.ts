// Reads the request target once, strictly, so that router, policies and upstream can never see two different paths.
import { isIPv6 } from 'node:net'

// What a byte of a path means to us: 0 refuse, 1 keep, 2 unreserved (kept, and decoded when it comes encoded), 3 special.
const refused = 0
const kept = 1
const unreserved = 2
const special = 3

const kinds = new Uint8Array(256)
for (const char of '!$&\'()*+,=:@;"<>[]^`{|}') kinds[char.charCodeAt(0)] = kept
for (const char of '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_~') {
  kinds[char.charCodeAt(0)] = unreserved
}
for (const char of './%') kinds[char.charCodeAt(0)] = special

const slash = 0x2f
const dot = 0x2e
const percent = 0x25

/**
 * The path in the normal form of RFC 3986 6.2.2: encoded unreserved characters decoded, hexadecimal digits in upper
 * case, dot segments removed. null when it is not a path we may forward: characters outside ASCII, controls, encoded
 * controls, broken percent-encoding, a backslash, dot segments above the root or hidden behind encoded separators.
 */
export function normalisePath(path: string): string | null {
  if (path.charCodeAt(0) !== slash) return null
  let plain = true
  for (let i = 1; i < path.length; i++) {
    const code = path.charCodeAt(i)
    const kind = code < 256 ? kinds[code] : refused
    if (kind === refused) return null
    if (kind !== special || code === slash) continue
    // A dot matters only where a segment begins.
    if (code === percent || path.charCodeAt(i - 1) === slash) plain = false
  }
  return plain ? path : normaliseSlowly(path)
}

function normaliseSlowly(path: string): string | null {
  const decoded = decodeUnreserved(path)
  if (decoded === null) return null
  const segments = decoded.split('/')
  const kept: string[] = []
  for (let i = 1; i < segments.length; i++) {
    const segment = segments[i] as string
    const last = i === segments.length - 1
    if (segment === '.') {
      if (last) kept.push('')
    } else if (segment === '..') {
      if (kept.length === 0) return null
      kept.pop()
      if (last) kept.push('')
    } else if (hidesDots(segment)) {
      return null
    } else {
      kept.push(segment)
    }
  }
  return `/${kept.join('/')}`
}

/** A dot segment for a server that decodes separators or cuts path parameters, and not for one that does not. */
function hidesDots(segment: string): boolean {
  if (!segment.includes('.')) return false
  return segment.split(/%2F|%5C|%3B|;/).some((piece, _, all) => all.length > 1 && /^\.\.?$/.test(piece))
}

function decodeUnreserved(path: string): string | null {
  let out = ''
  let from = 0
  for (let at = path.indexOf('%'); at >= 0; at = path.indexOf('%', from)) {
    const hex = path.substring(at + 1, at + 3)
    if (!/^[0-9A-Fa-f]{2}$/.test(hex)) return null
    const code = Number.parseInt(hex, 16)
    if (code < 0x20 || code === 0x7f) return null
    const decodes = kinds[code] === unreserved || code === dot
    out += path.substring(from, at) + (decodes ? String.fromCharCode(code) : `%${hex.toUpperCase()}`)
    from = at + 3
  }
  return out + path.substring(from)
}

/** True when a query may be forwarded: printable ASCII without `#`. What it means is the upstream's affair. */
export function isQuery(query: string): boolean {
  for (let i = 0; i < query.length; i++) {
    const code = query.charCodeAt(i)
    if (code <= 0x20 || code >= 0x7f || code === 0x23) return false
  }
  return true
}

/**
 * The host of a `Host` field or of an authority, in lower case and without port or final dot; null unless it is
 * exactly `host [":" port]` of RFC 3986 3.2 (no user information, no path, no list).
 */
export function hostOf(authority: string): string | null {
  let end = authority.length
  if (authority.charCodeAt(0) === 0x5b) {
    const close = authority.indexOf(']')
    const address = authority.substring(1, close)
    // A zone (RFC 4007 11) means something on the sender's machine alone.
    if (!isIPv6(address) || address.includes('%')) return null
    if (close + 1 < end && !isPort(authority, close + 1)) return null
    return authority.substring(0, close + 1).toLowerCase()
  }
  let upper = false
  for (let i = 0; i < end; i++) {
    const code = authority.charCodeAt(i)
    if (code === 0x3a) {
      if (!isPort(authority, i)) return null
      end = i
    } else if (code >= 0x41 && code <= 0x5a) {
      upper = true
    } else if (
      !(
        (code >= 0x61 && code <= 0x7a) ||
        (code >= 0x30 && code <= 0x39) ||
        code === 0x2d ||
        code === dot ||
        code === 0x5f
      )
    ) {
      return null
    }
  }
  if (end > 1 && authority.charCodeAt(end - 1) === dot) end--
  if (end === 0 || end > 253 || authority.charCodeAt(0) === dot) return null
  const host = end === authority.length ? authority : authority.substring(0, end)
  return upper ? host.toLowerCase() : host
}

function isPort(authority: string, colon: number): boolean {
  const length = authority.length - colon - 1
  if (length < 1 || length > 5) return false
  let port = 0
  for (let i = colon + 1; i < authority.length; i++) {
    const digit = authority.charCodeAt(i) - 0x30
    if (digit < 0 || digit > 9) return false
    port = port * 10 + digit
  }
  return port > 0 && port < 65_536
}
