// Further attempts at a request that may run twice: retries after a failure, and a second request beside one that is slow.
import type { hedging, retries, retryOn } from '@gatewright/shared/model/upstream'
import type * as z from 'zod'
import { Attempt, type AttemptJudge } from './attempt.ts'
import type { Budget } from './budget.ts'
import type { AimedRequest, Caller, UpstreamCall, UpstreamFailure, UpstreamTimeouts } from './call.ts'
import { isSafe } from './repeatable.ts'
import type { Target } from './target.ts'
import type { UpstreamCounts } from './upstream-metrics.ts'
import { type Judges, WatchedCall } from './watched-call.ts'

export type RetrySettings = z.output<typeof retries>
export type HedgeSettings = z.output<typeof hedging>
type RetryOn = z.output<typeof retryOn>

/** What the attempts of an upstream go by, and what they count. */
export interface AttemptRules extends Judges {
  readonly retries: { readonly settings: RetrySettings; readonly budget: Budget } | null
  readonly hedging: { readonly settings: HedgeSettings; readonly budget: Budget } | null
  /** A target that was not tried, or else any; null when none may be used. */
  other(caller: Caller, tried: readonly Target[]): Target | null
  readonly counts: UpstreamCounts
}

const conditions: Record<UpstreamFailure['kind'], RetryOn | null> = {
  unreachable: 'connect',
  busy: 'connect',
  queue_timeout: 'connect',
  connect_timeout: 'connect',
  closed_early: 'reset',
  first_byte_timeout: 'timeout',
  idle_timeout: 'timeout',
  // The time of the whole exchange is used up.
  total_timeout: null,
  // It was answered, if badly; nothing says that the next answer will be better.
  invalid_response: null,
}

export class Attempts implements UpstreamCall, AttemptJudge {
  readonly #rules: AttemptRules
  readonly #request: AimedRequest
  readonly #startedMs: number
  readonly #tried: Target[] = []
  /** Those whose response is awaited. */
  readonly #running = new Set<Attempt>()
  /** The one whose response is passed on. */
  #chosen: Attempt | null = null
  #retriesMade = 0
  #callOffRetry: (() => void) | null = null
  #callOffHedge: (() => void) | null = null

  constructor(rules: AttemptRules, request: AimedRequest) {
    this.#rules = rules
    this.#request = request
    this.#startedMs = rules.clock.nowMs()
  }

  start(first: Target): this {
    const { hedging: hedge, clock } = this.#rules
    if (hedge !== null && isSafe(this.#request.method)) {
      this.#callOffHedge = clock.after(hedge.settings.delayMs, () => this.#hedge())
    }
    this.#begin(first)
    return this
  }

  // Requests with a body are not attempted twice, so there is never anything to write.
  write(): boolean {
    return true
  }

  end(): void {}

  resume(): void {
    this.#chosen?.call?.resume()
  }

  cancel(): void {
    this.#callOffAll()
    for (const attempt of this.#running) attempt.cancel()
    this.#running.clear()
    this.#chosen?.call?.cancel()
  }

  takes(attempt: Attempt, status: number, headers: readonly string[]): boolean {
    this.#running.delete(attempt)
    const isBad = status >= 500 || status === 429
    // Another one is on its way and may do better.
    const goesOn = isBad && (this.#running.size > 0 || this.#retry(String(status), leavesAlone(headers)))
    if (goesOn) {
      this.#request.tried(attempt.to, attempt.startedMs, status)
      return false
    }
    this.#chosen = attempt
    this.#callOffAll()
    for (const loser of this.#running) {
      loser.cancel()
      this.#request.tried(loser.to, loser.startedMs, null)
    }
    this.#running.clear()
    return true
  }

  failed(attempt: Attempt, failure: UpstreamFailure): void {
    this.#running.delete(attempt)
    const condition = conditions[failure.kind]
    if (this.#running.size > 0 || (condition !== null && this.#retry(condition, false))) {
      this.#request.tried(attempt.to, attempt.startedMs, null)
      return
    }
    this.#callOffAll()
    this.#request.heardFrom(attempt.to, attempt.startedMs)
    this.#request.onFailure(failure)
  }

  #begin(target: Target): void {
    const { retries: retry, clock } = this.#rules
    if (this.#tried.length > 0) this.#request.aim(target)
    this.#tried.push(target)
    const nowMs = clock.nowMs()
    const attempt = new Attempt(this.#request, target, this.#timeoutsAt(nowMs), nowMs, this)
    this.#running.add(attempt)
    attempt.call = new WatchedCall(this.#rules, target, attempt, attempt)
    attempt.call.start()
    const withinMs = retry?.settings.perTryTimeoutMs ?? 0
    if (withinMs > 0) attempt.limit(withinMs, clock.after)
  }

  /** Whether another attempt will follow a failure of this kind. `elsewhere`: only at another target. */
  #retry(condition: string, elsewhere: boolean): boolean {
    const { retries: retry, clock, breaker } = this.#rules
    if (retry === null || this.#retriesMade === retry.settings.attempts) return false
    const { settings, budget } = retry
    if (!settings.on.some((it) => it === condition)) return false
    if (breaker !== null && breaker.state !== 'closed') return false
    const target = this.#rules.other(this.#request.caller, this.#tried)
    if (target === null || (elsewhere && this.#tried.includes(target))) return false
    const pauseMs = settings.backoffMs * 2 ** this.#retriesMade * (0.5 + clock.random() / 2)
    const { totalMs } = this.#request.timeouts
    if (totalMs > 0 && clock.nowMs() - this.#startedMs + pauseMs >= totalMs) return false
    if (!budget.take()) return false
    this.#retriesMade++
    this.#rules.counts.retries++
    this.#callOffRetry = clock.after(pauseMs, () => this.#again(target))
    return true
  }

  /** After the pause: who was healthy before it need not be so any more, nor need the upstream as a whole. */
  #again(target: Target): void {
    const { breaker, other } = this.#rules
    if (breaker === null || breaker.state === 'closed') {
      this.#begin(other(this.#request.caller, this.#tried) ?? target)
      return
    }
    this.#callOffAll()
    this.#request.onFailure({ kind: 'busy', detail: 'the circuit breaker opened before the next attempt' })
  }

  #hedge(): void {
    const { hedging: hedge, breaker, counts } = this.#rules
    if (hedge === null || this.#running.size !== 1) return
    if (breaker !== null && breaker.state !== 'closed') return
    const target = this.#rules.other(this.#request.caller, this.#tried)
    if (target === null || !hedge.budget.take()) return
    counts.hedges++
    this.#begin(target)
  }

  /** What is left of the limits: the one for the whole exchange counts for all attempts together. */
  #timeoutsAt(nowMs: number): UpstreamTimeouts {
    const { timeouts } = this.#request
    if (timeouts.totalMs === 0 || this.#tried.length === 1) return timeouts
    return { ...timeouts, totalMs: Math.max(1, timeouts.totalMs - (nowMs - this.#startedMs)) }
  }

  #callOffAll(): void {
    this.#callOffRetry?.()
    this.#callOffHedge?.()
  }
}

/** An instance that says when to come back is not asked before (RFC 9110 10.2.3). */
function leavesAlone(headers: readonly string[]): boolean {
  return headers.some((name, i) => i % 2 === 0 && name.toLowerCase() === 'retry-after')
}
