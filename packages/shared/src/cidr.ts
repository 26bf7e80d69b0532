// Address ranges (RFC 4632, RFC 4291) compiled for look-ups: used by the ip-filter policy and for trusted proxies.

/** A compiled set of ranges; `has` costs a parse and a binary search. */
export interface AddressSet {
  readonly size: number
  has(address: string): boolean
}

export interface Range {
  readonly family: 4 | 6
  readonly first: bigint
  readonly last: bigint
  /** How many bits all of its addresses begin with. */
  readonly prefix: number
}

const v4MappedPrefix = 0xffffn << 32n

/** Where clouds keep the credentials of a machine: link-local, and the addresses of AWS, Alibaba and Azure beside it. */
export const metadataServices: readonly string[] = [
  '169.254.0.0/16',
  'fe80::/10',
  'fd00:ec2::254',
  '100.100.100.200',
  '168.63.129.16',
]

/** The range of `10.0.0.0/8`, `2001:db8::/32` or a single address; null when the text is none of these. */
export function parseCidr(text: string): Range | null {
  const slash = text.indexOf('/')
  const address = parseAddress(slash < 0 ? text : text.slice(0, slash))
  if (!address) return null
  const bits = address.family === 4 ? 32 : 128
  const prefix = slash < 0 ? bits : parsePrefix(text.slice(slash + 1), bits)
  if (prefix === null) return null
  const hostBits = BigInt(bits - prefix)
  const first = (address.value >> hostBits) << hostBits
  return { family: address.family, first, last: first | ((1n << hostBits) - 1n), prefix }
}

/** The one text of a range (RFC 5952 for IPv6): the first address, and the prefix unless it is a single one. */
export function formatCidr({ family, first, prefix }: Range): string {
  const bits = family === 4 ? 32 : 128
  const address = family === 4 ? formatV4(first) : formatV6(first)
  return prefix === bits ? address : `${address}/${prefix}`
}

function formatV4(value: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 0xffn).join('.')
}

function formatV6(value: bigint): string {
  const groups = Array.from({ length: 8 }, (_, i) => ((value >> BigInt(112 - 16 * i)) & 0xffffn).toString(16))
  // The longest run of two zeros or more is left out, of equal ones the first.
  let [at, length] = [-1, 1]
  for (let i = 0; i < 8; i++) {
    let end = i
    while (groups[end] === '0') end++
    if (end - i > length) [at, length] = [i, end - i]
  }
  if (at < 0) return groups.join(':')
  return `${groups.slice(0, at).join(':')}::${groups.slice(at + length).join(':')}`
}

/** Throws on a text that `parseCidr` refuses: callers validated their configuration before. */
export function createAddressSet(cidrs: readonly string[]): AddressSet {
  const v4: Range[] = []
  const v6: Range[] = []
  for (const text of cidrs) {
    const range = parseCidr(text)
    if (!range) throw new TypeError(`"${text}" is not an address or a CIDR range`)
    if (range.family === 4) v4.push(range)
    else v6.push(range)
  }
  const ranges = { 4: merge(v4), 6: merge(v6) }
  return {
    size: cidrs.length,
    has(text) {
      const address = parseAddress(text)
      return address !== null && includes(ranges[address.family], address.value)
    },
  }
}

/** An address in number form; an IPv4-mapped IPv6 address (RFC 4291 2.5.5.2) is the IPv4 address it carries. */
export function parseAddress(text: string): { family: 4 | 6; value: bigint } | null {
  if (!text.includes(':')) {
    const value = parseV4(text)
    return value === null ? null : { family: 4, value: BigInt(value) }
  }
  const value = parseV6(text)
  if (value === null) return null
  return value >> 32n === v4MappedPrefix >> 32n
    ? { family: 4, value: value & 0xffffffffn }
    : { family: 6, value }
}

const hostBits = 64n

/**
 * What stands for one caller wherever callers are counted by address: an IPv4 address, or the /64 of an IPv6 one, of which a
 * caller has all addresses to choose from (RFC 6177). What is no address stands for itself.
 */
export function callerNetwork(text: string): string {
  if (!text.includes(':')) return text
  const address = parseAddress(text)
  if (address?.family !== 6) return text
  return `${(address.value >> hostBits).toString(16)}::/64`
}

function parseV4(text: string): number | null {
  let value = 0
  let octet = -1
  let octets = 0
  for (let i = 0; i <= text.length; i++) {
    const code = i < text.length ? text.charCodeAt(i) : 46
    if (code === 46) {
      if (octet < 0 || ++octets > 4) return null
      value = value * 256 + octet
      octet = -1
    } else {
      const digit = code - 48
      // A leading zero reads as octal in some resolvers, so it is refused (RFC 6943 3.1.1).
      if (digit < 0 || digit > 9 || octet === 0) return null
      octet = (octet < 0 ? 0 : octet * 10) + digit
      if (octet > 255) return null
    }
  }
  return octets === 4 ? value : null
}

function parseV6(text: string): bigint | null {
  let body = text
  const tail: number[] = []
  const lastColon = text.lastIndexOf(':')
  if (text.includes('.')) {
    const v4 = parseV4(text.slice(lastColon + 1))
    if (v4 === null) return null
    tail.push(Math.floor(v4 / 65536), v4 % 65536)
    // Keeps the final "::" of `::1.2.3.4`, drops the colon of `::ffff:1.2.3.4`.
    body = text.charAt(lastColon - 1) === ':' ? text.slice(0, lastColon + 1) : text.slice(0, lastColon)
  }
  const halves = body.split('::')
  if (halves.length > 2) return null
  const head = parseGroups(halves[0] ?? '')
  const rest = halves.length === 2 ? parseGroups(halves[1] ?? '') : []
  if (!head || !rest) return null
  const after = [...rest, ...tail]
  const missing = 8 - head.length - after.length
  if (halves.length === 2 ? missing < 1 : missing !== 0) return null
  let value = 0n
  for (const group of [...head, ...new Array<number>(missing).fill(0), ...after]) {
    value = (value << 16n) | BigInt(group)
  }
  return value
}

function parseGroups(text: string): number[] | null {
  if (text === '') return []
  const groups: number[] = []
  for (const group of text.split(':')) {
    if (!/^[0-9a-fA-F]{1,4}$/.test(group)) return null
    groups.push(Number.parseInt(group, 16))
  }
  return groups
}

function parsePrefix(text: string, bits: number): number | null {
  if (!/^(?:0|[1-9][0-9]{0,2})$/.test(text)) return null
  const prefix = Number(text)
  return prefix <= bits ? prefix : null
}

function merge(ranges: Range[]): readonly Range[] {
  ranges.sort((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0))
  const merged: Range[] = []
  for (const range of ranges) {
    const last = merged.at(-1)
    if (last && range.first <= last.last + 1n) {
      if (range.last > last.last) merged[merged.length - 1] = { ...last, last: range.last }
    } else merged.push(range)
  }
  return merged
}

function includes(ranges: readonly Range[], value: bigint): boolean {
  let low = 0
  let high = ranges.length - 1
  while (low <= high) {
    const middle = (low + high) >> 1
    const range = ranges[middle] as Range
    if (value < range.first) high = middle - 1
    else if (value > range.last) low = middle + 1
    else return true
  }
  return false
}
