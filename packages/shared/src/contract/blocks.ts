// The blocklist of a tenant, and that of the platform: written by people, and by systems that watch traffic.
import * as z from 'zod'
import { idSchema } from '../ids.ts'
import { block, blockKind, blockSource, blockTarget } from '../model/block.ts'
import { instant, page, pageInput, propagation } from '../model/wire.ts'
import { inTenant, operation } from './operation.ts'

const batchMax = 1_000
const verdict = blockTarget.safeExtend({
  reason: z.string().trim().min(1).max(200).meta({
    title: 'Reason',
    help: 'For those who read the list; callers are not told',
  }),
  expiresAt: instant.nullable().default(null).meta({ title: 'Until', help: 'null: until it is lifted' }),
})
const addressOnly = <T extends z.ZodType<{ kind: string }>>(schema: T) =>
  schema.refine(({ kind }) => kind === 'address', {
    path: ['kind'],
    error: 'On the platform only addresses can be blocked',
  })

const source = blockSource.default('manual')
const listed = z.strictObject({
  ...pageInput.shape,
  kind: blockKind.optional(),
  state: z.enum(['active', 'expired', 'all']).default('active'),
  search: z.string().max(100).optional(),
})
const written = propagation.extend({
  created: z.int(),
  changed: z.int(),
  unchanged: z.int().meta({ help: 'Said already, with the same reason and end' }),
})
const lifted = propagation.extend({ lifted: z.int() })

const writeDescription = `Up to ${batchMax.toLocaleString('en')} verdicts. Writing the same again changes nothing; with another reason or end it changes these. All or none are taken. Gateways refuse within two seconds; with ?wait=live the answer waits until they do.`
const liftDescription =
  'Of one source. What is not on the list is not there afterwards either: lifting it again is no error.'
const options = { waitable: true, tokens: 'blocklist' } as const

export const blocks = {
  list: operation('GET', '/tenants/{tenant}/blocks', 'block:read', 'List what is blocked', {
    tokens: 'blocklist',
  })
    .input(listed.extend(inTenant))
    .output(page(block)),
  write: operation(
    'PUT',
    '/tenants/{tenant}/blocks',
    'block:write',
    'Block addresses, credentials or applications',
    {
      ...options,
      description: writeDescription,
    },
  )
    .input(z.strictObject({ ...inTenant, source, blocks: z.array(verdict).min(1).max(batchMax) }))
    .output(written),
  lift: operation('POST', '/tenants/{tenant}/blocks/lift', 'block:write', 'Lift blocks by what they block', {
    ...options,
    description: liftDescription,
  })
    .input(z.strictObject({ ...inTenant, source, targets: z.array(blockTarget).min(1).max(batchMax) }))
    .output(lifted),
  remove: operation('DELETE', '/tenants/{tenant}/blocks/{block}', 'block:write', 'Lift a block', options)
    .input(z.strictObject({ ...inTenant, block: idSchema('blk') }))
    .output(propagation),
}

export const platformBlocks = {
  list: operation('GET', '/blocks', 'platform', 'List the addresses that may call nobody', {
    tokens: 'blocklist',
  })
    .input(listed)
    .output(page(block)),
  write: operation('PUT', '/blocks', 'platform', 'Block addresses for every tenant', {
    ...options,
    description: writeDescription,
  })
    .input(z.strictObject({ source, blocks: z.array(addressOnly(verdict)).min(1).max(batchMax) }))
    .output(written),
  lift: operation('POST', '/blocks/lift', 'platform', 'Lift blocks of the platform by what they block', {
    ...options,
    description: liftDescription,
  })
    .input(z.strictObject({ source, targets: z.array(addressOnly(blockTarget)).min(1).max(batchMax) }))
    .output(lifted),
  remove: operation('DELETE', '/blocks/{block}', 'platform', 'Lift a block of the platform', options)
    .input(z.strictObject({ block: idSchema('blk') }))
    .output(propagation),
}
