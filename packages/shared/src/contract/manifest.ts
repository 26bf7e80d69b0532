// The declarative form over the API: export, diff, apply.
import * as z from 'zod'
import { manifestSchema } from '../manifest.ts'
import { change } from '../model/environment.ts'
import { written } from '../model/wire.ts'
import { inTenant, operation } from './operation.ts'

export const manifests = {
  export: operation('GET', '/tenants/{tenant}/manifest', 'manifest:read', 'Export the tenant’s configuration')
    .input(z.strictObject(inTenant))
    .output(z.strictObject({ manifest: manifestSchema, hash: z.string() })),
  diff: operation(
    'POST',
    '/tenants/{tenant}/manifest/diff',
    'manifest:read',
    'What applying a manifest would change',
    {
      reads: true,
    },
  )
    .input(z.strictObject({ ...inTenant, manifest: manifestSchema, prune: z.boolean().default(false) }))
    .output(z.strictObject({ changes: z.array(change), hash: z.string() })),
  apply: operation('POST', '/tenants/{tenant}/manifest/apply', 'manifest:apply', 'Apply a manifest', {
    waitable: true,
    description: 'All or nothing, in one transaction. Without `prune` nothing is deleted.',
  })
    .input(
      z.strictObject({
        ...inTenant,
        manifest: manifestSchema,
        prune: z.boolean().default(false),
        note: z.string().max(1000).default(''),
      }),
    )
    .output(written({ changes: z.array(change), hash: z.string() })),
}
