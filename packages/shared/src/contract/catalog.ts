// What an API owner works on: APIs, imports, versions, routes, upstreams, policies.
import * as z from 'zod'
import { idSchema, slug } from '../ids.ts'
import {
  api,
  apiSummary,
  apiVersion,
  basePath,
  documentChange,
  documentFinding,
  hostName,
  lifecycle,
  method,
  pathTemplate,
  route,
  scope,
  upstream,
  upstreamInput,
  upstreamUrl,
  visibility,
} from '../model/api.ts'
import { change } from '../model/environment.ts'
import { instant, page, pageInput, propagation, reference, version, written } from '../model/wire.ts'
import { policyInput } from '../policies/specs.ts'
import { mockExample } from '../snapshot.ts'
import { inApi, inTenant, inVersion, nothing, operation } from './operation.ts'

const title = z.string().trim().min(1).max(150).meta({ title: 'Title' })
const description = z.string().max(10_000).meta({ title: 'Description', widget: 'markdown' })
const tags = z.array(z.string().trim().min(1).max(50)).max(50).meta({ title: 'Tags' })

export const apis = {
  list: operation('GET', '/tenants/{tenant}/apis', 'api:read', 'List APIs')
    .input(
      pageInput.extend({
        ...inTenant,
        search: z
          .string()
          .max(200)
          .optional()
          .meta({ help: 'Substring of name, title, tag, path or operation' }),
        state: lifecycle.optional(),
        owner: z.string().max(80).optional().meta({ help: '`me` or a user id' }),
        sort: z.enum(['name', '-updatedAt']).default('name'),
      }),
    )
    .output(page(apiSummary)),
  get: operation('GET', '/tenants/{tenant}/apis/{api}', 'api:read', 'Read an API')
    .input(z.strictObject(inApi))
    .output(apiSummary),
  create: operation('POST', '/tenants/{tenant}/apis', 'api:write', 'Create an API without a document', {
    status: 201,
  })
    .input(
      z.strictObject({
        ...inTenant,
        name: slug,
        title,
        description: description.default(''),
        visibility: visibility.default({ kind: 'public' }),
        tags: tags.default([]),
      }),
    )
    .output(apiSummary),
  update: operation('PATCH', '/tenants/{tenant}/apis/{api}', 'api:write', 'Change an API', {
    concurrency: true,
  })
    .input(
      z.strictObject({
        ...inApi,
        title: title.optional(),
        description: description.optional(),
        visibility: visibility.optional(),
        tags: tags.optional(),
      }),
    )
    .output(api),
  remove: operation(
    'DELETE',
    '/tenants/{tenant}/apis/{api}',
    'api:write',
    'Delete an API that is deployed nowhere',
    {
      concurrency: true,
    },
  )
    .input(z.strictObject(inApi))
    .output(nothing),
}

/** Where a document comes from. Its original bytes are kept. */
const documentSource = z
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
    upstreamUrl: z.string().nullable(),
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
        upstreamUrl: upstreamUrl
          .nullable()
          .meta({ title: 'Upstream', help: 'null answers from the document’s examples' }),
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

export const versions = {
  get: operation('GET', '/tenants/{tenant}/apis/{api}/versions/{apiVersion}', 'api:read', 'Read a version')
    .input(z.strictObject(inVersion))
    .output(apiVersion),
  create: operation(
    'POST',
    '/tenants/{tenant}/apis/{api}/versions',
    'api:write',
    'Create a version without a document',
    {
      status: 201,
    },
  )
    .input(z.strictObject({ ...inApi, name: slug, basePath }))
    .output(apiVersion),
  update: operation(
    'PATCH',
    '/tenants/{tenant}/apis/{api}/versions/{apiVersion}',
    'api:write',
    'Change a version’s draft',
    {
      concurrency: true,
    },
  )
    .input(
      z.strictObject({
        ...inVersion,
        basePath: basePath.optional(),
        hosts: z.array(hostName).max(50).optional(),
        public: z.boolean().optional(),
      }),
    )
    .output(apiVersion),
  remove: operation(
    'DELETE',
    '/tenants/{tenant}/apis/{api}/versions/{apiVersion}',
    'api:write',
    'Delete a draft or retired version',
    {
      concurrency: true,
    },
  )
    .input(z.strictObject(inVersion))
    .output(nothing),
  document: operation(
    'GET',
    '/tenants/{tenant}/apis/{api}/versions/{apiVersion}/document',
    'api:read',
    'Read the original document',
  )
    .input(z.strictObject(inVersion))
    .output(
      z.strictObject({
        format: z.enum(['json', 'yaml']),
        sha256: z.string(),
        base64: z.base64(),
        findings: z.array(documentFinding),
      }),
    ),
  previewReimport: operation(
    'POST',
    '/tenants/{tenant}/apis/{api}/versions/{apiVersion}/document/preview',
    'api:write',
    'Say what a newer document would change',
    { reads: true },
  )
    .input(z.strictObject({ ...inVersion, source: documentSource }))
    .output(
      z.strictObject({
        specVersion: z.string(),
        documentVersion: z.string(),
        changes: z.array(documentChange),
        findings: z.array(documentFinding),
      }),
    ),
  reimport: operation(
    'PUT',
    '/tenants/{tenant}/apis/{api}/versions/{apiVersion}/document',
    'api:write',
    'Replace the document of a draft',
    {
      concurrency: true,
      description:
        'Routes that stay keep their policies and settings; gone ones are removed, new ones added.',
    },
  )
    .input(z.strictObject({ ...inVersion, source: documentSource }))
    .output(
      z.strictObject({ apiVersion, changes: z.array(documentChange), findings: z.array(documentFinding) }),
    ),
  changes: operation(
    'GET',
    '/tenants/{tenant}/apis/{api}/versions/{apiVersion}/changes',
    'api:read',
    'What publishing the draft would change',
  )
    .input(z.strictObject({ ...inVersion, environment: reference.optional() }))
    .output(
      z.strictObject({
        against: z
          .int()
          .nullable()
          .meta({ title: 'API revision it is compared with; null = never published' }),
        changes: z.array(change),
        impact: z.strictObject({ subscribers: z.int(), requestsLastDay: z.int() }),
      }),
    ),
  setLifecycle: operation(
    'POST',
    '/tenants/{tenant}/apis/{api}/versions/{apiVersion}/lifecycle',
    'api:publish',
    'Deprecate, retire or bring back a version',
    { concurrency: true, waitable: true },
  )
    .input(
      z.strictObject({
        ...inVersion,
        to: z.enum(['published', 'deprecated', 'retired']),
        sunsetAt: instant.nullable().default(null),
        successor: reference.nullable().default(null),
        note: z.string().max(1000).default(''),
      }),
    )
    .output(written({ apiVersion })),
}

