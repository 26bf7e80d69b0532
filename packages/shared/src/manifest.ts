// What a person writes: a tenant's whole configuration as one file; `gatewright apply` and a standalone gateway read it.
import * as z from 'zod'
import { slug } from './ids.ts'
import { approval, serviceLevel, subscriptionState } from './model/access.ts'
import { basePath, hostName, lifecycle, method, pathTemplate, visibility } from './model/api.ts'
import { requestConditions, versionSelector } from './model/match.ts'
import { clientId, tokenIssuer } from './model/oauth-client.ts'
import { permissionNames } from './model/role.ts'
import { traffic } from './model/traffic.ts'
import { upstreamName, upstreamSettings } from './model/upstream.ts'
import { policyInput } from './policies/specs.ts'
import { mockExample } from './snapshot.ts'

const policies = z.array(policyInput).default([])
const title = z.string().trim().min(1).max(150)

export const manifestRoute = z.strictObject({
  method,
  path: pathTemplate,
  operationId: z.string().max(200).nullable().default(null),
  summary: z.string().max(300).nullable().default(null),
  tags: z.array(z.string()).default([]),
  deprecated: z.boolean().default(false),
  public: z.boolean().default(false),
  enabled: z.boolean().default(true),
  when: requestConditions.nullable().default(null),
  upstream: upstreamName.nullable().default(null),
  mocks: z.array(mockExample).default([]),
  policies,
})

export const manifestVersion = z.strictObject({
  name: slug,
  basePath,
  hosts: z.array(hostName).default([]),
  public: z.boolean().default(false),
  lifecycle: lifecycle.default('published'),
  deprecatedAt: z.iso.datetime().nullable().default(null),
  sunsetAt: z.iso.datetime().nullable().default(null),
  successor: slug
    .nullable()
    .default(null)
    .meta({ help: 'Name of the version that follows a deprecated one' }),
  selector: versionSelector.nullable().default(null),
  upstreams: z.record(upstreamName, upstreamSettings).default({}).meta({
    title: 'Upstreams',
    help: 'By name; routes use the one called default. Without any the routes are mocked',
  }),
  policies,
  routes: z.array(manifestRoute).default([]),
  document: z
    .strictObject({ format: z.enum(['json', 'yaml']), text: z.string() })
    .nullable()
    .default(null)
    .meta({
      title: 'OpenAPI document',
      help: 'Shown in the portal; `gatewright import openapi` writes routes from it',
    }),
  deployments: z
    .record(
      slug,
      z.strictObject({ groups: z.array(slug).default([]), traffic: traffic.nullable().default(null) }),
    )
    .default({})
    .meta({
      title: 'Environments',
      help: 'Where it runs, on which gateway groups (none = all), and how its requests are spread',
    }),
})

export const manifestApi = z.strictObject({
  name: slug,
  title,
  description: z.string().default(''),
  visibility: visibility.default({ kind: 'public' }),
  tags: z.array(z.string()).default([]),
  versions: z.array(manifestVersion).default([]),
})

export const manifestPlan = z.strictObject({
  name: slug,
  title,
  description: z.string().default(''),
  approval: approval.default('auto'),
  price: z.string().default('free'),
  serviceLevel: serviceLevel.default({ p95Ms: null, availability: null }),
  archived: z.boolean().default(false),
  policies,
})

export const manifestProduct = z.strictObject({
  name: slug,
  title,
  description: z.string().default(''),
  archived: z.boolean().default(false),
  versions: z
    .array(z.string().regex(/^[a-z0-9-]+\/[a-z0-9-]+$/, 'Use api/version'))
    .default([])
    .meta({ help: 'As api/version, such as books/v1' }),
  plans: z.array(manifestPlan).default([]),
})

export const manifestApplication = z.strictObject({
  name: slug,
  title,
  description: z.string().default(''),
  owner: z.email().nullable().default(null),
  groups: z
    .array(slug)
    .max(50)
    .default([])
    .meta({ help: 'What policies let it do; given by those who decide about subscriptions' }),
  subscriptions: z
    .array(z.strictObject({ product: slug, plan: slug, state: subscriptionState.default('active') }))
    .default([]),
  keys: z
    .array(
      z.strictObject({
        name: z.string().default('Key'),
        environment: slug,
        sha256: z.string().regex(/^[0-9a-f]{64}$/, 'Use the lower-case hex sha256 of the key'),
        prefix: z.string().default(''),
        last4: z.string().default(''),
        expiresAt: z.iso.datetime().nullable().default(null),
      }),
    )
    .default([]),
  oauthClients: z
    .array(
      z.strictObject({
        name: z.string().default('OAuth client'),
        environment: slug,
        issuer: tokenIssuer,
        clientId,
        expiresAt: z.iso.datetime().nullable().default(null),
      }),
    )
    .default([])
    .meta({ help: 'Whose access tokens are taken for calls of the application' }),
})

export const manifestRole = z.strictObject({
  name: slug,
  title: z.string().trim().min(1).max(60),
  description: z.string().trim().max(300).default(''),
  permissions: z.array(z.enum(permissionNames)),
})

export const manifestSchema = z
  .strictObject({
    gatewright: z.literal(1).meta({ title: 'Version of this format' }),
    settings: z
      .strictObject({ timeZone: z.string().default('UTC'), selfSignUp: z.boolean().default(true) })
      .optional()
      .meta({ help: 'Left out = as they are' }),
    policies: z.array(policyInput).optional().meta({
      title: 'Policies of the tenant',
      help: 'Left out = as they are, or none when what is not here is pruned',
    }),
    roles: z.array(manifestRole).optional().meta({
      title: 'Roles of the tenant’s own',
      help: 'Left out = as they are; who has which is not in a manifest',
    }),
    apis: z.array(manifestApi).default([]),
    products: z.array(manifestProduct).default([]),
    applications: z.array(manifestApplication).default([]),
  })
  .meta({ id: 'GatewrightManifest', title: 'Gatewright manifest' })

export type Manifest = z.output<typeof manifestSchema>

/** The configuration of a tenant with nothing left out. */
export type WholeManifest = Manifest & {
  readonly settings: NonNullable<Manifest['settings']>
  readonly policies: NonNullable<Manifest['policies']>
  readonly roles: NonNullable<Manifest['roles']>
}
export type ManifestInput = z.input<typeof manifestSchema>

/** JSON Schema 2020-12 of the manifest, for editors; served at `/schemas/manifest.json`. */
export function manifestJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(manifestSchema, { io: 'input', target: 'draft-2020-12' }) as Record<string, unknown>
}
