// Pieces of long bodies on their way through a worker, and how they take next to no memory whatever their length.
import { collectYoungGeneration } from '../runtime/young-generation.ts'
import type { Exchange } from './exchange.ts'

// What one read of an upstream connection brings at most.
const pieceBytes = 64 * 1024
/** Kept for the next pieces: a megabyte, whatever passes through. */
const spareMax = 16
/** Smaller pieces come from Node's own pool, which costs less than looking after them. */
const worthKeeping = 4 * 1024

const spare: Buffer[] = []

/** As `reply.write`, of a copy in memory that is used again; false when the client should be waited for. */
export function writePiece(
  reply: Pick<Exchange, 'write'>,
  source: Buffer,
  start: number,
  end: number,
): boolean {
  const length = end - start
  if (length < worthKeeping || length > pieceBytes) {
    return reply.write(Buffer.from(source.subarray(start, end)))
  }
  const piece = spare.pop() ?? Buffer.allocUnsafeSlow(pieceBytes)
  source.copy(piece, 0, start, end)
  return reply.write(piece.subarray(0, length), (error) => {
    // Only what the kernel has taken is free: after an error somebody may still hold it, and it would carry one client's
    // data into the reply of another.
    if (!error && spare.length < spareMax) spare.push(piece)
  })
}

const largePiece = 32 * 1024
const collectAfterBytes = 4 * 1024 * 1024
let uncollected = 0

/**
 * A piece of a request body has come. Node gives each one memory of its own outside the heap, and V8, which sees only a small
 * object, would let 75 MB of them pile up before it looks.
 */
export function noteReceived(length: number): void {
  if (length < largePiece) return
  uncollected += length
  if (uncollected < collectAfterBytes) return
  uncollected = 0
  collectYoungGeneration()
}
