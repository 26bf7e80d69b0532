// Reads a registry again and again until it is stopped: after the pause it asks for, and ever later while it fails.
import { setTimeout as delay } from 'node:timers/promises'
import { type DiscoveredTarget, type Discoverer, DiscoveryFailure } from './discoverer.ts'

const firstRetryMs = 250
// Short, because what changes while a registry is away is only seen when it is back.
const retryMsMax = 4_000

/** One reading; answers how many milliseconds later the next one begins. Throws `DiscoveryFailure`. */
export type Turn = (
  tell: (targets: readonly DiscoveredTarget[], note?: string) => void,
  signal: AbortSignal,
) => Promise<number>

/** `random`: 0 ≤ n < 1, for jitter, so that the gateways of a fleet do not come back to a registry at the same moment. */
export function repeat(turn: Turn, random: () => number = Math.random): Discoverer {
  const stopping = new AbortController()
  const { signal } = stopping

  return {
    start(onTargets, onError) {
      async function run() {
        let failures = 0
        while (!signal.aborted) {
          let pauseMs: number
          try {
            pauseMs = await turn((targets, note) => {
              failures = 0
              if (!signal.aborted) onTargets(targets, note)
            }, signal)
          } catch (error) {
            if (signal.aborted) return
            onError(error instanceof DiscoveryFailure ? error.message : `Reading it failed: ${String(error)}`)
            pauseMs = Math.min(retryMsMax, firstRetryMs * 2 ** failures++) * (0.5 + random() / 2)
          }
          await delay(pauseMs, undefined, { signal }).catch(() => undefined)
        }
      }
      void run()
    },
    stop() {
      stopping.abort()
    },
  }
}
