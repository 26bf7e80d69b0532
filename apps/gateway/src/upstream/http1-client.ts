// Our HTTP/1.1 client for one origin: a bounded pool of keep-alive connections and the calls that wait for one.
import type { UpstreamClient, UpstreamFailureKind, UpstreamObserver, UpstreamRequest } from './call.ts'
import type { Deadlines } from './deadlines.ts'
import { Http1Call } from './http1-call.ts'
import { Http1Connection, type Origin } from './http1-connection.ts'

export interface Http1Limits {
  /** Connections of one worker to one origin. */
  readonly connectionsMax: number
  /** Calls that may wait for a connection; more are refused as `busy`. */
  readonly waitingMax: number
  /** How long a connection may stay unused when the upstream does not say less. */
  readonly keepAliveMs: number
}

export const defaultLimits: Http1Limits = { connectionsMax: 512, waitingMax: 2048, keepAliveMs: 55_000 }

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
  #tlsSession: Buffer | undefined
  #draining = false

  constructor(origin: Origin, deadlines: Deadlines, limits: Http1Limits = defaultLimits) {
    this.#origin = origin
    this.#deadlines = deadlines
    this.#limits = limits
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
    this.#idleTimer ??= setInterval(() => this.#closeAged(), idleSweepMs).unref()
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

  keepSession(ticket: Buffer): void {
    this.#tlsSession = ticket
  }

  #takeIdle(nowMs: number): Http1Connection | null {
    for (let taken = this.#idle.pop(); taken !== undefined; taken = this.#idle.pop()) {
      if (taken.idleUntilMs > nowMs) return taken
      taken.destroy()
    }
    return null
  }

  #open(call: Http1Call): void {
    if (this.#connections.size < this.#limits.connectionsMax) {
      this.#connections.add(new Http1Connection(this, this.#origin, this.#tlsSession, call))
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

  #closeAged(): void {
    const nowMs = performance.now()
    const kept = this.#idle.filter((connection) => connection.idleUntilMs > nowMs)
    const aged = this.#idle.filter((connection) => connection.idleUntilMs <= nowMs)
    this.#idle.splice(0, this.#idle.length, ...kept)
    for (const connection of aged) connection.destroy()
    if (kept.length === 0) this.#stopIdleTimer()
  }

  #stopIdleTimer(): void {
    if (this.#idleTimer !== null) clearInterval(this.#idleTimer)
    this.#idleTimer = null
  }
}
