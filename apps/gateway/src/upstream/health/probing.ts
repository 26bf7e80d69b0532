// Active health: asks one target again and again how it is, and says when that is settled.
import type { activeHealth } from '@gatewright/shared/model/upstream'
import type * as z from 'zod'
import type { Clock } from '../clock.ts'

export type ActiveHealth = z.output<typeof activeHealth>

/** Asks once: null = it is well, otherwise why not, for people. */
export type Probe = () => Promise<string | null>

export interface ProbeReport {
  /** Each probe, when it is over. */
  probed(isGood: boolean): void
  /** So many probes in a row were good, or bad, that the target is taken to be so. Told once per change. */
  settled(isHealthy: boolean, reason: string | null): void
}

/** Where all gateways started together, they do not ask together. */
const jitter = 0.1

/** `isHealthy`: what the target is taken to be until probes settle it otherwise. The answer stops asking. */
export function startProbing(
  settings: Pick<ActiveHealth, 'intervalMs' | 'healthyAfter' | 'unhealthyAfter'>,
  clock: Clock,
  probe: Probe,
  isHealthy: boolean,
  report: ProbeReport,
): () => void {
  let healthy = isHealthy
  let inRow = 0
  let stopped = false
  let callOff = clock.after(clock.random() * settings.intervalMs, ask)

  async function ask(): Promise<void> {
    const problem = await probe().catch((error: Error) => error.message)
    if (stopped) return
    const isGood = problem === null
    report.probed(isGood)
    inRow = isGood === healthy ? 0 : inRow + 1
    if (inRow > 0 && inRow >= (isGood ? settings.healthyAfter : settings.unhealthyAfter)) {
      healthy = isGood
      report.settled(
        healthy,
        healthy ? null : `${inRow} ${inRow === 1 ? 'probe' : 'probes'} failed: ${problem}`,
      )
      inRow = 0
    }
    callOff = clock.after(settings.intervalMs * (1 - jitter + 2 * jitter * clock.random()), ask)
  }

  return () => {
    stopped = true
    callOff()
  }
}
