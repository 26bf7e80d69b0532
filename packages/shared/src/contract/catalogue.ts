// What a developer sees: the published APIs that are visible to them, their documents, plans and samples.
import * as z from 'zod'
import { idSchema, slug } from '../ids.ts'
import { plan } from '../model/access.ts'
import { versionSelector } from '../model/match.ts'
import { instant, page, pageInput } from '../model/wire.ts'
import { inApi, inTenant, inVersion, operation } from './operation.ts'

const catalogueVersion = z.strictObject({
  id: idSchema('ver'),
  name: slug,
  lifecycle: z.enum(['published', 'deprecated']),
  sunsetAt: instant.nullable(),
  environments: z.array(
    z.strictObject({ name: slug, title: z.string(), production: z.boolean(), baseUrl: z.url() }),
  ),
  public: z.boolean(),
  operationCount: z.int(),
  selector: versionSelector
    .nullable()
    .meta({ title: 'How requests name the version; null = its path says enough' }),
  products: z.array(
    z.strictObject({ id: idSchema('prd'), name: slug, title: z.string(), plans: z.array(plan) }),
  ),
})

const catalogueApi = z.strictObject({
  id: idSchema('api'),
  name: slug,
  title: z.string(),
  description: z.string(),
  tags: z.array(z.string()),
  visibility: z.enum(['public', 'members', 'groups']),
  provider: z
    .strictObject({ name: slug, title: z.string() })
    .nullable()
    .meta({ title: 'The other team that shares it; null = yours. Ask for such an API by its id' }),
  versions: z.array(catalogueVersion),
  updatedAt: instant,
})
export type CatalogueApi = z.output<typeof catalogueApi>

export const sampleLanguages = ['curl', 'javascript', 'python', 'php', 'ruby'] as const

export const catalogue = {
  tenant: operation('GET', '/portal/{tenant}', 'anyone', 'Read what a portal’s front page needs')
    .input(z.strictObject(inTenant))
    .output(z.strictObject({ name: slug, title: z.string(), selfSignUp: z.boolean() })),
  list: operation('GET', '/portal/{tenant}/apis', 'anyone', 'Search published APIs', {
    description:
      'Anonymous visitors see public APIs; members also those for members and for their groups, and what other teams share with theirs.',
  })
    .input(
      pageInput.extend({
        ...inTenant,
        search: z
          .string()
          .max(200)
          .optional()
          .meta({ help: 'In names, descriptions, tags, operations and parameters' }),
        tag: z.string().max(50).optional(),
      }),
    )
    .output(
      page(
        catalogueApi.extend({
          matches: z
            .array(z.strictObject({ version: slug, operation: z.string(), summary: z.string().nullable() }))
            .meta({ title: 'Operations that the search found' }),
        }),
      ).extend({ tags: z.array(z.strictObject({ tag: z.string(), count: z.int() })) }),
    ),
  get: operation('GET', '/portal/{tenant}/apis/{api}', 'anyone', 'Read a published API')
    .input(z.strictObject(inApi))
    .output(catalogueApi),
  document: operation(
    'GET',
    '/portal/{tenant}/apis/{api}/{apiVersion}/openapi.json',
    'anyone',
    'Read the published document',
    {
      description:
        'The document of the published revision with the gateway as its only server and the gateway’s security.',
    },
  )
    .input(z.strictObject({ ...inVersion, environment: slug.optional() }))
    .output(z.record(z.string(), z.unknown())),
  operations: operation(
    'GET',
    '/portal/{tenant}/apis/{api}/{apiVersion}/operations',
    'anyone',
    'List the operations of a published version',
  )
    .input(pageInput.extend({ ...inVersion, search: z.string().max(200).optional() }))
    .output(
      page(
        z.strictObject({
          id: idSchema('rte'),
          method: z.string(),
          path: z.string(),
          operationId: z.string().nullable(),
          summary: z.string().nullable(),
          tags: z.array(z.string()),
          deprecated: z.boolean(),
        }),
      ),
    ),
  samples: operation(
    'GET',
    '/portal/{tenant}/apis/{api}/{apiVersion}/operations/{route}/samples',
    'anyone',
    'Code samples of an operation',
  )
    .input(z.strictObject({ ...inVersion, route: idSchema('rte'), environment: slug.optional() }))
    .output(
      z.strictObject({
        data: z.array(
          z.strictObject({ language: z.enum(sampleLanguages), title: z.string(), code: z.string() }),
        ),
      }),
    ),
}

export const tryIt = {
  open: operation('POST', '/tenants/{tenant}/try-it', 'application:own', 'Open a try-it session', {
    sessionOnly: true,
    waitable: true,
    description:
      'Calls to `/_try/{tenant}/{environment}/…` of this browser session then reach the gateway with a short-lived credential of the application, under the application’s own limits.',
  })
    .input(z.strictObject({ ...inTenant, application: z.string().max(80), environment: z.string().max(80) }))
    .output(
      z.strictObject({
        /** Sent as `x-try-session` with each try-it call. */
        session: z.string(),
        path: z.string().meta({ title: 'Prefix to put before the path on the gateway' }),
        expiresAt: instant,
      }),
    ),
}
