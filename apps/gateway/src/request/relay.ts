// Carries one request to its upstream and the response back, streaming both ways at the pace of the slower side.
import type { CompiledRoute } from '../config/generation.ts'
import {
  type UpstreamFailure,
  type UpstreamObserver,
  type UpstreamRequest,
  type UpstreamTarget,
  type UpstreamTimeouts,
  unknownLength,
} from '../upstream/call.ts'
import type { RequestContext } from './context.ts'
import { is } from './fields.ts'
import { passedTrailers, replyFields, upstreamFields, upstreamTarget } from './headers.ts'
import { rewriteAddress } from './location.ts'
import { runResponse } from './pipeline.ts'

// Up to here a body that is complete leaves as one string with its head: one write, no copy.
const oneWriteMax = 16 * 1024
/** How long a client waits for 100 before we send it ourselves, milliseconds: some upstreams never do. */
const continueAfterMs = 1_000

/** What the handler does when a relay ends otherwise than well. */
export interface RelayEnds {
  /** The upstream gave no response, or not a whole one. */
  failed(ctx: RequestContext, failure: UpstreamFailure): void
  /** The client stopped sending its body. */
  clientStalled(ctx: RequestContext): void
  /** The request body grew beyond its limit. */
  tooLarge(ctx: RequestContext): void
  /** A bug of ours. */
  crashed(ctx: RequestContext, error: unknown): void
}

export class Relay implements UpstreamRequest, UpstreamObserver {
  readonly method: string
  readonly target: string
  readonly headers: readonly string[]
  readonly bodyLength: number
  readonly timeouts: UpstreamTimeouts
  readonly #ctx: RequestContext
  readonly #route: CompiledRoute
  readonly #to: UpstreamTarget
  readonly #ends: RelayEnds
  /** Bytes of the response body still to come, or `unknownLength`. */
  #left = 0
  #headHeld = false
  #ended = false
  #waitsForClient = false
  /** The request body passed its limit: what still comes of it is dropped. */
  #tooLarge = false

  constructor(
    ctx: RequestContext,
    route: CompiledRoute,
    to: UpstreamTarget,
    timeouts: UpstreamTimeouts,
    ends: RelayEnds,
  ) {
    this.method = ctx.method
    this.target = upstreamTarget(ctx, route, to)
    this.headers = upstreamFields(ctx, route, to)
    this.bodyLength = ctx.wireLength
    this.timeouts = timeouts
    this.#ctx = ctx
    this.#route = route
    this.#to = to
    this.#ends = ends
  }

