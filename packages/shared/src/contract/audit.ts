// The record of every write: read, filter, verify.
import * as z from 'zod'
import { auditEvent } from '../model/audit.ts'
import { page, pageInput } from '../model/wire.ts'
import { inTenant, operation } from './operation.ts'

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
  })
    .input(z.strictObject(inTenant))
    .output(
      z.strictObject({
        valid: z.boolean(),
        events: z.int(),
        brokenAt: z.int().nullable().meta({ title: 'Sequence of the first event that does not fit' }),
      }),
    ),
}
