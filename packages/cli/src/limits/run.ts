// Calls gateways as fast as they answer, and writes down what became of each call.
import { setTimeout as delay } from 'node:timers/promises'
import { Failure } from '../failure.ts'
import type { LoggedCall } from './call-log.ts'

export interface Run {
  /** Base URLs; calls go to them in turn. */
  readonly gateways: readonly string[]
  readonly path: string
  readonly headers: Headers
  readonly forMs: number
  readonly concurrency: number
  /** Calls per second, all gateways together; null = as fast as they answer. */
  readonly rate: number | null
}

const answerWithinMs = 30_000

export async function callGateways({
  gateways,
  path,
  headers,
  forMs,
  concurrency,
  rate,
}: Run): Promise<LoggedCall[]> {
  const calls: LoggedCall[] = []
  const startedAt = now()
  let count = 0

  async function once(): Promise<void> {
    const index = count++
    if (rate !== null) {
      const waitMs = startedAt + (index * 1000) / rate - now()
      if (waitMs > 0) await delay(waitMs)
    }
    const gateway = gateways[index % gateways.length] as string
    const url = new URL(path, gateway)
    const sent = now()
    let response: Response
    try {
      response = await fetch(url, { headers, signal: AbortSignal.timeout(answerWithinMs) })
      await response.arrayBuffer()
    } catch (thrown) {
      const cause = thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown
      throw new Failure(`${url}: ${cause instanceof Error ? cause.message : String(cause)}`)
    }
    const { status } = response
    if (status !== 429 && !response.ok)
      throw new Failure(`${url} answered ${status}: neither let through nor limited`)
    calls.push({ sent, answered: now(), key: 'run', gateway, admitted: response.ok })
  }

  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      while (now() - startedAt < forMs) await once()
    }),
  )
  return calls
}

// Unix milliseconds with fractions, on a clock that is never set.
const now = () => performance.timeOrigin + performance.now()
