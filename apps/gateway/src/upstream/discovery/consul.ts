// Consul: the instances of a service whose checks pass, told by blocking queries as soon as they change.
// https://developer.hashicorp.com/consul/api-docs/health and …/features/blocking
import type { Discovery } from '@gatewright/shared/model/upstream'
import * as z from 'zod'
import type { RegistryAccessSource } from './access.ts'
import { type DiscoveredTarget, type Discoverer, DiscoveryFailure, instanceAt } from './discoverer.ts'
import { parseAnswer, type RegistryClient, urlBelow } from './registry-client.ts'
import { repeat } from './repeat.ts'

type ConsulSettings = Extract<Discovery, { kind: 'consul' }>

const waitSeconds = 16
// Consul adds up to a sixteenth to the wait; the rest is for the network.
const answerWithinMs = waitSeconds * 1_000 + 1_000 + 3_000
// Consul asks clients not to follow a service that changes all the time without a pause.
const pauseMs = 100
// An answer that came at once and brought nothing new: a server that does not block must not be asked in a loop.
const unblockedPauseMs = 1_000

const entry = z.object({
  Node: z.object({ Address: z.string().default('') }),
  Service: z.object({
    Address: z.string().default(''),
    Port: z.int(),
    Weights: z.object({ Passing: z.int().min(0).default(1) }).nullish(),
  }),
})

export function discoverInConsul(
  settings: ConsulSettings,
  client: RegistryClient,
  accessTo: RegistryAccessSource,
): Discoverer {
  let index = 0

  return repeat(async (tell, signal) => {
    const url = healthUrl(settings, index)
    const access = await accessTo(settings.url)
    const headers: Record<string, string> = access.token === null ? {} : { 'X-Consul-Token': access.token }
    const askedAt = performance.now()
    const before = index
    // After a failure the state is asked for, not what changes in it: it may have changed meanwhile.
    index = 0
    const answer = await client.get({ url, headers, access, timeoutMs: answerWithinMs, signal })
    if (answer.status !== 200) throw new DiscoveryFailure(`${url.host} answers ${answer.status}`)
    const instances = z.array(entry).safeParse(parseAnswer(answer.body, url))
    if (!instances.success)
      throw new DiscoveryFailure(`${url.host} does not answer as Consul’s health endpoint does`)
    tell(instances.data.flatMap((it) => targetsOf(it, settings.scheme)))
    index = nextIndex(before, answer.headers['x-consul-index'])
    const isUnblocked = index === before && performance.now() - askedAt < unblockedPauseMs
    return isUnblocked ? unblockedPauseMs : pauseMs
  })
}

function healthUrl({ url, service, tag, datacenter }: ConsulSettings, index: number): URL {
  const target = urlBelow(url, `/v1/health/service/${encodeURIComponent(service)}`)
  target.searchParams.set('passing', '1')
  if (tag !== null) target.searchParams.set('tag', tag)
  if (datacenter !== null) target.searchParams.set('dc', datacenter)
  if (index > 0) {
    target.searchParams.set('index', String(index))
    target.searchParams.set('wait', `${waitSeconds}s`)
  }
  return target
}

/** Consul's rules for clients: an index that went backwards starts anew, and none is below 1. */
export function nextIndex(before: number, header: string | string[] | undefined): number {
  const index = Number(header)
  if (!Number.isSafeInteger(index)) throw new DiscoveryFailure('The answer has no usable X-Consul-Index')
  if (index < before) return 0
  return Math.max(1, index)
}

/** An instance without an address of its own has that of its node. */
function targetsOf(
  { Node, Service }: z.output<typeof entry>,
  scheme: ConsulSettings['scheme'],
): DiscoveredTarget[] {
  const address = Service.Address || Node.Address
  return instanceAt({ scheme, address, port: Service.Port, weight: Service.Weights?.Passing ?? 1 })
}
