// Our HTTP/1.1 client for one origin: a bounded pool of keep-alive connections and the calls that wait for one.
import type { SecureContext } from 'node:tls'
import type { UpstreamClient, UpstreamFailureKind, UpstreamObserver, UpstreamRequest } from './call.ts'
import type { Deadlines } from './deadlines.ts'
import type { Origin } from './dial.ts'
import { Http1Call } from './http1-call.ts'
import { Http1Connection } from './http1-connection.ts'

export interface Http1Limits {
  /** Connections of one worker to one origin. */
  readonly connectionsMax: number
  /** Calls that may wait for a connection; more are refused as `busy`. */
  readonly waitingMax: number
  /** How long a connection may stay unused when the upstream does not say less. */
  readonly keepAliveMs: number
  /** Unused connections that are kept open ahead of need. */
  readonly warm: number
}

export const defaultLimits: Http1Limits = {
  connectionsMax: 512,
  waitingMax: 2048,
  keepAliveMs: 55_000,
  warm: 0,
}

/** How often unused connections are looked over: the aged ones closed, the missing ones opened. */
const idleSweepMs = 1_000

export class Http1Client implements UpstreamClient {
  readonly #origin: Origin
  readonly #limits: Http1Limits
  readonly #deadlines: Deadlines
  readonly #connections = new Set<Http1Connection>()
  // The last one used is taken first: it is warm, and the others age until they are closed.
  readonly #idle: Http1Connection[] = []
  readonly #waiting = new Set<Http1Call>()
  #idleTimer: NodeJS.Timeout | null = null
  /** The last one, and as whom it was begun: a resumed session is that of its first handshake. */
  #session: { readonly ticket: Buffer; readonly context: SecureContext | null } | null = null
  #draining = false

  constructor(origin: Origin, deadlines: Deadlines, limits: Http1Limits = defaultLimits) {
    this.#origin = origin
    this.#deadlines = deadlines
    this.#limits = limits
    if (limits.warm > 0) {
      this.#idleTimer = setInterval(() => this.#tend(), idleSweepMs).unref()
      this.#warmUp()
    }
  }

  get connectionCount(): number {
    return this.#connections.size
  }

  get idleCount(): number {
    return this.#idle.length
  }

