// Which header fields are special to a gateway, told from their name alone and in either direction.

/** Passed on untouched. */
export const ordinary = 0
/** Framing and routing: written by whoever writes the message. */
export const framing = 1
/** Ends at this connection (RFC 9110 7.6.1). */
const hopByHop = 2
/** Ours to write: a client that sends it tries to be someone else. */
const reserved = 3
/** Written by proxies on the way: believed only from trusted ones. */
export const forwarding = 4
/** Part of the chain of proxies (RFC 9110 7.6.3). */
export const via = 5
/** Tells more about an upstream than a client should know. */
export const revealing = 6
/** May name the upstream's address. */
export const locating = 7
/** May hold the portal's session. */
export const cookies = 8

export type FieldKind = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8

/** Kind of a field of a request or a response. The first letter decides nearly always, so most names cost one switch. */
export function fieldKind(name: string): FieldKind {
  switch (name.charCodeAt(0) | 0x20) {
    case 0x61: // a
      return is(name, 'alt-svc') ? revealing : ordinary
    case 0x63: // c
      if (is(name, 'connection')) return hopByHop
      if (is(name, 'client-cert') || is(name, 'client-cert-chain')) return reserved
      if (is(name, 'content-length')) return framing
      if (is(name, 'cookie')) return cookies
      return is(name, 'content-location') ? locating : ordinary
    case 0x65: // e
      return is(name, 'expect') ? framing : ordinary
    case 0x66: // f
      return is(name, 'forwarded') ? forwarding : ordinary
    case 0x68: // h
      if (is(name, 'host')) return framing
      return is(name, 'http2-settings') ? hopByHop : ordinary
    case 0x6b: // k
      return is(name, 'keep-alive') ? hopByHop : ordinary
    case 0x6c: // l
      return is(name, 'location') || is(name, 'link') ? locating : ordinary
    case 0x70: // p
      if (is(name, 'proxy-connection') || is(name, 'proxy-authorization')) return hopByHop
      // No field of HTTP, but where fields become variables it would be HTTP_PROXY, which programs obey (CVE-2016-5387).
      return is(name, 'proxy') ? hopByHop : ordinary
    case 0x72: // r
      return is(name, 'refresh') ? locating : ordinary
    case 0x73: // s
      if (is(name, 'set-cookie')) return locating
      return is(name, 'server') ? revealing : ordinary
    case 0x74: // t
      if (is(name, 'transfer-encoding')) return framing
      return is(name, 'te') ? hopByHop : ordinary
    case 0x75: // u
      return is(name, 'upgrade') ? hopByHop : ordinary
    case 0x76: // v
      return is(name, 'via') ? via : ordinary
    case 0x78: // x
      return extensionKind(name)
    default:
      return ordinary
  }
}

// The bytes of a name that every server reads alike.
const plain = new Uint8Array(128)
for (const char of '-0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ')
  plain[char.charCodeAt(0)] = 1

/**
 * Kind of the field that some servers would take this one for: those that put fields into variables read
 * `Transfer_Encoding`, `transfer.encoding` and, some of them, `Transfer!Encoding` as `Transfer-Encoding`.
 * `ordinary` when there is no such field.
 */
export function aliasedKind(name: string): FieldKind {
  for (let i = 0; i < name.length; i++) {
    if (plain[name.charCodeAt(i)] !== 1) {
      return fieldKind(name.replace(/[^0-9A-Za-z]+/g, '-').replace(/^-|-$/g, ''))
    }
  }
  return ordinary
}

function extensionKind(name: string): FieldKind {
  switch (name.charCodeAt(2) | 0x20) {
    case 0x63: // c
      return startsWith(name, 'x-consumer-') || is(name, 'x-client-cert') ? reserved : ordinary
    case 0x66: // f
      return startsWith(name, 'x-forwarded-') ? forwarding : ordinary
    case 0x67: // g
      return startsWith(name, 'x-gatewright-') ? reserved : ordinary
    case 0x70: // p
      return is(name, 'x-powered-by') ? revealing : ordinary
    case 0x72: // r
      if (is(name, 'x-request-id')) return reserved
      return is(name, 'x-real-ip') ? forwarding : ordinary
    default:
      return ordinary
  }
}

/**
 * `lowerCaseName` has to be in lower case, of letters, digits and hyphens. Compared byte by byte: a copy in lower case of each name of
 * each message would cost more than all that is done with it.
 */
export function is(name: string, lowerCaseName: string): boolean {
  const { length } = lowerCaseName
  if (name.length !== length) return false
  if (name === lowerCaseName) return true
  for (let i = 0; i < length; i++) {
    const wanted = lowerCaseName.charCodeAt(i)
    const char = name.charCodeAt(i)
    if (char === wanted) continue
    // Letters alone have two cases.
    if (wanted < 0x61 || wanted > 0x7a || (char | 0x20) !== wanted) return false
  }
  return true
}

/**
 * As `is`, and also true of a name that an upstream may read as the same one: CGI and what came after it (RFC 3875 4.1.18) see no
 * difference between `X-User-Id`, `X_User_Id` and `x.user.id`.
 */
export function isLike(name: string, lowerCaseName: string): boolean {
  const { length } = lowerCaseName
  if (name.length !== length) return false
  if (name === lowerCaseName) return true
  for (let i = 0; i < length; i++) {
    const wanted = lowerCaseName.charCodeAt(i)
    const char = name.charCodeAt(i)
    if (char === wanted) continue
    const isLetter = wanted >= 0x61 && wanted <= 0x7a
    if (isLetter ? (char | 0x20) !== wanted : isAlphanumeric(wanted) || isAlphanumeric(char)) return false
  }
  return true
}

function isAlphanumeric(char: number): boolean {
  const lower = char | 0x20
  return (char >= 0x30 && char <= 0x39) || (lower >= 0x61 && lower <= 0x7a)
}

function startsWith(name: string, prefix: string): boolean {
  return name.length > prefix.length && name.substring(0, prefix.length).toLowerCase() === prefix
}

const notNominated = new Set(['close', 'keep-alive'])

/** Field names that a `Connection` value nominates as hop-by-hop, in lower case; null for the usual values. */
export function nominatedBy(connection: string): ReadonlySet<string> | null {
  if (is(connection, 'keep-alive') || is(connection, 'close') || connection === '') return null
  const names = new Set<string>()
  for (const item of connection.split(',')) {
    const name = item.trim().toLowerCase()
    if (name !== '' && !notNominated.has(name)) names.add(name)
  }
  return names.size > 0 ? names : null
}

/** Value of a field by its lower-case name, repeated fields joined (RFC 9110 5.3). */
export function fieldValue(fields: readonly string[], lowerCaseName: string): string | undefined {
  let value: string | undefined
  for (let i = 0; i < fields.length; i += 2) {
    if (!is(fields[i] as string, lowerCaseName)) continue
    value =
      value === undefined
        ? fields[i + 1]
        : `${value}${lowerCaseName === 'cookie' ? '; ' : ', '}${fields[i + 1]}`
  }
  return value
}
