// What a team offers: APIs, found, described and removed.
import * as z from 'zod'
import { slug } from '../ids.ts'
import { api, apiSummary, lifecycle, visibility } from '../model/api.ts'
import { page, pageInput } from '../model/wire.ts'
import { inApi, inTenant, nothing, operation } from './operation.ts'

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
