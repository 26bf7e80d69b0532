// ClamAV's daemon: INSTREAM sends the content in chunks with their length before them (clamd(8)).
import type { ScanVerdict } from '@gatewright/shared/policies/virus-scanner-port'
import { askScanner, HungUp, piecesOf } from './exchange.ts'
import type { Destination } from './scanners.ts'

/** Throws when there is no verdict. */
export async function scanWithClamd(
  to: Destination,
  content: Uint8Array,
  signal: AbortSignal,
): Promise<ScanVerdict> {
  // The `z` asks for an answer that ends with NUL.
  let answer: string
  try {
    answer = await askScanner(to, instream(content), (text) => text.includes('\0'), signal)
  } catch (error) {
    // So it ends what is longer than it takes, and what it says of that is lost with the connection as often as not.
    if (error instanceof HungUp) return { kind: 'too-large' }
    throw error
  }
  const line = answer.replace(/\0[\s\S]*$/, '').trim()
  if (line === 'stream: OK') return { kind: 'clean' }
  const signature = /^stream: ([\x20-\x7e]{1,200}) FOUND$/.exec(line)?.[1]
  if (signature !== undefined) return { kind: 'found', signature }
  if (/size limit exceeded/i.test(line)) return { kind: 'too-large' }
  throw new Error(`it answered “${line.slice(0, 100)}”`)
}

function* instream(content: Uint8Array): Generator<Uint8Array> {
  yield Buffer.from('zINSTREAM\0')
  for (const piece of piecesOf(content)) {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(piece.length)
    yield length
    yield piece
  }
  yield Buffer.alloc(4)
}
