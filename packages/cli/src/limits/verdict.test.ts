// The verdict on limiters: exact ones are found exact, each kind of mistake is found, and doubt about a moment accuses nobody.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type LoggedCall, readCallLog, writeCallLog } from './call-log.ts'
import { algorithms, judge, type LimitTerms } from './verdict.ts'

const terms = (algorithm: LimitTerms['algorithm'], limit = 5): LimitTerms => ({
  algorithm,
  limit,
  windowMs: 1_000,
  burst: limit,
})

const call = (sent: number, admitted = true, more: Partial<LoggedCall> = {}): LoggedCall => ({
  sent,
  answered: sent,
  key: 'k',
  gateway: 'a',
  admitted,
  ...more,
})

/** Written apart from the reference on purpose, as plainly as the rules are said. */
function decide(times: readonly number[], { algorithm, limit, windowMs, burst }: LimitTerms): boolean[] {
  const passed: number[] = []
  let opened = Number.NEGATIVE_INFINITY
  return times.map((at) => {
    let isAdmitted: boolean
    if (algorithm === 'fixed-window') {
      if (at - opened >= windowMs) opened = at
      isAdmitted = passed.filter((it) => it >= opened).length < limit
    } else if (algorithm === 'sliding-window-log') {
      isAdmitted = passed.filter((it) => it > at - windowMs).length < limit
    } else {
      isAdmitted = passed.every(
        (from, i) => passed.length - i + 1 <= burst + ((at - from) * limit) / windowMs + 1e-6,
      )
    }
    if (isAdmitted) passed.push(at)
    return isAdmitted
  })
}

const arrivals = fc
  .array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 120 })
  .map((gaps) => gaps.map((_, i) => gaps.slice(0, i + 1).reduce((a, b) => a + b, 0)))

describe.each(algorithms)('%s', (algorithm) => {
  it('finds an exact limiter exact', () => {
    fc.assert(
      fc.property(arrivals, fc.integer({ min: 1, max: 9 }), (times, limit) => {
        const rule = terms(algorithm, limit)
        const verdicts = decide(times, rule)
        const { over, under, admitted, reference } = judge(
          times.map((at, i) => call(at, verdicts[i])),
          rule,
        )
        expect({ over, under, admitted }).toEqual({ over: 0, under: 0, admitted: reference })
      }),
    )
  })

  it('finds what one too many per limit lets in, and what one too few keeps out', () => {
    const times = Array.from({ length: 40 }, (_, i) => i)
    const log = (limit: number) => {
      const verdicts = decide(times, terms(algorithm, limit))
      return times.map((at, i) => call(at, verdicts[i]))
    }
    expect(judge(log(6), terms(algorithm))).toMatchObject({ over: 1, under: 0 })
    expect(judge(log(4), terms(algorithm))).toMatchObject({ over: 0, under: 1 })
  })

  it('finds gateways that count apart', () => {
    const log = ['a', 'b', 'c'].flatMap((gateway) =>
      Array.from({ length: 8 }, (_, i) => call(i, i < 5, { gateway })),
    )
    expect(judge(log, terms(algorithm))).toMatchObject({
      admitted: 15,
      reference: 5,
      over: 10,
      byGateway: { a: 5, b: 5, c: 5 },
    })
  })

  it('accuses nobody while the moment of a decision is in doubt', () => {
    fc.assert(
      fc.property(arrivals, fc.array(fc.nat(600), { minLength: 120, maxLength: 120 }), (times, delays) => {
        const rule = terms(algorithm)
        const verdicts = decide(times, rule)
        const log = times.map((at, i) => {
          const delay = delays[i] ?? 0
          return call(at - (delay % 7) * 40, verdicts[i], { answered: at + delay })
        })
        expect(judge(log, rule).over).toBe(0)
      }),
    )
  })

  it('counts every key by itself', () => {
    const log = ['x', 'y'].flatMap((key) => Array.from({ length: 5 }, (_, i) => call(i, true, { key })))
    expect(judge(log, terms(algorithm))).toMatchObject({ keys: 2, over: 0, under: 0, reference: 10 })
  })
})

it('a window that opened later than its first call went out accuses nobody', () => {
  const log = [
    call(-200, true, { answered: 334 }),
    ...[107, 294, 536, 880].map((at) => call(at)),
    ...Array.from({ length: 5 }, () => call(1_000)),
  ]
  expect(judge(log, terms('fixed-window')).over).toBe(0)
  // Five have room in the first window, five in the second.
  expect(judge([...log, call(1_050)], terms('fixed-window')).over).toBe(1)
})

describe('a log', () => {
  it('reads what it wrote', () => {
    const log = [call(1.5), call(2, false, { answered: 7 })]
    expect(readCallLog(writeCallLog(log), 'log')).toEqual(log)
  })

  it.each([
    ['{"time":1', 'log, line 2: not JSON'],
    ['{"time":1,"key":"k","gateway":"a"}', 'log, line 2: admitted: '],
    ['{"time":5,"answered":4,"key":"k","gateway":"a","admitted":true}', 'log, line 2: answered before'],
  ])('says where %s is wrong', (line, message) => {
    expect(() => readCallLog(`\n${line}\n`, 'log')).toThrow(message)
  })

  it('of nothing proves nothing', () => {
    expect(() => readCallLog('\n', 'log')).toThrow('no calls')
  })
})
