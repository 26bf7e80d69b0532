// An API with two releases behind it on three gateways, as its owner makes one: what the tests of canaries and switches share.
import { type Traffic, traffic as trafficSchema } from '@gatewright/shared/model/traffic'
import { upstreamSettings } from '@gatewright/shared/model/upstream'
import type * as z from 'zod'
import { type Release, startRelease } from './releases.ts'
import { live, type Published, type Rig, type Subscriber, tenant } from './rig.ts'

export interface ReleasedApi extends AsyncDisposable {
  readonly published: Published
  readonly subscriber: Subscriber
  /** Both behind the upstreams `default` and `canary`. */
  readonly stable: Release
  readonly canary: Release
  /** Live on all gateways when it returns. */
  setTraffic(wanted: Partial<z.input<typeof trafficSchema>>): Promise<void>
  /** One call, each time to the next gateway; the release that answered, or null. */
  ask(): Promise<{ status: number; release: string | null }>
}

export const spread = (canary: number): Traffic['shares'] => [
  { upstream: 'default', weight: 100 - canary },
  { upstream: 'canary', weight: canary },
]

export async function startReleases(rig: Rig, name: string): Promise<ReleasedApi> {
  const { client } = rig.owner
  const [stable, canary] = [await startRelease('stable'), await startRelease('canary')]
  const published = await rig.publish(name, { upstreamUrl: stable.url })
  const at = { tenant, api: name, apiVersion: 'v1' }
  const { version } = await client.versions.get(at)
  await client.upstreams.set(
    { ...at, upstream: 'canary', ...upstreamSettings.parse({ targets: [{ url: canary.url }] }) },
    { context: { ifMatch: version } },
  )
  await client.publishing.publish({ ...at, environments: [rig.stack.environment] }, { context: live() })
  const subscriber = await rig.subscribe(published)
  let asked = 0
  return {
    published,
    subscriber,
    stable,
    canary,
    async setTraffic(wanted) {
      const place = { ...at, environment: rig.stack.environment }
      const answer = await client.publishing.setTraffic(
        { ...place, ...trafficSchema.parse(wanted) },
        { context: live() },
      )
      if (!answer.live?.every((one) => one.live)) throw new Error(`not live: ${JSON.stringify(answer.live)}`)
    },
    async ask() {
      const gateway = rig.stack.gateways[asked++ % rig.stack.gateways.length]
      const response = await fetch(`${gateway?.url}${published.path}`, {
        headers: { 'x-api-key': subscriber.key },
      })
      await response.arrayBuffer()
      return { status: response.status, release: response.headers.get('x-release') }
    },
    async [Symbol.asyncDispose]() {
      await stable[Symbol.asyncDispose]()
      await canary[Symbol.asyncDispose]()
    },
  }
}

/** Callers who ask as fast as they are answered. */
export function askAlways({ ask }: ReleasedApi, callers: number) {
  const seen = { total: 0, stable: 0, canary: 0, hurt: 0, firstHurtMs: 0, lastHurtMs: 0 }
  let isOver = false
  const runs = Array.from({ length: callers }, async () => {
    while (!isOver) {
      const { status, release } = await ask().catch(() => ({ status: 0, release: null }))
      seen.total++
      if (release === 'stable') seen.stable++
      if (release === 'canary') seen.canary++
      if (status === 200) continue
      seen.hurt++
      seen.lastHurtMs = performance.now()
      seen.firstHurtMs ||= seen.lastHurtMs
    }
  })
  return {
    seen,
    async [Symbol.asyncDispose]() {
      isOver = true
      await Promise.all(runs)
    },
  }
}
