// Attempts against targets that follow a script: whatever happens in whatever order, the caller hears one story.
import { hedging, retries } from '@gatewright/shared/model/upstream'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ManualClock } from '../testing/manual-clock.ts'
import { type AttemptRules, Attempts } from './attempts.ts'
import { Breaker } from './breaker.ts'
import { Budget } from './budget.ts'
import {
  type AimedRequest,
  noBody,
  type UpstreamFailure,
  type UpstreamObserver,
  type UpstreamRequest,
  type UpstreamTarget,
} from './call.ts'
import { Target } from './target.ts'
import { UpstreamCounts } from './upstream-metrics.ts'

type Outcome =
  | { readonly kind: 'head'; readonly afterMs: number; readonly status: number }
  | { readonly kind: 'failure'; readonly afterMs: number; readonly failure: UpstreamFailure['kind'] }
  | { readonly kind: 'silence' }

/** A target that answers each call with the next outcome; the calls it was asked for are in `asked`. */
function scripted(name: string, script: Outcome[], clock: ManualClock, asked: UpstreamRequest[]): Target {
  const client = {
    start(request: UpstreamRequest, observer: UpstreamObserver) {
      asked.push(request)
      if (request.load) request.load.open++
      let isOver = false
      const over = () => {
        if (!isOver && request.load) request.load.open--
        isOver = true
      }
      const outcome = script.shift() ?? { kind: 'silence' }
      if (outcome.kind !== 'silence') {
        clock.after(outcome.afterMs, () => {
          if (isOver) return
          if (outcome.kind === 'failure') {
            over()
            observer.onFailure({ kind: outcome.failure, detail: 'scripted' })
            return
          }
          observer.onHead(outcome.status, '', [], 4)
          if (isOver) return
          observer.onBody(Buffer.from(name), 0, name.length)
          over()
          observer.onEnd([])
        })
      }
      return { write: () => true, end: () => undefined, resume: () => undefined, cancel: over }
    },
  }
  const facts = { url: `http://${name}`, hostName: null, region: null, source: 'settings' } as const
  return new Target(facts, { client, authority: name, pathPrefix: `/${name}` }, 1, 0)
}

/** A request that writes down all it hears. */
class Heard implements AimedRequest {
  readonly method = 'GET'
  target = ''
  headers: readonly string[] = []
  readonly bodyLength = noBody
  readonly timeouts
  readonly caller = { clientAddress: '192.0.2.1', principal: null, header: () => undefined }
  readonly story: string[] = []
  readonly tries: (number | null)[] = []
  #from = ''

  constructor(totalMs: number) {
    this.timeouts = { connectMs: 0, firstByteMs: 0, idleMs: 0, totalMs }
  }

  aim(target: UpstreamTarget): void {
    this.target = `${target.pathPrefix}/`
    this.headers = ['Host', target.authority]
  }
  heardFrom(target: UpstreamTarget): void {
    this.#from = target.authority
  }
  tried(_target: UpstreamTarget, _startedMs: number, status: number | null): void {
    this.tries.push(status)
  }
  onInterim(): void {}
  onHead(status: number): void {
    this.story.push(`head ${status} from ${this.#from}`)
  }
  onBody(buffer: Buffer, start: number, end: number): boolean {
    this.story.push(`body of ${buffer.toString('latin1', start, end)}`)
    return true
  }
  onEnd(): void {
    this.story.push('end')
  }
  onLull(): void {}
  onDrain(): void {}
  onFailure({ kind }: UpstreamFailure): void {
    this.story.push(`${kind} from ${this.#from}`)
  }
}

interface Scene {
  readonly scripts: Readonly<Record<string, Outcome[]>>
  readonly retries?: Parameters<typeof retries.parse>[0] | null
  readonly hedgeAfterMs?: number | null
  readonly totalMs?: number
  readonly breaker?: Breaker | null
  readonly clock?: ManualClock
}

