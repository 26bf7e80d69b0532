// What a team publishes: APIs, their versions with routes, upstreams and policies, and where each revision runs.
import * as z from 'zod'
import { idSchema, slug } from '../ids.ts'
import { scopes } from '../policies/policy.ts'
import { mockExample } from '../snapshot.ts'
import { requestConditions, versionSelector } from './match.ts'
import { traffic } from './traffic.ts'
import { upstreamName, upstreamSettings } from './upstream.ts'
import { instant, version } from './wire.ts'

export const lifecycle = z.enum(['draft', 'published', 'deprecated', 'retired'])
export type Lifecycle = z.output<typeof lifecycle>

/** Legal steps of a version's life; everything else is `state_conflict`. */
export const lifecycleSteps: Readonly<Record<Lifecycle, readonly Lifecycle[]>> = {
  draft: ['published'],
  published: ['deprecated', 'retired'],
  deprecated: ['published', 'retired'],
  retired: [],
}

export const visibility = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('public') }).meta({ title: 'Everyone' }),
  z.strictObject({ kind: z.literal('members') }).meta({ title: 'Signed-in members' }),
  z.strictObject({ kind: z.literal('groups'), groups: z.array(slug).min(1) }).meta({ title: 'Some groups' }),
])
export type Visibility = z.output<typeof visibility>

// Relative to the gateway's root; no query, no dot segments, no trailing slash except the root itself.
export const basePath = z
  .string()
  .max(200)
  .regex(
    /^\/(?:[A-Za-z0-9_~-][A-Za-z0-9._~-]*(?:\/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*)?$/,
    'Use a path such as /books/v1',
  )
  .meta({ title: 'Base path' })

export const pathTemplate = z
  .string()
  .max(1000)
  .regex(/^\/[^?#\s]*$/, 'Use a path template such as /books/{id}')
  .meta({ title: 'Path' })

export const hostName = z
  .string()
  .max(253)
  .regex(/^(?:\*\.)?[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/, 'Use a host name or *.name')
  .meta({ title: 'Host' })

export const method = z
  .string()
  .max(32)
  .regex(/^[A-Z][A-Z0-9-]*$/, 'Use an upper-case method')
  .meta({ title: 'Method' })

export const api = z.strictObject({
  id: idSchema('api'),
  name: slug,
  title: z.string(),
  description: z.string(),
  visibility,
  owner: z.strictObject({ id: idSchema('usr'), name: z.string() }),
  tags: z.array(z.string()),
  version,
  createdAt: instant,
  updatedAt: instant,
})

export const deployment = z.strictObject({
  environment: slug,
  apiRevision: z.int(),
  groups: z.array(slug).meta({ help: 'Empty = all gateway groups' }),
  traffic: traffic.nullable().meta({ help: 'null = everything to the upstream called default' }),
  url: z.url().meta({ title: 'Base URL on the gateway' }),
  deployedAt: instant,
  deployedBy: z.string(),
})

export const versionSummary = z.strictObject({
  id: idSchema('ver'),
  name: slug,
  lifecycle,
  basePath: z.string(),
  unpublishedChanges: z.int().meta({ title: 'Differences between draft and the newest published revision' }),
  routeCount: z.int(),
  deployments: z.array(deployment),
})

export const apiSummary = api.extend({ versions: z.array(versionSummary) })
export type ApiSummary = z.output<typeof apiSummary>

/** A backend of a version, as its draft has it. */
export const upstream = upstreamSettings.extend({ name: upstreamName })
export type Upstream = z.output<typeof upstream>

export const route = z.strictObject({
  id: idSchema('rte'),
  method: z.string(),
  path: z.string(),
  when: requestConditions.nullable().meta({ title: 'Conditions', help: 'null = method and path say enough' }),
  upstream: upstreamName
    .nullable()
    .meta({ title: 'Upstream', help: 'null = what the traffic of the deployment decides' }),
  operationId: z.string().nullable(),
  summary: z.string().nullable(),
  tags: z.array(z.string()),
  deprecated: z.boolean(),
  public: z.boolean().meta({ title: 'Public', help: 'Answers without a credential' }),
  enabled: z.boolean(),
  mocks: z.array(mockExample),
  parameterCount: z.int(),
  version,
})
export type Route = z.output<typeof route>

export const apiVersion = versionSummary.extend({
  apiId: idSchema('api'),
  apiName: slug,
  hosts: z.array(z.string()),
  selector: versionSelector.nullable().meta({
    title: 'Told apart by',
    help: 'From other versions at the same host and base path; null = nothing',
  }),
  public: z.boolean().meta({ title: 'Public', help: 'Every route answers without a credential' }),
  deprecatedAt: instant.nullable(),
  sunsetAt: instant.nullable(),
  successor: idSchema('ver').nullable(),
  document: z
    .strictObject({
      format: z.enum(['json', 'yaml']),
      specVersion: z.string(),
      sha256: z.string(),
      bytes: z.int(),
      sourceUrl: z.string().nullable(),
      importedAt: instant,
    })
    .nullable(),
  upstreams: z.array(upstream).meta({ help: 'None = every route is mocked' }),
  version,
  createdAt: instant,
  updatedAt: instant,
})
export type ApiVersion = z.output<typeof apiVersion>

export const apiRevision = z.strictObject({
  number: z.int(),
  hash: z.string(),
  note: z.string(),
  createdAt: instant,
  createdBy: z.string(),
  environments: z.array(slug).meta({ title: 'Where it runs now' }),
})

export const scope = z.enum(scopes)

/** A finding about a document, with the place it speaks of. */
export const documentFinding = z.strictObject({
  level: z.enum(['error', 'warning', 'info']),
  code: z.string(),
  message: z.string(),
  pointer: z.string(),
  line: z.int().nullable(),
  column: z.int().nullable(),
})

/** What is wrong with a draft: an error would be refused when it is published, a warning can only be a mistake. */
export const publishFinding = z.strictObject({
  level: z.enum(['error', 'warning']),
  code: z.string(),
  pointer: z.string().meta({ title: 'Where, such as apis/books/v1/routes/GET /books' }),
  message: z.string(),
})
export type PublishFinding = z.output<typeof publishFinding>

/** One difference between two API documents. */
export const documentChange = z.strictObject({
  code: z.string(),
  class: z.enum(['breaking', 'non-breaking', 'docs']),
  operation: z.string().nullable().meta({ title: 'Operation, such as GET /books/{id}' }),
  message: z.string(),
  pointer: z.string(),
})
