// Copies of requests for another upstream, whose answers nobody reads: it sees real traffic, and no caller depends on it.
import type { CompiledRoute } from '../config/generation.ts'
import type { Sample } from '../ops/metrics.ts'
import type { RequestContext } from '../request/context.ts'
import { passedTrailers, upstreamFields, upstreamTarget } from '../request/headers.ts'
import type {
  Load,
  Upstream,
  UpstreamCall,
  UpstreamObserver,
  UpstreamRequest,
  UpstreamTarget,
  UpstreamTimeouts,
} from '../upstream/call.ts'
import { places, Wheel } from './wheel.ts'

/** Larger bodies are not copied, or no further. */
const bodyBytesMax = 1024 * 1024
/** What a copy may be behind with its body before it is given up: the request never waits for it. */
const behindBytesMax = 256 * 1024
/** Copies of one deployment under way in one worker; beyond them requests go without. */
const openMax = 128
/** An upstream without a total limit gets this one, milliseconds: nobody is there to lose patience. */
const totalMs = 30_000

type Outcome = 'answered' | 'failed' | 'dropped'

/** What became of the copies of a worker. */
export class MirrorCounts {
  readonly #counts: Record<Outcome, number> = { answered: 0, failed: 0, dropped: 0 }

  count(outcome: Outcome): void {
    this.#counts[outcome]++
  }

  get samples(): readonly Sample[] {
    return Object.entries(this.#counts).map(([outcome, value]) => ({
      name: 'gw_mirrored_requests_total',
      help: 'Copies of requests for mirrors; dropped: too large, too slow or too many.',
      type: 'counter',
      labels: { outcome },
      value,
    }))
  }
}

export class Mirror {
  readonly #upstream: Upstream
  readonly #timeouts: UpstreamTimeouts
  readonly #placesTaken: number
  readonly #wheel: Wheel
  readonly #counts: MirrorCounts
  #open = 0

  constructor(upstream: Upstream, percent: number, start: number, counts: MirrorCounts) {
    this.#upstream = upstream
    this.#timeouts = { ...upstream.timeouts, totalMs: upstream.timeouts.totalMs || totalMs }
    this.#placesTaken = Math.round((percent * places) / 100)
    this.#wheel = new Wheel(start)
    this.#counts = counts
  }

  /** Copies a request, or not: nothing that goes wrong here is the request's business. */
  copy(ctx: RequestContext, route: CompiledRoute): void {
    if (this.#wheel.draw() >= this.#placesTaken || ctx.upstream === this.#upstream) return
    const target = this.#upstream.pick(ctx)
    if (target === null || this.#open >= openMax || ctx.wireLength > bodyBytesMax) {
      this.#counts.count('dropped')
      return
    }
    try {
      const copy = new Copy(ctx, route, this.#upstream, target, this.#timeouts, (outcome) => {
        this.#open--
        this.#counts.count(outcome)
      })
      this.#open++
      copy.start()
    } catch {
      this.#counts.count('failed')
    }
  }
}

class Copy implements UpstreamRequest, UpstreamObserver {
  readonly method: string
  readonly target: string
  readonly headers: readonly string[]
  readonly bodyLength: number
  readonly timeouts: UpstreamTimeouts
  readonly load: Load
  readonly #ctx: RequestContext
  readonly #to: UpstreamTarget
  readonly #over: (outcome: Outcome) => void
  #call: UpstreamCall | null = null
  #isOver = false
  #sentBytes = 0
  /** Bytes that were written since the connection would rather have waited. */
  #behindBytes = 0
  #isBehind = false

  constructor(
    ctx: RequestContext,
    route: CompiledRoute,
    upstream: Upstream,
    to: UpstreamTarget,
    timeouts: UpstreamTimeouts,
    over: (outcome: Outcome) => void,
  ) {
    this.method = ctx.method
    this.target = upstreamTarget(ctx, route, to)
    this.headers = copiedFields(ctx, upstream, to)
    this.bodyLength = ctx.wireLength
    this.timeouts = timeouts
    this.load = to.load
    this.#ctx = ctx
    this.#to = to
    this.#over = over
  }

  start(): void {
    // Together with the listeners of the request itself: both hear every byte, and only those of the request pause it.
    if (this.#ctx.hasBody) this.#ctx.exchange.listen(this)
    try {
      this.#call = this.#to.client.start(this, this)
    } catch {
      this.#end('failed')
    }
  }

  onPiece(piece: Buffer): void {
    this.#write(piece)
  }

  onWhole(trailers: readonly string[]): void {
    if (!this.#isOver) this.#call?.end(passedTrailers(trailers, this.#ctx.upstreamEdits))
  }

  onGone(): void {
    this.#giveUp()
  }

  #write(chunk: Buffer): void {
    if (this.#isOver) return
    this.#sentBytes += chunk.length
    if (this.#isBehind) this.#behindBytes += chunk.length
    if (this.#sentBytes > bodyBytesMax || this.#behindBytes > behindBytesMax) this.#giveUp()
    else if (this.#call?.write(chunk) === false) this.#isBehind = true
  }

  #giveUp(): void {
    if (this.#isOver) return
    this.#call?.cancel()
    this.#end('dropped')
  }

  #end(outcome: Outcome): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#over(outcome)
  }

  onInterim(): void {}
  onHead(): void {}
  onLull(): void {}

  onBody(): boolean {
    return true
  }

  onDrain(): void {
    this.#isBehind = false
    this.#behindBytes = 0
  }

  onEnd(): void {
    this.#end('answered')
  }

  onFailure(): void {
    this.#end('failed')
  }
}

/** What the upstream of the request gets too, but for its name; and nobody waits here for a word before the body. */
function copiedFields(ctx: RequestContext, upstream: Upstream, to: UpstreamTarget): readonly string[] {
  const fields = upstreamFields(ctx, to)
  const copied: string[] = []
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string
    if (name === 'Expect') continue
    const isHost = name === 'Host' && i === 0
    const host = upstream.hostHeader === 'client' ? ctx.authority : to.authority
    copied.push(name, isHost ? host : (fields[i + 1] as string))
  }
  return copied
}
