// A soak: steady traffic with everything on, and a change of the configuration every so often, for as long as one likes.
import { setTimeout as delay } from 'node:timers/promises'
import { policyInput } from '@gatewright/shared/policies/specs'
import { type Sample, type Verdict, verdictOf } from '../scripts/soak-verdict.ts'
import { failed, Load, percentile } from './load.ts'
import { type Rig, setPolicies } from './rig.ts'
import { metricOf, TestUpstream } from './standalone.ts'

const connections = 32
/** About a thousand requests a second: work for a gateway, and room for everything else on the machine. */
const pauseMs = 30
const looks = 60
const looksPerChange = 4

const policies = (marker: string) => [
  policyInput.parse({ type: 'rate-limit', name: 'rate', config: { limit: 1_000_000, windowMs: 60_000 } }),
  policyInput.parse({
    type: 'headers',
    name: 'marker',
    config: { response: { set: [{ name: 'x-marker', value: marker }] } },
  }),
]

/** Says a line for each look at the gateways, sixty in all; every fourth is followed by a change of the configuration. */
export async function soak(rig: Rig, seconds: number, say: (line: string) => void): Promise<Verdict> {
  const upstream = await TestUpstream.start()
  try {
    return await soakThrough(rig, upstream, seconds, say)
  } finally {
    await upstream[Symbol.asyncDispose]()
  }
}

async function soakThrough(
  rig: Rig,
  upstream: TestUpstream,
  seconds: number,
  say: (line: string) => void,
): Promise<Verdict> {
  const published = await rig.publish('soak', { upstreamUrl: upstream.url, planPolicies: policies('0') })
  const { key } = await rig.subscribe(published)
  const samples: Sample[] = []
  let failures = 0
  const everyMs = (seconds * 1_000) / looks
  const load = new Load({ url: published.url, connections, pauseMs, headers: { 'x-api-key': key } })
  const startedMs = performance.now()
  try {
    for (let look = 1; look <= looks; look++) {
      await delay(Math.max(0, startedMs + look * everyMs - performance.now()))
      const tally = load.take()
      const rss = await Promise.all(
        rig.stack.gateways.map(({ opsUrl }) => metricOf(opsUrl, 'process_resident_memory_bytes')),
      )
      const sample = {
        seconds: (performance.now() - startedMs) / 1_000,
        rssMb: rss.reduce((sum, bytes) => sum + bytes, 0) / 2 ** 20,
        p99Ms: percentile(tally.latenciesMs, 0.99),
      }
      samples.push(sample)
      const answered = tally.latenciesMs.length
      failures += failed(tally) + tally.mixedUp + answered - (tally.statuses[200] ?? 0)
      say(
        `${sample.seconds.toFixed(0).padStart(6)} s  ${String(answered).padStart(7)} requests  p99 ${sample.p99Ms.toFixed(1)} ms  ${sample.rssMb.toFixed(0)} MB`,
      )
      if (look % looksPerChange === 0)
        await setPolicies(rig.owner.client, 'plan', published.planId, policies(String(look)))
    }
  } finally {
    await load.stop()
  }
  return verdictOf(samples, failures)
}