function play({ scripts, clock = new ManualClock(), ...scene }: Scene) {
  const asked: UpstreamRequest[] = []
  const targets = Object.entries(scripts).map(([name, script]) => scripted(name, [...script], clock, asked))
  const request = new Heard(scene.totalMs ?? 0)
  const counts = new UpstreamCounts()
  const rules: AttemptRules = {
    clock,
    breaker: scene.breaker ?? null,
    outliers: null,
    timed: false,
    retries: scene.retries
      ? { settings: retries.parse(scene.retries), budget: new Budget(100, clock) }
      : null,
    hedging:
      scene.hedgeAfterMs == null
        ? null
        : { settings: hedging.parse({ delayMs: scene.hedgeAfterMs }), budget: new Budget(100, clock) },
    other: (_caller, tried) => targets.find((target) => !tried.includes(target)) ?? targets[0] ?? null,
    counts,
  }
  const [first] = targets
  if (first === undefined) throw new Error('a scene has targets')
  request.aim(first)
  const attempts = new Attempts(rules, request).start(first)
  const open = () => targets.reduce((sum, { load }) => sum + load.open, 0)
  return { clock, asked, request, attempts, counts, open }
}

const head = (status: number, afterMs = 10): Outcome => ({ kind: 'head', afterMs, status })
const failure = (kind: UpstreamFailure['kind'], afterMs = 10): Outcome => ({
  kind: 'failure',
  afterMs,
  failure: kind,
})
const silence: Outcome = { kind: 'silence' }

