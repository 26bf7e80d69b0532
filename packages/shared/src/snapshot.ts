// What a gateway gets: everything one environment serves, for all tenants, in one deterministic document.
import * as z from 'zod'
import { requestConditions, versionSelector } from './model/match.ts'
import { traffic } from './model/traffic.ts'
import { upstreamName, upstreamSettings } from './model/upstream.ts'
import { operationRules, schemaText } from './validation/operation-rules.ts'

const policyUse = z.strictObject({
  id: z.string(),
  type: z.string(),
  name: z.string(),
  config: z.record(z.string(), z.unknown()),
})

/** One upstream of a version; the gateway keeps what it learns of it (health, connections) under its id. */
export const upstreamDocument = upstreamSettings.extend({ id: z.string(), name: upstreamName })

// RFC 9110 8.3.1. It becomes a field of the reply as it is, so nothing may stand in it that a field cannot carry.
export const mediaType = z
  .string()
  .max(200)
  .regex(
    /^[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+(?:[\t ]*;[\t ]*[\w!#$%&'*+.^`|~-]+=(?:[\w!#$%&'*+.^`|~-]+|"[\t\x20-\x21\x23-\x5b\x5d-\x7e]*"))*$/,
    'Use a media type such as application/json or text/plain; charset=utf-8',
  )
  .meta({ title: 'Media type' })

/** An interim status (1xx) is none that an answer can have. */
export const mockExample = z.strictObject({
  status: z.int().min(200).max(599),
  mediaType: mediaType.nullable(),
  name: z.string().nullable(),
  body: z.string(),
})

export const routeDocument = z.strictObject({
  id: z.string(),
  method: z.string().regex(/^[A-Z][A-Z0-9-]*$/),
  path: z.string().startsWith('/'),
  operationId: z.string().nullable(),
  public: z.boolean(),
  when: requestConditions.nullable().meta({ help: 'null = host, path and method say enough' }),
  upstream: upstreamName.nullable().meta({ help: 'null = what the traffic of the version decides' }),
  policies: z.array(policyUse),
  mocks: z.array(mockExample),
  operation: operationRules.optional().meta({ help: 'Only where a policy checks messages' }),
})

export const versionDocument = z.strictObject({
  id: z.string(),
  tenantId: z.string(),
  apiId: z.string(),
  apiName: z.string(),
  name: z.string(),
  apiRevision: z.int(),
  hosts: z.array(z.string()).meta({ help: 'Empty = any host' }),
  basePath: z.string().startsWith('/'),
  groups: z.array(z.string()).meta({ help: 'Gateway groups that serve it; empty = all' }),
  lifecycle: z.strictObject({
    state: z.enum(['published', 'deprecated', 'retired']),
    deprecatedAt: z.int().nullable(),
    sunsetAt: z.int().nullable(),
    successorPath: z.string().nullable(),
  }),
  selector: versionSelector.nullable(),
  upstreams: z.array(upstreamDocument).meta({ help: 'None = every route is mocked' }),
  traffic: traffic.nullable().meta({ help: 'null = everything to the upstream called default' }),
  policies: z.array(policyUse),
  routes: z.array(routeDocument),
  schemas: z.record(z.string(), schemaText).optional().meta({ help: 'Definitions that operations refer to' }),
})

/** What gateways show to callers over https; `key` is sealed for this certificate. */
const certificateDocument = z.strictObject({
  id: z.string(),
  name: z.string(),
  hosts: z.array(z.string()),
  chain: z.string(),
  key: z.string(),
  notAfter: z.int(),
  isDefault: z.boolean(),
})

export const snapshotSchema = z.strictObject({
  format: z.literal(1),
  environment: z.strictObject({ id: z.string(), name: z.string() }),
  policies: z.array(policyUse),
  certificates: z.array(certificateDocument).optional().meta({ help: 'Without a word there are none' }),
  tenants: z.array(
    z.strictObject({ id: z.string(), name: z.string(), timeZone: z.string(), policies: z.array(policyUse) }),
  ),
  versions: z.array(versionDocument),
  plans: z.array(
    z.strictObject({
      id: z.string(),
      tenantId: z.string(),
      name: z.string(),
      versionIds: z.array(z.string()),
      policies: z.array(policyUse),
    }),
  ),
})

export type Snapshot = z.output<typeof snapshotSchema>
export type CertificateDocument = z.output<typeof certificateDocument>
export type PolicyUse = z.output<typeof policyUse>
export type UpstreamDocument = z.output<typeof upstreamDocument>
export type RouteDocument = z.output<typeof routeDocument>
export type VersionDocument = z.output<typeof versionDocument>

/**
 * What stands in Redis and on disk. `document` is the canonical JSON of the snapshot and `hash` its sha256 (hex),
 * so a gateway proves what it got before it parses it.
 */
export const snapshotEnvelope = z.strictObject({
  revision: z.int().min(0),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  publishedAt: z.int(),
  document: z.string(),
})
export type SnapshotEnvelope = z.output<typeof snapshotEnvelope>

/** The head of an environment: what a gateway compares with what it runs. */
export const headSchema = z.strictObject({
  revision: z.int().min(0),
  hash: z.string(),
  accessRevision: z.int().min(0),
})
export type Head = z.output<typeof headSchema>

/** What a gateway says of itself, every 2 s and at each change. A report older than 10 s is a gateway that is gone. */
export const gatewayReport = z.strictObject({
  gatewayId: z.string(),
  group: z.string(),
  version: z.string(),
  address: z
    .string()
    .nullable()
    .meta({ help: 'host:port of its operations port, as the control plane reaches it' }),
  startedAt: z.int(),
  at: z.int(),
  workers: z.int(),
  revision: z.int(),
  hash: z.string().nullable(),
  accessRevision: z.int(),
  refusal: z
    .strictObject({ revision: z.int(), hash: z.string(), reason: z.string(), at: z.int() })
    .nullable()
    .meta({ help: 'The snapshot it refused and why; it keeps serving the one before' }),
  events: z.strictObject({
    sent: z.int(),
    spooled: z.int(),
    dropped: z.int(),
  }),
})
export type GatewayReport = z.output<typeof gatewayReport>
