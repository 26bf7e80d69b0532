// Carries one request to its upstream and the response back, streaming both ways at the pace of the slower side.
import type { Refusal } from '@gatewright/shared/policies/policy'
import type { CompiledRoute, FilterPhase } from '../config/generation.ts'
import {
  type AimedRequest,
  type Load,
  type Upstream,
  type UpstreamFailure,
  type UpstreamTarget,
  type UpstreamTimeouts,
  unknownLength,
} from '../upstream/call.ts'
import type { Target } from '../upstream/target.ts'
import { noteReceived, writePiece } from './body-pieces.ts'
import type { RequestContext } from './context.ts'
import type { BodyListener } from './exchange.ts'
import { is } from './fields.ts'
import { passedTrailers, replyFields, upstreamFields, upstreamTarget } from './headers.ts'
import { rewriteAddress } from './location.ts'
import { runResponse } from './pipeline.ts'
import { withoutContent } from './reply.ts'
import { askForPlainBody, fieldsOfFiltered, filtersOf, ReplyFilter } from './reply-filter.ts'
import { dropBody } from './request-body.ts'

// Up to here a body that is complete leaves as one string with its head: one write, no copy.
const oneWriteMax = 16 * 1024
/** How long a client waits for 100 before we send it ourselves, milliseconds: some upstreams never do. */
const continueAfterMs = 1_000

/** What the handler does when a relay ends otherwise than well. */
export interface RelayEnds {
  /** The upstream gave no response, or not a whole one. */
  failed(ctx: RequestContext, failure: UpstreamFailure): void
  /** The upstream is left alone for so long. */
  resting(ctx: RequestContext, restMs: number): void
  /** The client stopped sending its body. */
  clientStalled(ctx: RequestContext): void
  /** The request body grew beyond its limit. */
  tooLarge(ctx: RequestContext): void
  /** A policy refused what the upstream answered. */
  refused(ctx: RequestContext, refusal: Refusal): void
  /** A bug of ours. */
  crashed(ctx: RequestContext, error: unknown): void
}

export class Relay implements AimedRequest, BodyListener {
  readonly method: string
  target: string
  headers: readonly string[]
  readonly bodyLength: number
  readonly timeouts: UpstreamTimeouts
  readonly load: Load
  readonly caller: RequestContext
  readonly #ctx: RequestContext
  readonly #route: CompiledRoute
  readonly #upstream: Upstream
  readonly #first: Target
  /** Whose answer is heard. */
  #to: UpstreamTarget
  /** When it was asked. */
  #askedMs = 0
  readonly #ends: RelayEnds
  // The head of the response, held back until there is more to send with it.
  #status = 0
  #reason = ''
  #heldFields: readonly string[] | null = null
  /** Bytes of the response body still to come, or `unknownLength`. */
  #left = 0
  #ended = false
  #waitsForClient = false
  /** The request body passed its limit: what still comes of it is dropped. */
  #tooLarge = false
  /** Between the body and the client, where a policy wants it. */
  #filter: ReplyFilter | null = null

  constructor(ctx: RequestContext, route: CompiledRoute, upstream: Upstream, first: Target, ends: RelayEnds) {
    this.method = ctx.method
    if (ctx.chain?.responseBody) askForPlainBody(ctx)
    this.target = upstreamTarget(ctx, route, first)
    this.headers = upstreamFields(ctx, first)
    this.bodyLength = ctx.wireLength
    this.timeouts = upstream.timeouts
    this.load = first.load
    this.caller = ctx
    this.#ctx = ctx
    this.#route = route
    this.#upstream = upstream
    this.#first = first
    this.#to = first
    this.#ends = ends
  }

