// What upstreams count and how they are, for the metrics of a worker.
import type { Sample } from '../ops/metrics.ts'
import type { Service } from './service.ts'

/** Since the worker began, over all upstreams. */
export class UpstreamCounts {
  retries = 0
  hedges = 0
  ejections = 0
  goodProbes = 0
  badProbes = 0
}

/** Upstreams beyond these have no series of their own: a scrape stays small however many APIs there are. */
const upstreamsMax = 1_000

export function upstreamSamples(services: readonly Service[], counts: UpstreamCounts): Sample[] {
  const states = { healthy: 0, unhealthy: 0, ejected: 0, draining: 0 }
  const own: Sample[] = []
  for (const [i, { id, breaker, targets }] of services.entries()) {
    const healthyBefore = states.healthy
    for (const { condition } of targets.targets) states[condition]++
    states.draining += targets.draining.length
    if (i >= upstreamsMax) continue
    const healthy = states.healthy - healthyBefore
    own.push(sample('gw_upstream_healthy', 'gauge', healthyHelp, healthy, { upstream: id }))
    if (breaker !== null) {
      const open = breaker.state === 'closed' ? 0 : 1
      own.push(sample('gw_upstream_breaker_open', 'gauge', breakerHelp, open, { upstream: id }))
    }
  }
  return [
    ...own,
    ...Object.entries(states).map(([state, count]) =>
      sample('gw_upstream_targets', 'gauge', 'Targets by state, summed over workers.', count, { state }),
    ),
    sample('gw_upstream_retries_total', 'counter', 'Further attempts after a failure.', counts.retries),
    sample('gw_upstream_hedges_total', 'counter', 'Second requests beside slow ones.', counts.hedges),
    sample('gw_upstream_ejections_total', 'counter', 'Targets put out for their answers.', counts.ejections),
    sample('gw_upstream_probes_total', 'counter', probesHelp, counts.goodProbes, { result: 'good' }),
    sample('gw_upstream_probes_total', 'counter', probesHelp, counts.badProbes, { result: 'bad' }),
  ]
}

const healthyHelp = 'Targets of an upstream that are well, summed over workers.'
const breakerHelp = 'Workers whose circuit breaker of an upstream is not closed.'
const probesHelp = 'Health probes, by what came of them.'

function sample(
  name: string,
  type: Sample['type'],
  help: string,
  value: number,
  labels: Readonly<Record<string, string>> = {},
): Sample {
  return { name, help, type, labels, value }
}
