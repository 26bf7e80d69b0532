// Eureka: the instances of an application that say they are up. The registry tells nothing by itself, so it is asked every 2 s.
// https://github.com/Netflix/eureka/wiki/Eureka-REST-operations
import { isIP } from 'node:net'
import type { Discovery } from '@gatewright/shared/model/upstream'
import * as z from 'zod'
import type { RegistryAccessSource } from './access.ts'
import { type DiscoveredTarget, type Discoverer, DiscoveryFailure, instanceAt } from './discoverer.ts'
import { parseAnswer, type RegistryClient, urlBelow } from './registry-client.ts'
import { repeat } from './repeat.ts'

type EurekaSettings = Extract<Discovery, { kind: 'eureka' }>

const pollMs = 2_000
const answerWithinMs = 2_000

// Eureka writes numbers and booleans as text or not, by version.
const port = z.object({ $: z.coerce.number().int(), '@enabled': z.union([z.boolean(), z.string()]) })
const instance = z.object({
  hostName: z.string().default(''),
  ipAddr: z.string().default(''),
  status: z.string(),
  port: port.optional(),
  securePort: port.optional(),
  metadata: z.object({ zone: z.string().optional() }).nullish(),
})
type Instance = z.output<typeof instance>
// An application with one instance may have it without a list around it.
const application = z.object({
  application: z.object({ instance: z.union([z.array(instance), instance.transform((it) => [it])]) }),
})

export function discoverInEureka(
  { url: base, app }: EurekaSettings,
  client: RegistryClient,
  accessTo: RegistryAccessSource,
  random: () => number = Math.random,
): Discoverer {
  return repeat(async (tell, signal) => {
    // Names of applications are upper case in the registry, however they were registered.
    const url = urlBelow(base, `/apps/${encodeURIComponent(app.toUpperCase())}`)
    const access = await accessTo(base)
    const headers: Record<string, string> =
      access.token === null ? {} : { Authorization: `Basic ${Buffer.from(access.token).toString('base64')}` }
    const answer = await client.get({ url, headers, access, timeoutMs: answerWithinMs, signal })
    if (answer.status === 404) tell([], `${url.host} knows no application ${app.toUpperCase()}`)
    else if (answer.status !== 200) throw new DiscoveryFailure(`${url.host} answers ${answer.status}`)
    else tell(instancesIn(parseAnswer(answer.body, url), url))
    return pollMs * (1 + random() / 4)
  }, random)
}

function instancesIn(answer: unknown, url: URL): DiscoveredTarget[] {
  const parsed = application.safeParse(answer)
  if (!parsed.success) throw new DiscoveryFailure(`${url.host} does not answer as Eureka does`)
  const { instance: instances } = parsed.data.application
  return instances.filter(({ status }) => status === 'UP').flatMap(targetsOf)
}

/** By the secure port where it is switched on, as Eureka’s own clients do. */
function targetsOf({ hostName, ipAddr, port, securePort, metadata }: Instance): DiscoveredTarget[] {
  const isSecure = isOn(securePort)
  const open = isSecure ? securePort : port
  if (open === undefined || !isOn(open)) return []
  return instanceAt({
    scheme: isSecure ? 'https' : 'http',
    address: isIP(ipAddr) === 0 ? hostName : ipAddr,
    port: open.$,
    hostName,
    region: metadata?.zone,
  })
}

function isOn(given: z.output<typeof port> | undefined): boolean {
  return given !== undefined && String(given['@enabled']) === 'true'
}