  start(): void {
    const ctx = this.#ctx
    ctx.upstreamStartedMs = performance.now()
    // First the listeners, then the call: what has arrived of the body then leaves in one write with the head.
    if (ctx.hasBody) this.#listen()
    ctx.call = this.#to.client.start(this, this)
    if (ctx.expectsContinue) setTimeout(() => this.#continue(), continueAfterMs).unref()
  }

  #listen(): void {
    const ctx = this.#ctx
    const { request } = ctx
    request.on('data', (chunk: Buffer) => {
      if (this.#tooLarge) return
      ctx.bytesIn += chunk.length
      this.#tooLarge = ctx.bytesIn > ctx.bodyLimit
      if (this.#tooLarge) this.#ends.tooLarge(ctx)
      else if (ctx.call?.write(chunk) === false) request.pause()
    })
    request.on('end', () => ctx.call?.end(passedTrailers(request.rawTrailers)))
  }

  onDrain(): void {
    this.#ctx.request.resume()
  }

  onInterim(status: number, headers: readonly string[]): void {
    const { request, response } = this.#ctx
    if (request.httpVersionMinor === 0) return
    if (status === 100) this.#continue()
    else if (status === 103) response.writeEarlyHints({ link: this.#linksIn(headers) })
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
    const ctx = this.#ctx
    if (this.#clientIsGone()) return
    ctx.status = status
    this.#left = bodyLength
    ctx.trace?.addAttempt(this.#to.authority, ctx.upstreamStartedMs, status)
    try {
      if (ctx.chain !== null) runResponse(ctx, ctx.chain)
      const chunked = bodyLength === unknownLength && ctx.request.httpVersionMinor === 1
      ctx.response.writeHead(status, reason, replyFields(ctx, this.#route, this.#to, headers, chunked))
      this.#headHeld = true
    } catch (error) {
      this.#ended = true
      this.#ends.crashed(ctx, error)
    }
  }

  onBody(buffer: Buffer, start: number, end: number): boolean {
    if (this.#ended || this.#clientIsGone()) return true
    const { response } = this.#ctx
    const length = end - start
    this.#ctx.bytesOut += length
    this.#headHeld = false
    if (length === this.#left && length <= oneWriteMax) {
      this.#ended = true
      response.end(buffer.toString('latin1', start, end), 'latin1')
      return true
    }
    if (this.#left !== unknownLength) this.#left -= length
    const copy = Buffer.allocUnsafe(length)
    buffer.copy(copy, 0, start, end)
    if (response.write(copy)) return true
    if (!this.#waitsForClient) this.#waitForClient()
    return false
  }

  /** The client reads slowly: the upstream waits with it, but not for ever. */
  #waitForClient(): void {
    const { response, call } = this.#ctx
    this.#waitsForClient = true
    const { idleMs } = this.timeouts
    const stalled = idleMs > 0 ? setTimeout(() => response.destroy(), idleMs).unref() : undefined
    response.once('drain', () => {
      clearTimeout(stalled)
      this.#waitsForClient = false
      call?.resume()
    })
  }

  onLull(): void {
    if (!this.#headHeld || this.#clientIsGone()) return
    this.#headHeld = false
    this.#ctx.response.flushHeaders()
  }

  onEnd(trailers: readonly string[]): void {
    const ctx = this.#ctx
    ctx.upstreamEndedMs = performance.now()
    if (this.#ended || this.#clientIsGone()) return
    this.#ended = true
    const passed = passedTrailers(trailers)
    if (passed.length > 0) ctx.response.addTrailers(pairsOf(passed))
    ctx.response.end()
  }

  onFailure(failure: UpstreamFailure): void {
    this.#ctx.upstreamEndedMs = performance.now()
    const { request, trace, upstreamStartedMs, response } = this.#ctx
    if (!response.headersSent) trace?.addAttempt(this.#to.authority, upstreamStartedMs, null)
    // While its body is still coming and we are ready to take it, silence is the client's.
    const clientStalled = failure.kind === 'idle_timeout' && !request.complete && !request.isPaused()
    if (clientStalled) this.#ends.clientStalled(this.#ctx)
    else this.#ends.failed(this.#ctx, failure)
  }

  /** Between the end of a connection and word of it; what is written then would be an error of ours. */
  #clientIsGone(): boolean {
    if (!this.#ctx.response.destroyed) return false
    this.#ended = true
    this.#ctx.call?.cancel()
    return true
  }

  #continue(): void {
    const ctx = this.#ctx
    if (!ctx.expectsContinue || ctx.continued || ctx.response.headersSent || ctx.response.destroyed) return
    ctx.continued = true
    ctx.response.writeContinue()
  }
}

// Node sends only hints it can check, and a hint is nothing that anyone depends on. Narrower than Node's own pattern, which
// tries every way to read a value that it refuses in the end; here each value can be read in one way only.
const linkPattern = /^<[^<>]*>(?:\s*;\s*[^;="\s]+(?:=(?:"[^";\s]*"|[^;"\s]*))?)*$/

function pairsOf(fields: readonly string[]): [string, string][] {
  const pairs: [string, string][] = []
  for (let i = 0; i < fields.length; i += 2) pairs.push([fields[i] as string, fields[i + 1] as string])
  return pairs
}
