// DER as certificates and revocation lists use it (X.690): tag, length, value, and nothing that could be read in two ways.

/** The bytes are not DER, or not of the form that was asked for. */
export class DerFault extends Error {}

export interface DerNode {
  readonly tag: number
  /** The value. */
  readonly content: Buffer
  /** Tag, length and value: what signatures are over. */
  readonly raw: Buffer
}

export const tags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectId: 0x06,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const

const lengthBytesMax = 4

/** The node at the start of `bytes`. */
export function readNode(bytes: Buffer): DerNode {
  const tag = bytes[0]
  let length = bytes[1]
  // Tags of several bytes stand in none of what is read here.
  if (tag === undefined || length === undefined || (tag & 0x1f) === 0x1f) throw new DerFault('cut off')
  let at = 2
  if (length >= 0x80) {
    const count = length & 0x7f
    if (count === 0 || count > lengthBytesMax || bytes.length < at + count)
      throw new DerFault('a length that is none')
    length = bytes.readUIntBE(at, count)
    if (length < 0x80 || (count > 1 && bytes[at] === 0))
      throw new DerFault('a length that is longer than it need be')
    at += count
  }
  if (bytes.length < at + length) throw new DerFault('cut off')
  return { tag, content: bytes.subarray(at, at + length), raw: bytes.subarray(0, at + length) }
}

/** The one node that `bytes` are, with nothing behind it. */
export function readWhole(bytes: Buffer, tag: number): DerNode {
  const node = readNode(bytes)
  if (node.raw.length !== bytes.length) throw new DerFault('something behind the end')
  return expectTag(node, tag)
}

export function childrenOf({ content }: DerNode): DerNode[] {
  const children: DerNode[] = []
  for (let rest = content; rest.length > 0; ) {
    const child = readNode(rest)
    children.push(child)
    rest = rest.subarray(child.raw.length)
  }
  return children
}

export function expectTag(node: DerNode | undefined, tag: number): DerNode {
  if (node?.tag !== tag) throw new DerFault(`the tag ${tag} is not where it should be`)
  return node
}

/** Dotted decimal. */
export function objectIdOf(node: DerNode | undefined): string {
  const { content } = expectTag(node, tags.objectId)
  const parts: number[] = []
  let value = 0
  for (const byte of content) {
    value = value * 128 + (byte & 0x7f)
    if (byte & 0x80) continue
    if (parts.length === 0) {
      const first = Math.min(2, Math.floor(value / 40))
      parts.push(first, value - first * 40)
    } else parts.push(value)
    value = 0
  }
  return parts.join('.')
}

/** Unix milliseconds of UTCTime and GeneralizedTime as RFC 5280 4.1.2.5 has them. */
export function timeOf(node: DerNode | undefined): number {
  const text = node?.content.toString('latin1') ?? ''
  const isShort = node?.tag === tags.utcTime
  if (!isShort && node?.tag !== tags.generalizedTime) throw new DerFault('no time')
  const found = (
    isShort ? /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/ : /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/
  ).exec(text)
  if (found === null) throw new DerFault('no time')
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = found.slice(1).map(Number)
  const whole = isShort ? year + (year < 50 ? 2000 : 1900) : year
  return Date.UTC(whole, month - 1, day, hour, minute, second)
}