  start(request: UpstreamRequest, observer: UpstreamObserver): Http1Call {
    const nowMs = performance.now()
    const call = new Http1Call(this, this.#deadlines, request, observer, nowMs)
    this.#deadlines.add(call)
    if (request.load !== undefined) request.load.open++
    const connection = this.#takeIdle(nowMs)
    if (connection !== null) connection.carry(call, nowMs)
    else this.#open(call)
    return call
  }

  /** Takes no part in new requests: idle connections close now, busy ones when their call is over. */
  drain(): void {
    this.#draining = true
    this.#stopIdleTimer()
    for (const connection of this.#idle.splice(0)) connection.destroy()
  }

  /** The call is over and its observer knows or does not care. */
  finish(call: Http1Call): void {
    if (!call.over && call.request.load !== undefined) call.request.load.open--
    call.over = true
    call.connection = null
    this.#deadlines.remove(call)
    if (this.#waiting.size > 0) this.#waiting.delete(call)
  }

  fail(call: Http1Call, kind: UpstreamFailureKind, detail: string): void {
    if (call.over) return
    this.finish(call)
    call.observer.onFailure({ kind, detail })
  }

  /** Runs the call once more, on a connection that cannot be stale. */
  retry(call: Http1Call): void {
    call.retried = true
    call.sent = false
    call.sentWhole = false
    call.connection = null
    call.limit('connect_timeout', call.request.timeouts.connectMs, performance.now())
    this.#open(call)
  }

  /** A clean connection without a call. */
  release(connection: Http1Connection, keepAliveSeconds = -1): void {
    if (connection.context !== this.#context) {
      // Closing it opens another one for a call that waits.
      connection.destroy()
      return
    }
    if (this.#waiting.size > 0) {
      const [next] = this.#waiting
      if (next !== undefined) {
        this.#waiting.delete(next)
        connection.carry(next, performance.now())
        return
      }
    }
    if (this.#draining) {
      connection.destroy()
      return
    }
    connection.idleUntilMs = this.#deadlines.nowMs + this.#keepAliveMs(keepAliveSeconds)
    this.#idle.push(connection)
    this.#idleTimer ??= setInterval(() => this.#tend(), idleSweepMs).unref()
  }

  /** The connection is closed. */
  forget(connection: Http1Connection): void {
    if (!this.#connections.delete(connection)) return
    const index = this.#idle.indexOf(connection)
    if (index >= 0) this.#idle.splice(index, 1)
    const [next] = this.#waiting
    if (next !== undefined) {
      this.#waiting.delete(next)
      this.#open(next)
    }
  }

  keepSession({ context }: Http1Connection, ticket: Buffer): void {
    if (context === this.#context) this.#session = { ticket, context }
  }

  /** As whom connections are opened now: it changes when the client certificate was renewed. */
  get #context(): SecureContext | null {
    try {
      return this.#origin.tls === null ? null : this.#origin.tls.trust.context
    } catch {
      // No open connection is of that kind; the next one to be opened says what is wrong.
      return null
    }
  }

  /** One that cannot even be begun, such as with a certificate that TLS does not take, fails its call and nothing else. */
  #connect(call: Http1Call | null): void {
    try {
      const session = this.#session?.context === this.#context ? this.#session?.ticket : undefined
      this.#connections.add(new Http1Connection(this, this.#origin, session, call))
    } catch (error) {
      if (call !== null) process.nextTick(() => this.fail(call, 'unreachable', (error as Error).message))
    }
  }

  #takeIdle(nowMs: number): Http1Connection | null {
    for (let taken = this.#idle.pop(); taken !== undefined; taken = this.#idle.pop()) {
      if (taken.idleUntilMs > nowMs && taken.context === this.#context) return taken
      taken.destroy()
    }
    return null
  }

  #open(call: Http1Call): void {
    if (this.#connections.size < this.#limits.connectionsMax) {
      this.#connect(call)
    } else if (this.#waiting.size < this.#limits.waitingMax) {
      this.#waiting.add(call)
    } else {
      // Told in the next tick, so that no observer hears of a call before it holds it.
      process.nextTick(() => this.fail(call, 'busy', 'too many calls wait for a connection'))
    }
  }

  // An upstream that says how long it keeps a connection closes it then; we stop using it a second before.
  #keepAliveMs(seconds: number): number {
    if (seconds < 0) return this.#limits.keepAliveMs
    return Math.min(this.#limits.keepAliveMs, seconds > 1 ? (seconds - 1) * 1_000 : seconds * 500)
  }

  #tend(): void {
    const nowMs = performance.now()
    const kept = this.#idle.filter((connection) => connection.idleUntilMs > nowMs)
    const aged = this.#idle.filter((connection) => connection.idleUntilMs <= nowMs)
    this.#idle.splice(0, this.#idle.length, ...kept)
    for (const connection of aged) connection.destroy()
    if (this.#limits.warm > 0) this.#warmUp()
    else if (kept.length === 0) this.#stopIdleTimer()
  }

  /** Those that are still opening count as unused: they will be, unless a call is waiting for them. */
  #warmUp(): void {
    const { warm, connectionsMax } = this.#limits
    let unused = 0
    for (const connection of this.#connections) if (connection.call === null) unused++
    const missing = Math.min(warm - unused, connectionsMax - this.#connections.size)
    for (let i = 0; i < missing; i++) this.#connect(null)
  }

  #stopIdleTimer(): void {
    if (this.#idleTimer !== null) clearInterval(this.#idleTimer)
    this.#idleTimer = null
  }
}