export const routes = {
  list: operation(
    'GET',
    '/tenants/{tenant}/apis/{api}/versions/{apiVersion}/routes',
    'api:read',
    'List routes',
  )
    .input(pageInput.extend({ ...inVersion, search: z.string().max(200).optional() }))
    .output(page(route)),
  create: operation(
    'POST',
    '/tenants/{tenant}/apis/{api}/versions/{apiVersion}/routes',
    'api:write',
    'Add a route',
    {
      status: 201,
    },
  )
    .input(
      z.strictObject({
        ...inVersion,
        method,
        path: pathTemplate,
        operationId: z.string().max(200).nullable().default(null),
        summary: z.string().max(300).nullable().default(null),
        public: z.boolean().default(false),
        mocks: z.array(mockExample).max(50).default([]),
      }),
    )
    .output(route),
  update: operation(
    'PATCH',
    '/tenants/{tenant}/apis/{api}/versions/{apiVersion}/routes/{route}',
    'api:write',
    'Change a route',
    {
      concurrency: true,
    },
  )
    .input(
      z.strictObject({
        ...inVersion,
        route: idSchema('rte'),
        summary: z.string().max(300).nullable().optional(),
        public: z.boolean().optional(),
        enabled: z.boolean().optional(),
        mocks: z.array(mockExample).max(50).optional(),
      }),
    )
    .output(route),
  remove: operation(
    'DELETE',
    '/tenants/{tenant}/apis/{api}/versions/{apiVersion}/routes/{route}',
    'api:write',
    'Remove a route',
    {
      concurrency: true,
    },
  )
    .input(z.strictObject({ ...inVersion, route: idSchema('rte') }))
    .output(nothing),
}

export const upstreams = {
  set: operation(
    'PUT',
    '/tenants/{tenant}/apis/{api}/versions/{apiVersion}/upstream',
    'api:write',
    'Set the upstream',
    {
      description: 'Changes the draft; If-Match carries the version of the API version.',
      concurrency: true,
    },
  )
    .input(upstreamInput.extend(inVersion))
    .output(upstream),
  check: operation(
    'POST',
    '/tenants/{tenant}/apis/{api}/versions/{apiVersion}/upstream/check',
    'api:write',
    'Try to connect to each target',
    {
      reads: true,
    },
  )
    .input(z.strictObject(inVersion))
    .output(
      z.strictObject({
        targets: z.array(
          z.strictObject({
            url: z.string(),
            reachable: z.boolean(),
            milliseconds: z.int(),
            detail: z.string(),
          }),
        ),
      }),
    ),
}

const policyChain = z.strictObject({
  scope,
  scopeId: z.string().nullable(),
  policies: z.array(policyInput),
  /** Policies of outer scopes that also run, in order; shown as locked. */
  inherited: z.array(z.strictObject({ from: scope, name: z.string(), policy: policyInput })),
  version,
})

const inScope = {
  ...inTenant,
  scope: scope.exclude(['global']),
  scopeId: z.string().max(80).meta({ help: 'Id of the tenant, version, plan or route' }),
}

export const policies = {
  get: operation(
    'GET',
    '/tenants/{tenant}/policies/{scope}/{scopeId}',
    ['api:read', 'product:read'],
    'Read a policy chain',
  )
    .input(z.strictObject(inScope))
    .output(policyChain),
  set: operation(
    'PUT',
    '/tenants/{tenant}/policies/{scope}/{scopeId}',
    ['api:write', 'product:write'],
    'Replace a policy chain',
    {
      concurrency: true,
      waitable: true,
      description:
        'The list is the order. Version and route scopes change the draft; tenant and plan scopes are live on save.',
    },
  )
    .input(z.strictObject({ ...inScope, policies: z.array(policyInput).max(100) }))
    .output(policyChain.extend(propagation.shape)),
  getGlobal: operation('GET', '/policies/global', 'platform', 'Read the global policy chain')
    .input(nothing)
    .output(policyChain),
  setGlobal: operation('PUT', '/policies/global', 'platform', 'Replace the global policy chain', {
    concurrency: true,
    waitable: true,
  })
    .input(z.strictObject({ policies: z.array(policyInput).max(100) }))
    .output(policyChain.extend(propagation.shape)),
}
