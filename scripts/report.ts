// Runs steps one after the other, says how each went, and ends with the line that CI reads: `N passed, N failed`.
import type { Outcome, Step } from './checks.ts'

/** Answers the exit code. `only` names the steps to run, by a part of their names. */
export async function runSteps(steps: Step[], only: string[]): Promise<number> {
  const chosen = steps.filter(({ name }) => only.length === 0 || only.some((part) => name.includes(part)))
  if (chosen.length === 0) {
    console.error(`No step is named so. Steps: ${steps.map(({ name }) => name).join(', ')}.`)
    return 1
  }
  let passed = 0
  let failed = 0
  for (const { name, run } of chosen) {
    const started = performance.now()
    const outcome: Outcome = await run().catch((error: unknown) => ({
      passed: 0,
      failed: 1,
      output: error instanceof Error ? error.message : String(error),
    }))
    passed += outcome.passed
    failed += outcome.failed
    console.log(describeOutcome(name, outcome, (performance.now() - started) / 1_000))
    if (outcome.note !== undefined) console.log(`  ${outcome.note}`)
    if (outcome.failed > 0) console.log(`${outcome.output.trimEnd()}\n`)
  }
  console.log(`${passed} passed, ${failed} failed`)
  return failed === 0 ? 0 : 1
}

type Counts = { passed: number; failed: number; skipped?: number }

function describeOutcome(name: string, { passed, failed, skipped }: Counts, seconds: number): string {
  const counts = [
    `${passed} passed`,
    ...(failed ? [`${failed} failed`] : []),
    ...(skipped ? [`${skipped} skipped`] : []),
  ]
  const sign = failed > 0 ? '✗' : passed === 0 && skipped ? '–' : '✓'
  return `${sign} ${name.padEnd(26)} ${counts.join(', ').padEnd(34)} ${seconds.toFixed(1)} s`
}
