// What happened to one request, step by step, for the person who asks why; exists only when someone asked.
import type { Verdict } from '@gatewright/shared/policies/policy'
import type { BodyPhase, Chain, RequestPhase, StepFacts } from '../config/generation.ts'
import type { RequestContext } from './context.ts'
import { isOver, stoppedBy } from './pipeline.ts'

export interface TraceStep extends StepFacts {
  readonly verdict: 'passed' | 'refused' | 'replied' | 'threw'
  /** Error code of a refusal. */
  readonly reason: string | null
  readonly microseconds: number
}

export interface TraceAttempt {
  /** Internal: a trace is for the API's owner, never for its callers. */
  readonly target: string
  readonly microseconds: number
  readonly status: number | null
}

/** Longest value of the reply field; a longer trace loses its last steps. */
const fieldLengthMax = 8_000

export class Trace {
  readonly steps: TraceStep[] = []
  readonly attempts: TraceAttempt[] = []

  async runPhases(ctx: RequestContext, chain: Chain, from: number, to: number): Promise<Verdict> {
    for (let i = from; i < to && !isOver(ctx); i++) {
      const facts = chain.requestSteps[i] as StepFacts
      const verdict = await this.#run(facts, () => (chain.request[i] as RequestPhase)(ctx))
      if (verdict !== undefined) return stoppedBy(ctx, chain, i, verdict)
    }
    return undefined
  }

  runBody(ctx: RequestContext, { facts, look }: BodyPhase, body: Uint8Array): Promise<Verdict> {
    return this.#run(facts, () => look(ctx, body))
  }

  async #run(facts: StepFacts, phase: () => Verdict | Promise<Verdict>): Promise<Verdict> {
    const startedMs = performance.now()
    let verdict: Verdict
    try {
      verdict = await phase()
    } catch (error) {
      this.#add(facts, 'threw', null, startedMs)
      throw error
    }
    const code = verdict?.kind === 'refusal' ? verdict.code : null
    if (verdict === undefined) this.#add(facts, 'passed', null, startedMs)
    else this.#add(facts, code === null ? 'replied' : 'refused', code, startedMs)
    return verdict
  }

  /** The upstream's answer, or null when it gave none. */
  addAttempt(target: string, startedMs: number, status: number | null): void {
    this.attempts.push({ target, status, microseconds: Math.round((performance.now() - startedMs) * 1_000) })
  }

  /** Value of the reply field that carries the trace: JSON in ASCII. */
  toField(): string {
    const steps = [...this.steps]
    for (;;) {
      const json = JSON.stringify({ steps, attempts: this.attempts })
      const text = json.replace(
        /[^\x20-\x7e]/g,
        (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
      )
      if (text.length <= fieldLengthMax || steps.length === 0) return text
      steps.pop()
    }
  }

  #add(facts: StepFacts, verdict: TraceStep['verdict'], reason: string | null, startedMs: number): void {
    const microseconds = Math.round((performance.now() - startedMs) * 1_000)
    this.steps.push({ ...facts, verdict, reason, microseconds })
  }
}
