// Messages between a worker and its inspector over a pipe: a length, a head in JSON, and a body as it is.

export interface Frame {
  readonly head: unknown
  readonly body: Buffer
}

const prefixBytes = 8

/** [length of the head, length of the body, as 32 bits each] head body. */
export function writeFrame(head: unknown, body: Uint8Array | null): Buffer[] {
  const text = Buffer.from(JSON.stringify(head))
  const prefix = Buffer.allocUnsafe(prefixBytes)
  prefix.writeUInt32BE(text.length, 0)
  prefix.writeUInt32BE(body?.length ?? 0, 4)
  const pieces: Buffer[] = [prefix, text]
  if (body !== null && body.length > 0) pieces.push(Buffer.from(body.buffer, body.byteOffset, body.length))
  return pieces
}

/** Puts pieces together; `hear` gets each frame that is whole. */
export function createFrameReader(hear: (frame: Frame) => void): (piece: Buffer) => void {
  let pieces: Buffer[] = []
  let held = 0
  return (piece) => {
    pieces.push(piece)
    held += piece.length
    while (held >= prefixBytes) {
      let all = pieces.length === 1 ? (pieces[0] as Buffer) : null
      const first = pieces[0] as Buffer
      // A large body comes in many pieces: they are joined once it is whole.
      if (all === null && first.length < prefixBytes) all = Buffer.concat(pieces)
      const start = all ?? first
      const headLength = start.readUInt32BE(0)
      const length = prefixBytes + headLength + start.readUInt32BE(4)
      if (held < length) {
        if (all !== null && pieces.length > 1) pieces = [all]
        return
      }
      all ??= Buffer.concat(pieces)
      pieces = held > length ? [all.subarray(length)] : []
      held -= length
      hear({
        head: JSON.parse(all.toString('utf8', prefixBytes, prefixBytes + headLength)),
        body: all.subarray(prefixBytes + headLength, length),
      })
    }
  }
}