  start(): void {
    const ctx = this.#ctx
    const { plan } = this.#upstream
    const restMs = plan === null ? 0 : plan.admit()
    if (restMs > 0) {
      this.#ends.resting(ctx, restMs)
      return
    }
    this.#askedMs = performance.now()
    ctx.upstreamStartedMs = this.#askedMs
    // First the listeners, then the call: what has arrived of the body then leaves in one write with the head.
    if (ctx.hasBody) ctx.exchange.listen(this)
    ctx.call = plan === null ? this.#first.client.start(this, this) : plan.start(this, this.#first)
    if (ctx.expectsContinue) setTimeout(() => this.#continue(), continueAfterMs).unref()
  }

  aim(target: UpstreamTarget): void {
    this.target = upstreamTarget(this.#ctx, this.#route, target)
    this.headers = upstreamFields(this.#ctx, target)
  }

  heardFrom(target: UpstreamTarget, startedMs: number): void {
    this.#to = target
    this.#askedMs = startedMs
  }

  tried(target: UpstreamTarget, startedMs: number, status: number | null): void {
    this.#ctx.trace?.addAttempt(target.authority, startedMs, status)
  }

  onPiece(piece: Buffer): void {
    const ctx = this.#ctx
    if (this.#tooLarge) return
    ctx.bytesIn += piece.length
    noteReceived(piece.length)
    this.#tooLarge = ctx.bytesIn > ctx.bodyLimit
    if (this.#tooLarge) this.#ends.tooLarge(ctx)
    else if (ctx.call?.write(piece) === false) ctx.exchange.pause()
  }

  onWhole(trailers: readonly string[]): void {
    const ctx = this.#ctx
    if (ctx.share > 0) ctx.sentMs = performance.now()
    ctx.call?.end(passedTrailers(trailers, ctx.upstreamEdits))
  }

  onDrain(): void {
    this.#ctx.exchange.resume()
  }

  onInterim(status: number, headers: readonly string[]): void {
    const { exchange } = this.#ctx
    if (exchange.minor === 0) return
    if (status === 100) this.#continue()
    else if (status === 103) exchange.writeEarlyHints(this.#linksIn(headers))
  }

  #linksIn(headers: readonly string[]): string[] {
    const links: string[] = []
    for (let i = 0; i < headers.length; i += 2) {
      if (!is(headers[i] as string, 'link')) continue
      const value = rewriteAddress('link', headers[i + 1] as string, this.#ctx, this.#route, this.#to)
      if (linkPattern.test(value)) links.push(value)
    }
    return links
  }

  onHead(status: number, reason: string, headers: string[], bodyLength: number): void {
    if (this.#clientIsGone()) return
    if (this.#ctx.share > 0) this.#ctx.answeredMs = performance.now()
    // Who answers has read the request: an answer that goes on for hours does not hold its memory.
    dropBody(this.#ctx)
    this.#status = status
    this.#reason = reason
    this.#heldFields = headers
    this.#left = bodyLength
    const { chain } = this.#ctx
    // For those who look back at it when it is over; nobody else holds it that long.
    if (chain !== null && chain.done.length > 0) this.#ctx.responseFields = headers
    const phases = chain?.responseBody
    if (phases) this.#filterBody(phases, headers)
  }

  #filterBody(phases: readonly FilterPhase[], received: readonly string[]): void {
    const ctx = this.#ctx
    ctx.status = this.#status
    ctx.responseFields = received
    // Of an attempt whose answer was taken back.
    this.#filter?.drop()
    this.#filter = null
    try {
      const filters = filtersOf(ctx, phases)
      if (filters === null) return
      this.#heldFields = fieldsOfFiltered(received)
      this.#left = unknownLength
      if (ctx.headOnly || withoutContent(this.#status)) return
      this.#filter = new ReplyFilter(filters, ctx.responseHeader('content-encoding'), this.#status, {
        write: (piece) => this.#passOn(piece),
        end: (rest) => this.#passRest(rest),
        refuse: (refusal) => this.#endWith(() => this.#ends.refused(ctx, refusal)),
        crash: (error) => this.#endWith(() => this.#ends.crashed(ctx, error)),
        drained: () => ctx.call?.resume(),
      })
    } catch (error) {
      this.#endWith(() => this.#ends.crashed(ctx, error))
    }
  }

  #endWith(end: () => void): void {
    this.#ended = true
    if (this.#heldFields !== null) this.tried(this.#to, this.#askedMs, this.#status)
    end()
  }

  /** What a filter let through; false: the client takes no more for now. */
  #passOn(piece: Buffer): boolean {
    if (this.#ended || this.#clientIsGone()) return true
    if (this.#heldFields !== null && !this.#releaseHead(this.#heldFields)) return true
    this.#ctx.bytesOut += piece.length
    if (this.#ctx.exchange.write(piece)) return true
    if (!this.#waitsForClient) this.#waitForClient()
    return false
  }

  #passRest(rest: Buffer): void {
    if (this.#ended || this.#clientIsGone()) return
    const { exchange } = this.#ctx
    // Nothing has left yet: now its length is known.
    if (this.#heldFields !== null)
      if (!this.#releaseHead([...this.#heldFields, 'Content-Length', String(rest.length)])) return
    this.#ended = true
    this.#ctx.bytesOut += rest.length
    exchange.endWith(rest)
  }

  /** What came behind the head can be read, or nothing has come: only now can it not be taken back. false: it is over. */
  #releaseHead(received: readonly string[]): boolean {
    const ctx = this.#ctx
    this.#heldFields = null
    ctx.status = this.#status
    this.tried(this.#to, this.#askedMs, this.#status)
    try {
      if (ctx.chain !== null) runResponse(ctx, ctx.chain)
      const chunked = this.#left === unknownLength && ctx.exchange.minor === 1
      const fields = replyFields(ctx, this.#route, this.#to, received, chunked)
      ctx.exchange.writeHead(this.#status, this.#reason, fields)
      return true
    } catch (error) {
      this.#ended = true
      this.#ends.crashed(ctx, error)
      return false
    }
  }

  onBody(buffer: Buffer, start: number, end: number): boolean {
    if (this.#ended || this.#clientIsGone()) return true
    if (this.#filter !== null) return this.#filter.push(Buffer.from(buffer.subarray(start, end)))
    if (this.#heldFields !== null && !this.#releaseHead(this.#heldFields)) return true
    const { exchange } = this.#ctx
    const length = end - start
    this.#ctx.bytesOut += length
    if (length === this.#left && length <= oneWriteMax) {
      this.#ended = true
      exchange.end(buffer.toString('latin1', start, end))
      return true
    }
    if (this.#left !== unknownLength) this.#left -= length
    if (writePiece(exchange, buffer, start, end)) return true
    if (!this.#waitsForClient) this.#waitForClient()
    return false
  }

  /** The client reads slowly: the upstream waits with it, but not for ever. */
  #waitForClient(): void {
    const { exchange, call } = this.#ctx
    this.#waitsForClient = true
    const { idleMs } = this.timeouts
    const stalled = idleMs > 0 ? setTimeout(() => exchange.destroy(), idleMs).unref() : undefined
    exchange.onDrain = () => {
      clearTimeout(stalled)
      this.#waitsForClient = false
      this.#filter?.resume()
      call?.resume()
    }
  }

  onLull(): void {
    if (this.#heldFields === null || this.#filter !== null || this.#ended || this.#clientIsGone()) return
    if (this.#releaseHead(this.#heldFields)) this.#ctx.exchange.flushHead()
  }

  onEnd(trailers: readonly string[]): void {
    const ctx = this.#ctx
    ctx.upstreamEndedMs = performance.now()
    if (this.#ended || this.#clientIsGone()) return
    if (this.#filter !== null) {
      this.#filter.end()
      return
    }
    if (this.#heldFields !== null && !this.#releaseHead(this.#heldFields)) return
    this.#ended = true
    const passed = passedTrailers(trailers, ctx.replyEdits)
    if (passed.length > 0) ctx.exchange.addTrailers(passed)
    ctx.exchange.end()
  }

  onFailure(failure: UpstreamFailure): void {
    this.#ctx.upstreamEndedMs = performance.now()
    this.#filter?.drop()
    if (!this.#ctx.exchange.headersSent) this.tried(this.#to, this.#askedMs, null)
    if (this.#isClientsFault(failure)) this.#ends.clientStalled(this.#ctx)
    else this.#ends.failed(this.#ctx, failure)
  }

  /** Its body is still coming and we are ready to take it, or it does not read what there is: the time was the client's. */
  #isClientsFault({ kind }: UpstreamFailure): boolean {
    if (kind !== 'idle_timeout' && kind !== 'total_timeout') return false
    const { exchange } = this.#ctx
    return this.#waitsForClient || (!exchange.complete && !exchange.isPaused)
  }

  /** Between the end of a connection and word of it; what is written then would be an error of ours. */
  #clientIsGone(): boolean {
    if (!this.#ctx.exchange.isOver) return false
    this.#ended = true
    this.#filter?.drop()
    this.#ctx.call?.cancel()
    return true
  }

  #continue(): void {
    const ctx = this.#ctx
    if (!ctx.expectsContinue || ctx.continued || ctx.exchange.headersSent || ctx.exchange.isOver) return
    ctx.continued = true
    ctx.exchange.writeContinue()
  }
}

// A hint is nothing that anyone depends on, so only those are passed on that can be read in one way alone.
const linkPattern = /^<[^<>]*>(?:\s*;\s*[^;="\s]+(?:=(?:"[^";\s]*"|[^;"\s]*))?)*$/
