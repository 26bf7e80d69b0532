// A backend service: its instances or where to find them, how they share the load, and what is done when they fail.
import * as z from 'zod'
import { slug } from '../ids.ts'
import { cookieName, fieldName } from './match.ts'

const ms = (from: number, to: number, fallback: number) => z.int().min(from).max(to).default(fallback)

export const upstreamUrl = z
  .url({ protocol: /^https?$/, error: 'Use an http or https URL' })
  .max(2_000)
  .refine(
    (text) => !/^[^/]*\/\/[^/?#]*@/.test(text),
    'Leave out user name and password: everyone could read them here',
  )
  .meta({ title: 'URL' })

export const target = z.strictObject({
  url: upstreamUrl,
  weight: z.int().min(0).max(1000).default(1).meta({ title: 'Weight', help: '0 = takes no requests' }),
  region: slug
    .nullable()
    .default(null)
    .meta({ title: 'Region', help: 'Gateways of the same region prefer it while it is healthy' }),
})

const scheme = z.enum(['http', 'https']).default('http').meta({ title: 'Scheme' })
const dnsName = z
  .string()
  .max(253)
  .regex(
    /^(?:_?[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*_?[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.?$/,
    'Use a name such as books.default.svc.cluster.local',
  )
// Names of namespaces and services are DNS labels (RFC 1123); they become part of a host name.
const kubernetesName = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, 'Use lower-case letters, digits and inner hyphens')

/** Where the instances are looked up while the gateway runs; each kind is a file in `apps/gateway/src/upstream/discovery`. */
export const discovery = z.discriminatedUnion('kind', [
  z
    .strictObject({
      kind: z.literal('dns'),
      name: dnsName.meta({ title: 'Name' }),
      record: z.enum(['A', 'SRV']).default('A').meta({ title: 'Record', help: 'A asks for AAAA too' }),
      port: z
        .int()
        .min(1)
        .max(65535)
        .default(80)
        .meta({ title: 'Port', help: 'SRV records bring their own' }),
      scheme,
    })
    .meta({ title: 'DNS (Kubernetes services too)' }),
  z
    .strictObject({
      kind: z.literal('consul'),
      url: upstreamUrl.meta({ title: 'Consul’s address' }),
      service: z.string().min(1).max(200).meta({ title: 'Service' }),
      tag: z.string().max(200).nullable().default(null).meta({ title: 'Tag' }),
      datacenter: z.string().max(100).nullable().default(null).meta({ title: 'Data centre' }),
      scheme,
    })
    .meta({ title: 'Consul' }),
  z
    .strictObject({
      kind: z.literal('eureka'),
      url: upstreamUrl.meta({ title: 'Eureka’s address', help: 'Such as http://eureka:8761/eureka' }),
      app: z.string().min(1).max(200).meta({ title: 'Application' }),
    })
    .meta({ title: 'Eureka' }),
  z
    .strictObject({
      kind: z.literal('kubernetes'),
      url: upstreamUrl.default('https://kubernetes.default.svc').meta({ title: 'API server' }),
      namespace: kubernetesName.default('default').meta({ title: 'Namespace' }),
      service: kubernetesName.meta({ title: 'Service' }),
      port: z
        .string()
        .max(63)
        .nullable()
        .default(null)
        .meta({ title: 'Name of the port', help: 'Empty = the first' }),
      scheme,
    })
    .meta({ title: 'Kubernetes EndpointSlices' }),
])
export type Discovery = z.output<typeof discovery>

export const balancing = z.discriminatedUnion('algorithm', [
  z.strictObject({ algorithm: z.literal('round-robin') }).meta({ title: 'Weighted round robin' }),
  z.strictObject({ algorithm: z.literal('least-connections') }).meta({ title: 'Least connections' }),
  z.strictObject({ algorithm: z.literal('peak-ewma') }).meta({ title: 'The faster of two (peak EWMA)' }),
  z
    .strictObject({
      algorithm: z.literal('hash'),
      on: z
        .enum(['address', 'header', 'cookie', 'principal'])
        .default('address')
        .meta({ title: 'Same target for the same' }),
      name: z
        .union([fieldName, cookieName])
        .nullable()
        .default(null)
        .meta({ title: 'Name of the header or cookie' }),
    })
    .meta({ title: 'Consistent hash' }),
])
export type Balancing = z.output<typeof balancing>

export const activeHealth = z.strictObject({
  kind: z.enum(['http', 'tcp', 'grpc']).default('http').meta({ title: 'Kind' }),
  path: z
    .string()
    .max(500)
    .regex(/^\/[\x21-\x7e]*$/, 'Use a path such as /health')
    .default('/')
    .meta({ title: 'Path', help: 'HTTP only' }),
  service: z
    .string()
    .max(200)
    .default('')
    .meta({ title: 'gRPC service', help: 'Empty = the server as a whole' }),
  intervalMs: ms(250, 3_600_000, 5_000).meta({ title: 'Every', widget: 'duration' }),
  timeoutMs: ms(50, 60_000, 2_000).meta({ title: 'Answer within', widget: 'duration' }),
  statusMin: z.int().min(100).max(599).default(200).meta({ title: 'Status from' }),
  statusMax: z.int().min(100).max(599).default(399).meta({ title: 'Status to' }),
  healthyAfter: z.int().min(1).max(100).default(2).meta({ title: 'Back after so many good probes' }),
  unhealthyAfter: z.int().min(1).max(100).default(3).meta({ title: 'Out after so many bad probes' }),
})

export const passiveHealth = z.strictObject({
  failures: z.int().min(1).max(1000).default(5).meta({ title: 'Out after so many failures in a row' }),
  ejectMs: ms(100, 3_600_000, 10_000).meta({
    title: 'Stays out for',
    help: 'Longer each time, up to ten times',
    widget: 'duration',
  }),
  maxEjectedPercent: z.int().min(0).max(100).default(50).meta({
    title: 'At most this share is out',
    help: 'Of the targets: rather a bad one than none',
    widget: 'percent',
  }),
})

export const circuitBreaker = z.strictObject({
  failurePercent: z
    .int()
    .min(1)
    .max(100)
    .default(50)
    .meta({ title: 'Opens at this share of failures', widget: 'percent' }),
  minRequests: z.int().min(1).max(100_000).default(20).meta({ title: 'Of at least so many requests' }),
  windowMs: ms(100, 600_000, 10_000).meta({ title: 'Within', widget: 'duration' }),
  openMs: ms(100, 600_000, 5_000).meta({ title: 'Stays open for', widget: 'duration' }),
  halfOpenRequests: z.int().min(1).max(100).default(3).meta({ title: 'Trial requests before it closes' }),
})

export const retryOn = z.enum(['connect', 'reset', 'timeout', '500', '502', '503', '504', '429'])

export const retries = z.strictObject({
  attempts: z.int().min(1).max(5).default(2).meta({ title: 'Further attempts' }),
  on: z
    .array(retryOn)
    .min(1)
    .max(8)
    .default(['connect', 'reset', '502', '503', '504'])
    .meta({ title: 'After', help: 'Only requests that may run twice (RFC 9110 9.2.2) and have no body' }),
  perTryTimeoutMs: ms(0, 600_000, 0).meta({
    title: 'Each attempt within',
    help: '0 = only the other limits',
    widget: 'duration',
  }),
  backoffMs: ms(0, 60_000, 25).meta({
    title: 'Pause before the first',
    help: 'Doubles, with jitter',
    widget: 'duration',
  }),
  budgetPercent: z.int().min(1).max(100).default(20).meta({
    title: 'At most this share of requests',
    help: 'Over 10 s: retries must not feed an outage',
    widget: 'percent',
  }),
})

export const hedging = z.strictObject({
  delayMs: ms(1, 60_000, 100).meta({ title: 'Second request after', widget: 'duration' }),
  budgetPercent: z
    .int()
    .min(1)
    .max(100)
    .default(10)
    .meta({ title: 'At most this share of requests', widget: 'percent' }),
})

export const connections = z.strictObject({
  max: z.int().min(1).max(10_000).default(512).meta({ title: 'Connections per target and worker' }),
  queueMax: z.int().min(0).max(100_000).default(2_048).meta({ title: 'Requests that may wait for one' }),
  warm: z.int().min(0).max(100).default(0).meta({ title: 'Kept open ahead of need' }),
})

// A bundle of public certificates; that it can be read is checked where it is used.
const pem = z
  .string()
  .max(200_000)
  .regex(/-----BEGIN CERTIFICATE-----/, 'Paste certificates in PEM form')
  .refine((text) => !/PRIVATE KEY/.test(text), 'This holds a private key: paste certificates only')

export const upstreamTls = z.strictObject({
  verify: z.boolean().default(true).meta({ title: 'Verify the certificate' }),
  serverName: dnsName
    .refine((name) => !/^[\d.]+$/.test(name), 'Use a name: an address is checked by itself')
    .nullable()
    .default(null)
    .meta({ title: 'Name in SNI and certificate', help: 'Empty = the host of the URL' }),
  ca: pem
    .nullable()
    .default(null)
    .meta({ title: 'Trusted authorities', help: 'PEM; beside the public ones', widget: 'textarea' }),
  identity: slug.nullable().default(null).meta({
    title: 'Client certificate',
    help: 'Name of one that the operator gave the gateways: private keys never pass through here',
  }),
})

/** Everything about one upstream but its name. */
export const upstreamSettings = z.strictObject({
  targets: z.array(target).max(100).default([]).meta({ title: 'Targets' }),
  discovery: discovery
    .nullable()
    .default(null)
    .meta({ title: 'Discovery', help: 'Finds instances beside the targets above' }),
  hostHeader: z
    .enum(['upstream', 'client'])
    .default('upstream')
    .meta({ title: 'Host header', help: 'Which host name the upstream sees' }),
  balancing: balancing.default({ algorithm: 'round-robin' }).meta({ title: 'Balancing' }),
  slowStartMs: ms(0, 3_600_000, 0).meta({
    title: 'Slow start',
    help: 'A new or recovered target takes its full share after this',
    widget: 'duration',
  }),
  activeHealth: activeHealth.nullable().default(null).meta({ title: 'Probes' }),
  passiveHealth: passiveHealth
    .nullable()
    .default(passiveHealth.parse({}))
    .meta({ title: 'Ejection of failing targets' }),
  circuitBreaker: circuitBreaker.nullable().default(null).meta({ title: 'Circuit breaker' }),
  retries: retries.nullable().default(null).meta({ title: 'Retries' }),
  hedging: hedging.nullable().default(null).meta({ title: 'Hedging' }),
  connections: connections.default(connections.parse({})).meta({ title: 'Connections' }),
  tls: upstreamTls.default(upstreamTls.parse({})).meta({ title: 'TLS' }),
  connectTimeoutMs: ms(1, 600_000, 5_000).meta({ title: 'Connect within', widget: 'duration' }),
  firstByteTimeoutMs: ms(1, 600_000, 30_000).meta({ title: 'First byte within', widget: 'duration' }),
  idleTimeoutMs: ms(1, 600_000, 60_000).meta({ title: 'Longest silence in a body', widget: 'duration' }),
  totalTimeoutMs: ms(0, 86_400_000, 0).meta({
    title: 'Whole exchange within',
    help: '0 = no limit, for streams',
    widget: 'duration',
  }),
})
export type UpstreamSettings = z.output<typeof upstreamSettings>

interface Faulty {
  readonly targets: readonly unknown[]
  readonly discovery: unknown
  readonly balancing: Balancing
  readonly activeHealth: z.output<typeof activeHealth> | null
}

/** What no single field can say: what is wrong with settings that are valid one by one; null = nothing. */
export function upstreamFault(settings: Faulty): { readonly path: string; readonly message: string } | null {
  const { balancing: balance, activeHealth: probes } = settings
  if (settings.targets.length === 0 && settings.discovery === null) {
    return { path: 'targets', message: 'Name at least one target, or where to discover them' }
  }
  if (
    balance.algorithm === 'hash' &&
    (balance.on === 'header' || balance.on === 'cookie') &&
    balance.name === null
  ) {
    return { path: 'balancing.name', message: `Name the ${balance.on} that decides` }
  }
  if (probes !== null && probes.statusMin > probes.statusMax) {
    return { path: 'activeHealth.statusMax', message: 'Must not be below the status from' }
  }
  return null
}

export const upstreamName = slug.max(40).meta({ title: 'Name' })
/** Of one version. */
export const mostUpstreams = 50
/** The upstream that routes use which name none. */
export const defaultUpstream = 'default'
