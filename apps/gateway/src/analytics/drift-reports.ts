// What a worker counted of drift, on its way to the control plane: among the events, in batches that are numbered (ADR 92).
import { packDrift } from '@gatewright/shared/event-batch'
import type { DriftCounts } from '../runtime/schemas/drift.ts'
import type { EventBuffer } from './buffer.ts'

interface DriftReports {
  /** Hands over what was counted since the last time. */
  send(): void
}

/** @param environmentId of the generation that serves; null = there is none yet. */
export function createDriftReports(
  drift: DriftCounts,
  events: EventBuffer,
  environmentId: () => string | null,
): DriftReports {
  const source = crypto.randomUUID()
  let number = 0
  return {
    send() {
      const environment = environmentId()
      if (environment === null) return
      for (let records = drift.take(); records.length > 0; records = drift.take()) {
        events.pushReport(packDrift({ source, number: number++, environmentId: environment, records }))
      }
    },
  }
}
