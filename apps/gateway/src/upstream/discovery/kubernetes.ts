// Kubernetes: the ready endpoints of a service, listed once and then watched, so that changes are seen as they happen.
// https://kubernetes.io/docs/reference/using-api/api-concepts/ (watches, bookmarks, 410 Gone)
import type { Discovery } from '@gatewright/shared/model/upstream'
import * as z from 'zod'
import type { RegistryAccess, RegistryAccessSource } from './access.ts'
import { type DiscoveredTarget, type Discoverer, DiscoveryFailure, instanceAt } from './discoverer.ts'
import { parseAnswer, type RegistryClient, registryBytesMax, urlBelow } from './registry-client.ts'
import { repeat } from './repeat.ts'

type KubernetesSettings = Extract<Discovery, { kind: 'kubernetes' }>

const listWithinMs = 5_000
// Short watches cost a request each half minute, and notice a connection that died without a word.
const watchSeconds = 30
const watchWithinMs = (watchSeconds + 5) * 1_000
// Between two watches. One that ended at once must not be opened in a loop.
const pauseMs = 10
const hastyPauseMs = 1_000
const gone = 410

const slice = z.object({
  metadata: z.object({ name: z.string(), resourceVersion: z.string().optional() }),
  addressType: z.string(),
  endpoints: z
    .array(
      z.object({
        addresses: z.array(z.string()),
        // A condition that is not known counts as ready, so says the API.
        conditions: z.object({ ready: z.boolean().nullish(), terminating: z.boolean().nullish() }).nullish(),
        zone: z.string().nullish(),
      }),
    )
    .nullish(),
  ports: z.array(z.object({ name: z.string().nullish(), port: z.int().nullish() })).nullish(),
})
type EndpointSlice = z.output<typeof slice>

const list = z.object({
  metadata: z.object({ resourceVersion: z.string() }),
  items: z.array(slice).nullable(),
})
const watchEvent = z.discriminatedUnion('type', [
  z.object({ type: z.enum(['ADDED', 'MODIFIED', 'DELETED']), object: slice }),
  z.object({
    type: z.literal('BOOKMARK'),
    object: z.object({ metadata: z.object({ resourceVersion: z.string() }) }),
  }),
  z.object({ type: z.literal('ERROR'), object: z.object({ code: z.int() }) }),
])

export function discoverInKubernetes(
  settings: KubernetesSettings,
  client: RegistryClient,
  accessTo: RegistryAccessSource,
): Discoverer {
  const slices = new Map<string, EndpointSlice>()
  /** From where to watch on; null = list first. */
  let version: string | null = null
  /** Characters of the events since the list: what they left behind is at most as much. */
  let told = 0

  return repeat(async (tell, signal) => {
    const access = await accessTo(settings.url)
    const headers = authorization(access)
    const tellAll = () => tell(targetsOf([...slices.values()], settings))

    if (version === null) {
      const url = slicesUrl(settings)
      const answer = await client.get({ url, headers, access, timeoutMs: listWithinMs, signal })
      if (answer.status !== 200) throw new DiscoveryFailure(refusalOf(url, answer.status, settings))
      const parsed = list.safeParse(parseAnswer(answer.body, url))
      if (!parsed.success) throw new DiscoveryFailure(`${url.host} does not answer as Kubernetes does`)
      slices.clear()
      told = 0
      for (const item of parsed.data.items ?? []) slices.set(item.metadata.name, item)
      version = parsed.data.metadata.resourceVersion
      tellAll()
    }

    const url = slicesUrl(settings)
    url.searchParams.set('watch', '1')
    url.searchParams.set('allowWatchBookmarks', 'true')
    url.searchParams.set('timeoutSeconds', String(watchSeconds))
    url.searchParams.set('resourceVersion', version)
    // Until this watch has ended as it should, what it did not tell may be missing: after a failure all is listed again.
    let reached: string | null = version
    version = null
    const openedAt = performance.now()
    const status = await client.lines({ url, headers, access, timeoutMs: watchWithinMs, signal }, (line) => {
      told += line.length
      const event = watchEvent.safeParse(parseAnswer(line, url))
      if (!event.success) throw new DiscoveryFailure(`${url.host} does not answer as a watch does`)
      const { type, object } = event.data
      if (type === 'ERROR') {
        if (object.code !== gone) throw new DiscoveryFailure(`The watch ended with ${object.code}`)
        reached = null
        return
      }
      reached = object.metadata.resourceVersion ?? reached
      if (type === 'BOOKMARK') return
      if (type === 'DELETED') slices.delete(object.metadata.name)
      else slices.set(object.metadata.name, object)
      tellAll()
    })
    if (status !== 200 && status !== gone) throw new DiscoveryFailure(refusalOf(url, status, settings))
    if (status === 200) {
      // A list is never longer than an answer may be, however many slices a watch has made up.
      version = told > registryBytesMax ? null : reached
      if (reached !== null) tellAll()
    }
    return performance.now() - openedAt < hastyPauseMs ? hastyPauseMs : pauseMs
  })
}

function slicesUrl({ url, namespace, service }: KubernetesSettings): URL {
  const target = urlBelow(
    url,
    `/apis/discovery.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}/endpointslices`,
  )
  target.searchParams.set('labelSelector', `kubernetes.io/service-name=${service}`)
  return target
}

function authorization({ token }: RegistryAccess): Record<string, string> {
  return token === null ? {} : { Authorization: `Bearer ${token}` }
}

function refusalOf({ host }: URL, status: number, { namespace }: KubernetesSettings): string {
  return status === 401 || status === 403
    ? `${host} answers ${status}: gateways may not list and watch endpointslices in ${namespace}`
    : `${host} answers ${status}`
}

/** IPv4 where there is any: in a cluster with both, each pod is in a slice of each family and would count twice. */
function targetsOf(
  slices: readonly EndpointSlice[],
  { service, namespace, port, scheme }: KubernetesSettings,
): DiscoveredTarget[] {
  const families = ['IPv4', 'IPv6'].map((family) =>
    slices.filter(({ addressType }) => addressType === family).flatMap(readyIn),
  )
  return families.find((targets) => targets.length > 0) ?? []

  function readyIn({ endpoints, ports }: EndpointSlice): DiscoveredTarget[] {
    const open = port === null ? ports?.[0] : ports?.find(({ name }) => name === port)
    const number = open?.port
    if (number === undefined || number === null) return []
    return (endpoints ?? [])
      .filter(({ conditions }) => conditions?.ready !== false && conditions?.terminating !== true)
      .flatMap(({ addresses: [address = ''], zone }) =>
        // The name of the service is in the certificates of its pods, their addresses seldom are.
        instanceAt({ scheme, address, port: number, hostName: `${service}.${namespace}.svc`, region: zone }),
      )
  }
}
