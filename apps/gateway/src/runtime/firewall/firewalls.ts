// The firewall as a worker has it: two lanes of requests, each before an inspector of its own that is started when somebody needs it.
import type { Firewalls, ReceivedRequest } from '@gatewright/shared/policies/firewall-ports'
import { SnapshotRefused } from '../../config/parts.ts'
import type { Sample } from '../../ops/metrics.ts'
import type { Answer } from './inspector.ts'
import { type FirewallCounts, Lane, type LaneSettings } from './lane.ts'

export interface FirewallStore extends Firewalls {
  /** Resolves when everything that was opened can be used. Throws `SnapshotRefused` when some of it cannot. */
  settled(): Promise<void>
  readonly counts: FirewallCounts
  close(): void
}

interface Settings extends Pick<LaneSettings, 'rules' | 'log' | 'program'> {
  /** Others in tests. */
  readonly patienceMs?: number
  readonly budgetMs?: number
}

/** Line, fields and body of a request that goes to the lane of the small ones. Rules take time in the square of a length, or worse. */
const smallBytesMax = 8 * 1024
const smallBudgetMs = 500
const largeBudgetMs = 3_000
const patienceDefaultMs = 5_000

/** Small requests do not wait behind large ones, so a flood of hostile bodies leaves what most callers send alone. */
export function createFirewalls({
  patienceMs = patienceDefaultMs,
  budgetMs,
  ...settings
}: Settings): FirewallStore {
  const counts: FirewallCounts = { inspected: 0, unavailable: 0, exhausted: 0, lost: 0 }
  const small = new Lane({ ...settings, counts, patienceMs, budgetMs: budgetMs ?? smallBudgetMs })
  const large = new Lane({ ...settings, counts, patienceMs, budgetMs: budgetMs ?? largeBudgetMs })
  let checks: Promise<Answer | null>[] = []

  return {
    counts,
    open(rules) {
      checks.push(small.prepare(rules))
      return {
        async inspect(request) {
          const lane = bytesOf(request) > smallBytesMax ? large : small
          const verdict = await lane.inspect(rules, request)
          if (verdict.kind === 'judged') counts.inspected++
          else counts[verdict.kind]++
          return verdict
        },
      }
    },
    async settled() {
      const asked = checks
      checks = []
      for (const answer of await Promise.all(asked)) {
        if (answer === null)
          throw new SnapshotRefused(
            'The firewall of this gateway (policy waf) cannot be started: see its log',
          )
        if (answer.kind === 'failed')
          throw new SnapshotRefused(`This gateway cannot run the policy waf: ${answer.reason}`)
      }
    },
    close() {
      small.close()
      large.close()
    },
  }
}

function bytesOf({ target, fields, body }: ReceivedRequest): number {
  let bytes = target.length + (body?.length ?? 0)
  for (const field of fields) bytes += field.length
  return bytes
}

/** For the metrics of a worker. */
export function firewallSamples({
  inspected,
  unavailable,
  exhausted,
  lost,
}: FirewallCounts): readonly Sample[] {
  const counter = (name: string, help: string, value: number): Sample => ({
    name,
    help,
    type: 'counter',
    labels: {},
    value,
  })
  return [
    counter('gw_waf_inspected_total', 'Requests that the firewall judged.', inspected),
    counter('gw_waf_unavailable_total', 'Requests that the firewall could not judge.', unavailable),
    counter('gw_waf_exhausted_total', 'Requests that used up the time of the rules.', exhausted),
    counter('gw_waf_inspectors_lost_total', 'Inspectors of the firewall that crashed or hung.', lost),
  ]
}
