// The first message of TLS, read as far as the name of the host that the client asks for: it decides what the client is asked.

/** `incomplete`: more bytes are needed. `other`: it is no ClientHello that could be read; TLS itself will say so. */
export type ServerName = { readonly kind: 'named'; readonly name: string | null } | 'incomplete' | 'other'

const recordHeadLength = 5
const handshakeRecord = 22
const clientHello = 1
const serverNameExtension = 0
const hostNameType = 0
/** As much as one record may hold: no honest client sends more, nor cuts it into crumbs. */
const helloBytesMax = 16_384

const other = 'other'
const incomplete = 'incomplete'

/** Reads what a client sent so far (RFC 8446 4.1.2, RFC 6066 3). */
export function readServerName(bytes: Buffer): ServerName {
  const hello = joinRecords(bytes)
  if (typeof hello === 'string') return hello
  const reader = new Reader(hello)
  try {
    // Type and length of the message, version, random.
    reader.skip(1 + 3 + 2 + 32)
    reader.skip(reader.number(1))
    reader.skip(reader.number(2))
    reader.skip(reader.number(1))
    if (reader.isAtEnd) return { kind: 'named', name: null }
    const extensions = reader.part(reader.number(2))
    while (!extensions.isAtEnd) {
      const type = extensions.number(2)
      const extension = extensions.part(extensions.number(2))
      if (type !== serverNameExtension) continue
      const names = extension.part(extension.number(2))
      if (names.number(1) !== hostNameType) return other
      return { kind: 'named', name: names.part(names.number(2)).text().toLowerCase() }
    }
    return { kind: 'named', name: null }
  } catch (error) {
    if (error instanceof RangeError) return other
    throw error
  }
}

/** The whole message out of the records that it was cut into (RFC 8446 5.1), looked at once however many there are. */
function joinRecords(bytes: Buffer): Buffer | 'incomplete' | 'other' {
  if (bytes.length > helloBytesMax) return other
  const parts: Buffer[] = []
  for (let at = 0; at < bytes.length; ) {
    if (bytes[at] !== handshakeRecord) return other
    if (bytes.length < at + recordHeadLength) break
    const end = at + recordHeadLength + bytes.readUInt16BE(at + 3)
    if (bytes.length < end) break
    parts.push(bytes.subarray(at + recordHeadLength, end))
    at = end
  }
  const message = parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts)
  if (message.length > 0 && message[0] !== clientHello) return other
  if (message.length < 4) return incomplete
  const wanted = 4 + message.readUIntBE(1, 3)
  if (wanted > helloBytesMax) return other
  return message.length < wanted ? incomplete : message.subarray(0, wanted)
}

/** Throws a `RangeError` where the bytes end too early. */
class Reader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length
  }

  skip(count: number): void {
    this.part(count)
  }

  number(count: 1 | 2): number {
    const { length } = this.#bytes
    if (this.#at + count > length) throw new RangeError('cut off')
    const value = this.#bytes.readUIntBE(this.#at, count)
    this.#at += count
    return value
  }

  part(count: number): Reader {
    const end = this.#at + count
    if (end > this.#bytes.length) throw new RangeError('cut off')
    const part = new Reader(this.#bytes.subarray(this.#at, end))
    this.#at = end
    return part
  }

  text(): string {
    return this.#bytes.toString('latin1')
  }
}
