// One connection, one question, one answer: what the protocols of scanners have in common.
import { connect } from 'node:net'
import type { Destination } from './scanners.ts'

const answerBytesMax = 65_536
const pieceBytes = 65_536

/** It broke the connection while it was told, and said nothing that arrived. */
export class HungUp extends Error {}

/**
 * Connects, writes the pieces as fast as they are taken, and reads until `isWhole` says that the answer is there or the connection
 * ends. Throws when it cannot connect, the time is over, or the answer is too long; what was answered before the other side broke
 * the connection counts, since scanners do that when they have seen enough.
 */
export function askScanner(
  to: Destination,
  pieces: Iterable<Uint8Array>,
  isWhole: (answer: string) => boolean,
  signal: AbortSignal,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ ...to, signal })
    const queue = pieces[Symbol.iterator]()
    let answer = ''
    let failure: Error | null = null
    let isTelling = false
    const finish = () => {
      socket.destroy()
      if (answer !== '' && !signal.aborted) resolve(answer)
      else
        reject(
          signal.aborted ? new Error('it took too long') : (failure ?? new Error('it closed the connection')),
        )
    }
    function writeOn() {
      for (let next = queue.next(); !next.done; next = queue.next()) if (!socket.write(next.value)) return
    }
    socket.on('connect', () => {
      isTelling = true
      writeOn()
    })
    socket.on('drain', writeOn)
    socket.on('data', (piece: Buffer) => {
      answer += piece.toString('latin1')
      if (answer.length > answerBytesMax) socket.destroy(new Error('its answer is too long'))
      else if (isWhole(answer)) finish()
    })
    socket.on('error', (error: NodeJS.ErrnoException) => {
      const isBroken = isTelling && (error.code === 'ECONNRESET' || error.code === 'EPIPE')
      failure = isBroken ? new HungUp('it broke the connection') : error
    })
    socket.on('close', finish)
  })
}

/** In pieces that a connection takes one by one, so that no copy of the whole waits in it. */
export function* piecesOf(content: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < content.length; at += pieceBytes) yield content.subarray(at, at + pieceBytes)
}
