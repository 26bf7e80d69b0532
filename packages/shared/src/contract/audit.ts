// The record of every write: read, filter, verify.
import * as z from 'zod'
import { auditEvent, auditHead } from '../model/audit.ts'
import { instant, page, pageInput } from '../model/wire.ts'
import { inTenant, nothing, operation } from './operation.ts'

const namedHead = auditHead.extend({
  chain: z.string().max(80).meta({ title: 'Tenant id, or "platform" for what belongs to no tenant' }),
})

const chainProof = z.strictObject({
  valid: z.boolean(),
  events: z.int().meta({ title: 'Events that were verified' }),
  brokenAt: z.int().nullable().meta({ title: 'Sequence of the first event that does not fit' }),
  head: auditHead.meta({ title: 'The last event that fits' }),
})

export const audit = {
  list: operation('GET', '/tenants/{tenant}/audit', 'audit:read', 'List audit events, newest first')
    .input(
      pageInput.extend({
        ...inTenant,
        search: z.string().max(200).optional(),
        actor: z.string().max(80).optional(),
        action: z.string().max(80).optional(),
        resource: z.string().max(80).optional(),
        from: z.iso.datetime().optional(),
        to: z.iso.datetime().optional(),
      }),
    )
    .output(page(auditEvent)),
  verify: operation('POST', '/tenants/{tenant}/audit/verify', 'audit:read', 'Verify the hash chain', {
    reads: true,
    description:
      'From its first event to its head. With a head that was noted earlier it also proves that nothing up to there was rewritten.',
  })
    .input(z.strictObject({ ...inTenant, noted: auditHead.optional() }))
    .output(chainProof),
  heads: operation('GET', '/audit/heads', 'platform', 'The head of every audit chain, to be kept elsewhere', {
    description:
      'Of each tenant’s chain and of the platform’s own. Whoever keeps them can prove later what was recorded until now.',
  })
    .input(nothing)
    .output(z.strictObject({ at: instant, heads: z.array(namedHead) })),
  verifyHeads: operation(
    'POST',
    '/audit/heads/verify',
    'platform',
    'Verify chains against heads kept elsewhere',
    {
      reads: true,
      description: 'Takes what `GET /audit/heads` has answered, as it was.',
    },
  )
    .input(z.strictObject({ at: instant.optional(), heads: z.array(namedHead).min(1).max(10_000) }))
    .output(
      z.strictObject({ valid: z.boolean(), chains: z.array(chainProof.extend({ chain: z.string() })) }),
    ),
}