describe('attempts', () => {
  it('A17: each is written for its own target, and the answer is that of the last', () => {
    const { clock, asked, request } = play({
      scripts: { aaaa: [head(503)], bbbb: [head(200)] },
      retries: { backoffMs: 25 },
    })
    clock.advance(1_000)
    expect(asked.map(({ target, headers }) => [target, headers[1]])).toEqual([
      ['/aaaa/', 'aaaa'],
      ['/bbbb/', 'bbbb'],
    ])
    expect(request.story).toEqual(['head 200 from bbbb', 'body of bbbb', 'end'])
    expect(request.tries).toEqual([503])
  })

  it('A17: pauses twice as long each time, half of it random', () => {
    const { clock, asked } = play({
      scripts: { aaaa: [head(503, 0), head(503, 0), head(503, 0)] },
      retries: { attempts: 2, backoffMs: 100 },
    })
    const startMs = clock.nowMs()
    const at: number[] = []
    while (asked.length < 3) {
      const before = asked.length
      clock.advance(1)
      if (asked.length > before) at.push(clock.nowMs() - startMs)
    }
    const [first = 0, second = 0] = at
    expect(first).toBeGreaterThanOrEqual(50)
    expect(first).toBeLessThanOrEqual(101)
    expect(second - first).toBeGreaterThanOrEqual(100)
    expect(second - first).toBeLessThanOrEqual(201)
  })

  it('A16: nothing is retried while the breaker is not closed', () => {
    const clock = new ManualClock()
    const settings = {
      failurePercent: 1,
      minRequests: 1,
      windowMs: 1_000,
      openMs: 1_000,
      halfOpenRequests: 1,
    }
    const { asked, request } = play({
      clock,
      scripts: { aaaa: [head(503)], bbbb: [head(200)] },
      retries: {},
      breaker: new Breaker(settings, clock),
    })
    clock.advance(1_000)
    expect(asked).toHaveLength(1)
    expect(request.story[0]).toBe('head 503 from aaaa')
  })

  it('A16: nor when the breaker opened during the pause before it', () => {
    const clock = new ManualClock()
    const settings = { failurePercent: 50, minRequests: 3, windowMs: 1_000, openMs: 100, halfOpenRequests: 1 }
    const breaker = new Breaker(settings, clock)
    const { asked, request } = play({
      clock,
      scripts: { aaaa: [head(503)], bbbb: [head(200)] },
      retries: { backoffMs: 200 },
      breaker,
    })
    clock.advance(20)
    // What others see meanwhile.
    breaker.failed(breaker.epoch)
    breaker.failed(breaker.epoch)
    clock.advance(1_000)
    expect(asked).toHaveLength(1)
    expect(request.story).toEqual(['busy from '])
  })

  it('A17: an answer that is not HTTP, and the end of all time, are passed on', () => {
    for (const kind of ['invalid_response', 'total_timeout'] as const) {
      const { clock, asked, request } = play({
        scripts: { aaaa: [failure(kind)], bbbb: [head(200)] },
        retries: {},
      })
      clock.advance(1_000)
      expect(asked).toHaveLength(1)
      expect(request.story).toEqual([`${kind} from aaaa`])
    }
  })

  it('a bad answer is dropped while another request may do better, and is the answer when none does', () => {
    const better = play({ scripts: { aaaa: [head(500, 100)], bbbb: [head(200, 200)] }, hedgeAfterMs: 50 })
    better.clock.advance(1_000)
    expect(better.request.story[0]).toBe('head 200 from bbbb')
    const worse = play({ scripts: { aaaa: [head(500, 100)], bbbb: [head(502, 200)] }, hedgeAfterMs: 50 })
    worse.clock.advance(1_000)
    expect(worse.request.story[0]).toBe('head 502 from bbbb')
    expect(worse.counts.hedges).toBe(1)
  })

  it('whatever targets do, the caller hears one story, nothing stays open and no limit is passed', () => {
    const outcome = fc.oneof(
      fc.record({
        kind: fc.constant('head' as const),
        afterMs: fc.integer({ min: 0, max: 300 }),
        status: fc.constantFrom(200, 404, 429, 500, 503),
      }),
      fc.record({
        kind: fc.constant('failure' as const),
        afterMs: fc.integer({ min: 0, max: 300 }),
        failure: fc.constantFrom(
          'unreachable' as const,
          'connect_timeout' as const,
          'first_byte_timeout' as const,
          'closed_early' as const,
          'invalid_response' as const,
        ),
      }),
      fc.constant(silence),
    )
    const scripts = fc.record({
      aaaa: fc.array(outcome, { maxLength: 4 }),
      bbbb: fc.array(outcome, { maxLength: 4 }),
      cccc: fc.array(outcome, { maxLength: 4 }),
    })
    const settings = fc.record({
      attempts: fc.integer({ min: 1, max: 5 }),
      on: fc.constant(['connect', 'reset', 'timeout', '429', '500', '503']),
      perTryTimeoutMs: fc.constant(150),
      backoffMs: fc.integer({ min: 0, max: 50 }),
    })
    const hedgeAfterMs = fc.option(fc.integer({ min: 1, max: 200 }))
    const cancelAfterMs = fc.option(fc.integer({ min: 0, max: 500 }))
    fc.assert(
      fc.property(
        scripts,
        fc.option(settings),
        hedgeAfterMs,
        cancelAfterMs,
        (given, retry, hedge, cancel) => {
          const scene = play({
            scripts: given,
            retries: (retry as Scene['retries']) ?? null,
            hedgeAfterMs: hedge,
          })
          const { clock, asked, request, attempts, open, counts } = scene
          if (cancel !== null) {
            clock.advance(cancel)
            const before = [...request.story]
            attempts.cancel()
            clock.advance(100_000)
            expect(request.story).toEqual(before)
          } else {
            clock.advance(100_000)
            const heads = request.story.filter((line) => line.startsWith('head'))
            const failures = request.story.filter(
              (line) => line.includes(' from ') && !line.startsWith('head'),
            )
            const isOver = heads.length + failures.length
            expect(isOver).toBeLessThanOrEqual(1)
            // Without a limit on an attempt, one that hears nothing waits: its client has limits of its own.
            if (retry !== null) expect(isOver).toBe(1)
            const from = /from (\w+)/.exec(heads[0] ?? '')?.[1]
            if (heads.length > 0) expect(request.story.slice(1)).toEqual([`body of ${from}`, 'end'])
            if (isOver === 1) {
              expect(asked.length).toBe(request.tries.length + 1)
              attempts.cancel()
            }
          }
          expect(asked.length).toBeLessThanOrEqual(1 + (retry?.attempts ?? 0) + (hedge === null ? 0 : 1))
          // A retry that was called off in its pause was counted and never made.
          if (cancel === null) expect(asked.length).toBe(1 + counts.retries + counts.hedges)
          if (cancel !== null || request.story.length > 0) expect([open(), clock.pending]).toEqual([0, 0])
        },
      ),
      { numRuns: 500 },
    )
  })
})
