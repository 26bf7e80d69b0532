// Hears what a discoverer says, so that a test can wait for it.
import type { DiscoveredTarget, Discoverer } from '../../upstream/discovery/discoverer.ts'

export interface Listener {
  /** The last list. */
  readonly targets: readonly DiscoveredTarget[]
  readonly urls: readonly string[]
  /** Of the last list or failure. */
  readonly problem: string | null
  readonly readings: number
  readonly failures: number
  /** Resolves when this is so, at once or after one of the next readings or failures. */
  until(isSo: (listener: Listener) => boolean): Promise<void>
  stop(): void
}

export function listenTo(discoverer: Discoverer): Listener {
  let targets: readonly DiscoveredTarget[] = []
  let problem: string | null = null
  let readings = 0
  let failures = 0
  const waiting = new Set<() => void>()
  const listener: Listener = {
    get targets() {
      return targets
    },
    get urls() {
      return targets.map(({ url }) => url)
    },
    get problem() {
      return problem
    },
    get readings() {
      return readings
    },
    get failures() {
      return failures
    },
    until: (isSo) =>
      new Promise((resolve) => {
        const look = () => {
          if (!isSo(listener)) return
          waiting.delete(look)
          resolve()
        }
        waiting.add(look)
        look()
      }),
    stop: () => discoverer.stop(),
  }
  discoverer.start(
    (found, note) => {
      targets = found
      problem = note ?? null
      readings++
      for (const look of [...waiting]) look()
    },
    (reason) => {
      problem = reason
      failures++
      for (const look of [...waiting]) look()
    },
  )
  return listener
}
