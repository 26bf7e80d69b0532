// The whole body of a request in memory, for the policies that look at it before anything of it reaches the upstream.
import { type Refusal, refuse, type Verdict } from '@gatewright/shared/policies/policy'
import type { BodyPhase, Chain } from '../config/generation.ts'
import { overloaded } from '../traffic/overload.ts'
import { noteReceived } from './body-pieces.ts'
import type { RequestContext } from './context.ts'
import type { BodyListener } from './exchange.ts'
import { isOver, turnedAwayBy } from './pipeline.ts'

/** The largest body that is held where no policy says how much may come, bytes. */
const bodyMax = 10 * 1024 * 1024
/** What a worker holds of all bodies together, bytes: who comes then is told to come back. */
const heldMax = 128 * 1024 * 1024
/** Pieces that are smaller are copied together: the memory of each costs more than its bytes. */
const ownPieceMin = 4 * 1024

const empty = Buffer.alloc(0)
const tooLarge = refuse('body_too_large')

let heldBytes = 0

/** Those that want to see the body of this request; null = nobody does. */
export function lookersAt(ctx: RequestContext, chain: Chain): readonly BodyPhase[] | null {
  if (chain.requestBody === null) return null
  const wanting = chain.requestBody.filter((phase) => phase.wants(ctx))
  return wanting.length === 0 ? null : wanting
}

/** Reads the body and shows it to each in turn; undefined = it may go on. A client that leaves is never answered. */
export async function showBody(ctx: RequestContext, lookers: readonly BodyPhase[]): Promise<Verdict> {
  if (ctx.hasBody) {
    const refusal = await new BodyCollector(ctx).whole()
    if (refusal !== null) return refusal
  }
  const bytes = ctx.body ?? empty
  for (const looker of lookers) {
    if (isOver(ctx)) return undefined
    const verdict = await (ctx.trace === null
      ? looker.look(ctx, bytes)
      : ctx.trace.runBody(ctx, looker, bytes))
    if (verdict !== undefined) return turnedAwayBy(ctx, looker.facts, verdict)
  }
  return undefined
}

/** Gives the memory back when the request is over. */
export function dropBody(ctx: RequestContext): void {
  if (ctx.body === null) return
  heldBytes -= ctx.body.length
  ctx.body = null
}

class BodyCollector implements BodyListener {
  readonly #ctx: RequestContext
  readonly #max: number
  readonly #pieces: Buffer[] = []
  /** The small ones, side by side. */
  #open = empty
  #used = 0
  #length = 0
  #settle: ((refusal: Refusal | null) => void) | null = null

  constructor(ctx: RequestContext) {
    this.#ctx = ctx
    this.#max = Number.isFinite(ctx.bodyLimit) ? ctx.bodyLimit : bodyMax
  }

  whole(): Promise<Refusal | null> {
    const ctx = this.#ctx
    if (ctx.wireLength > this.#max) return Promise.resolve(tooLarge)
    return new Promise((resolve) => {
      this.#settle = resolve
      ctx.isReadingBody = true
      ctx.exchange.listen(this)
      // Whoever asked first is told here: the upstream hears of the request when the body is whole.
      if (!ctx.expectsContinue) return
      ctx.continued = true
      ctx.expectsContinue = false
      ctx.exchange.writeContinue()
    })
  }

  onPiece(piece: Buffer): void {
    if (this.#settle === null) return
    this.#ctx.bytesIn += piece.length
    noteReceived(piece.length)
    this.#length += piece.length
    heldBytes += piece.length
    if (this.#length > this.#max) this.#end(tooLarge)
    else if (heldBytes > heldMax) this.#end(overloaded)
    else this.#keep(piece)
  }

  onWhole(trailers: readonly string[]): void {
    if (this.#settle === null) return
    this.#close()
    const ctx = this.#ctx
    ctx.body = this.#pieces.length === 1 ? (this.#pieces[0] as Buffer) : Buffer.concat(this.#pieces)
    // Now its length is known; trailers can only follow chunks.
    if (trailers.length === 0) ctx.wireLength = ctx.body.length
    // It is sent on as it would have been before anybody looked.
    ctx.bytesIn = 0
    ctx.exchange.rewind(ctx.body)
    this.#end(null)
  }

  onGone(): void {
    this.#end(null)
  }

  #keep(piece: Buffer): void {
    if (piece.length >= ownPieceMin) {
      this.#close()
      this.#pieces.push(piece)
      return
    }
    if (this.#used + piece.length > this.#open.length) {
      this.#close()
      this.#open = Buffer.allocUnsafe(this.#length === piece.length ? piece.length : 4 * ownPieceMin)
    }
    this.#used += piece.copy(this.#open, this.#used)
  }

  #close(): void {
    if (this.#used > 0) this.#pieces.push(this.#open.subarray(0, this.#used))
    this.#open = empty
    this.#used = 0
  }

  #end(refusal: Refusal | null): void {
    const settle = this.#settle
    if (settle === null) return
    this.#settle = null
    this.#ctx.isReadingBody = false
    // What is not kept is held by nobody, also while the client still sends.
    if (this.#ctx.body === null) {
      heldBytes -= this.#length
      this.#pieces.length = 0
      this.#open = empty
    }
    settle(refusal)
  }
}
