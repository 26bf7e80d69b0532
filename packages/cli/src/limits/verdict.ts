// How exact a limiter was: what it admitted, against the rule itself and against an exact limiter that met the same calls.
import type { LoggedCall } from './call-log.ts'

export const algorithms = ['fixed-window', 'sliding-window-log', 'token-bucket'] as const

export interface LimitTerms {
  readonly algorithm: (typeof algorithms)[number]
  readonly limit: number
  readonly windowMs: number
  /** Size of the token bucket. */
  readonly burst: number
}

export interface LimitVerdict {
  readonly keys: number
  readonly calls: number
  readonly admitted: number
  /** What an exact limiter admits of the same calls. */
  readonly reference: number
  /** Calls that were admitted and for which the rule had no room, at whatever moment they were decided. */
  readonly over: number
  /** Calls that an exact limiter admits beyond those that were. */
  readonly under: number
  readonly byGateway: Readonly<Record<string, number>>
}

/** Every key is counted by itself. */
export function judge(calls: readonly LoggedCall[], terms: LimitTerms): LimitVerdict {
  const byGateway: Record<string, number> = {}
  let [admitted, reference, over, under] = [0, 0, 0, 0]
  const keys = Map.groupBy(calls, (call) => call.key)
  for (const own of keys.values()) {
    const passed = own.filter((call) => call.admitted)
    const exact = countReference(own, terms)
    admitted += passed.length
    reference += exact
    over += countExcess(passed, terms)
    under += Math.max(0, exact - passed.length)
  }
  for (const { gateway, admitted: passed } of calls) {
    byGateway[gateway] = (byGateway[gateway] ?? 0) + (passed ? 1 : 0)
  }
  return { keys: keys.size, calls: calls.length, admitted, reference, over, under, byGateway }
}

/** How many of these calls a limiter admits that counts them alone, one after the other, on one clock. */
function countReference(calls: readonly LoggedCall[], terms: LimitTerms): number {
  const admits = createReference(terms)
  const arrivals = calls.map(({ sent }) => sent).sort((a, b) => a - b)
  return arrivals.filter(admits).length
}

function createReference({ algorithm, limit, windowMs, burst }: LimitTerms): (at: number) => boolean {
  switch (algorithm) {
    case 'fixed-window': {
      let [opened, used] = [Number.NEGATIVE_INFINITY, 0]
      return (at) => {
        if (at >= opened + windowMs) [opened, used] = [at, 0]
        return ++used <= limit
      }
    }
    case 'sliding-window-log': {
      const passed: number[] = []
      return (at) => {
        const before = passed[passed.length - limit]
        if (before !== undefined && before > at - windowMs) return false
        passed.push(at)
        return true
      }
    }
    case 'token-bucket': {
      const perMs = limit / windowMs
      let [tokens, last] = [burst, Number.NEGATIVE_INFINITY]
      return (at) => {
        tokens = Math.min(burst, tokens + (at - last) * perMs)
        last = at
        if (tokens < 1 - tolerance) return false
        tokens--
        return true
      }
    }
  }
}

const tolerance = 1e-6

/**
 * How many of the calls that passed must not have. A call was decided at some moment between its way out and its answer; it is
 * one too many only when it is so for every such moment.
 */
function countExcess(passed: readonly LoggedCall[], terms: LimitTerms): number {
  return terms.algorithm === 'fixed-window'
    ? excessOfWindows(passed, terms)
    : excessOfStretches(
        [...passed].sort((a, b) => a.answered - b.answered),
        terms,
      )
}

/**
 * A window opens with a call, and not before the one before is over. When it did is in doubt as the moments of calls are, so each
 * has an earliest and a latest opening. A call may be of it when it was sent before its latest end, and of a later one when it was
 * answered after its earliest. Calls that had to be decided first take the room first (earliest deadline first): more than so
 * cannot find room in any window.
 */
function excessOfWindows(calls: readonly LoggedCall[], { limit, windowMs }: LimitTerms): number {
  const bySent = calls.toSorted((a, b) => a.sent - b.sent)
  const byAnswer = calls.toSorted((a, b) => a.answered - b.answered)
  const firstAnswerFrom = minimaFrom(bySent.map(({ answered }) => answered))
  const firstSentFrom = minimaFrom(byAnswer.map(({ sent }) => sent))
  let [earliestEnd, latestEnd] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY]
  let [met, answeredBefore, excess] = [0, 0, 0]
  let waiting: LoggedCall[] = []
  while (met < bySent.length || waiting.length > 0) {
    while ((byAnswer[answeredBefore]?.answered ?? earliestEnd) < earliestEnd) answeredBefore++
    earliestEnd = Math.max(earliestEnd, firstSentFrom[answeredBefore] ?? 0) + windowMs
    latestEnd = (firstAnswerFrom[met] ?? Number.POSITIVE_INFINITY) + windowMs
    for (let call = bySent[met]; call !== undefined && call.sent < latestEnd; call = bySent[++met])
      waiting.push(call)
    waiting.sort((a, b) => a.answered - b.answered)
    const homeless = waiting.slice(limit)
    waiting = homeless.filter(({ answered }) => answered >= earliestEnd)
    excess += homeless.length - waiting.length
  }
  return excess
}

/** The least of each value and those behind it. */
function minimaFrom(values: readonly number[]): number[] {
  const minima = [...values]
  for (let i = minima.length - 2; i >= 0; i--)
    minima[i] = Math.min(minima[i] as number, minima[i + 1] as number)
  return minima
}

/** In no stretch of time more than the rule allows for its length. */
function excessOfStretches(calls: readonly LoggedCall[], terms: LimitTerms): number {
  const { algorithm, limit, windowMs, burst } = terms
  const allowed = (ms: number) =>
    algorithm === 'token-bucket'
      ? burst + (ms * limit) / windowMs
      : ms < windowMs
        ? limit
        : Number.POSITIVE_INFINITY
  // When those went out that may have passed, in order.
  const sent: number[] = []
  let excess = 0
  for (const call of calls) {
    let isOneTooMany = false
    let within = 1
    for (let i = sent.length - 1; i >= 0 && !isOneTooMany; i--) {
      const begin = Math.min(sent[i] as number, call.sent)
      const room = allowed(call.answered - begin)
      if (room >= sent.length + 1) break
      isOneTooMany = ++within > room + tolerance
    }
    if (isOneTooMany) {
      excess++
      continue
    }
    let at = sent.length
    while (at > 0 && (sent[at - 1] as number) > call.sent) at--
    sent.splice(at, 0, call.sent)
  }
  return excess
}
