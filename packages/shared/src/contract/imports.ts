// A document becomes an API: where it comes from, what it would make, and making it.
import * as z from 'zod'
import { slug } from '../ids.ts'
import { apiSummary, apiVersion, basePath, documentFinding, visibility } from '../model/api.ts'
import { upstreamUrl } from '../model/upstream.ts'
import { reference } from '../model/wire.ts'
import { inTenant, operation } from './operation.ts'

const title = z.string().trim().min(1).max(150).meta({ title: 'Title' })

/** Where a document comes from. Its original bytes are kept. */
export const documentSource = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('url'), url: z.url({ protocol: /^https?$/ }).max(2000) }),
    z.strictObject({ kind: z.literal('text'), text: z.string().min(1).max(30_000_000) }),
    z.strictObject({
      kind: z.literal('file'),
      name: z.string().max(255),
      base64: z.base64().max(40_000_000).meta({ title: 'Content, base64' }),
    }),
  ])
  .meta({ title: 'Document' })

const importedOperation = z.strictObject({
  method: z.string(),
  path: z.string(),
  operationId: z.string().nullable(),
  summary: z.string().nullable(),
  tags: z.array(z.string()),
  deprecated: z.boolean(),
  parameterCount: z.int(),
  secured: z.boolean(),
})

const importPreview = z.strictObject({
  specVersion: z.string(),
  format: z.enum(['json', 'yaml']),
  title: z.string(),
  documentVersion: z.string(),
  description: z.string(),
  operations: z.array(importedOperation),
  servers: z.array(z.string()),
  securitySchemes: z.array(z.strictObject({ name: z.string(), type: z.string() })),
  findings: z.array(documentFinding),
  lintScore: z.int().min(0).max(100),
  suggestion: z.strictObject({
    name: slug,
    version: slug,
    basePath: z.string(),
    upstreamUrls: z.array(z.string()).meta({ title: 'Servers of the document that can be called' }),
  }),
  conflicts: z.array(
    z.strictObject({ field: z.enum(['name', 'basePath']), message: z.string(), suggestion: z.string() }),
  ),
})

export const imports = {
  preview: operation(
    'POST',
    '/tenants/{tenant}/imports/preview',
    'api:write',
    'Read a document and say what it would make',
    {
      reads: true,
    },
  )
    .input(z.strictObject({ ...inTenant, source: documentSource }))
    .output(importPreview),
  create: operation(
    'POST',
    '/tenants/{tenant}/imports',
    'api:write',
    'Create an API, or a version of one, from a document',
    {
      status: 201,
      description:
        'Makes the draft with its routes and upstream, protected by `api-key`. With `plan`, also a product with that plan, so that it can be subscribed to as soon as it is published.',
    },
  )
    .input(
      z.strictObject({
        ...inTenant,
        source: documentSource,
        api: reference.optional().meta({ title: 'Existing API that gets a new version' }),
        name: slug,
        title,
        version: slug.default('v1'),
        basePath,
        upstreamUrls: z
          .array(upstreamUrl)
          .max(10)
          .meta({ title: 'Upstream', help: 'Its targets; none answers from the document’s examples' }),
        public: z.boolean().default(false),
        visibility: visibility.default({ kind: 'public' }),
        plan: z
          .strictObject({
            title: z.string().trim().min(1).max(100).default('Free'),
            approval: z.enum(['auto', 'manual']).default('auto'),
            requestsPerMinute: z.int().min(1).max(1_000_000_000).nullable().default(60),
          })
          .nullable()
          .default(null),
      }),
    )
    .output(z.strictObject({ api: apiSummary, apiVersion, findings: z.array(documentFinding) })),
}
