// Who changed what: the hash-chained record of every write.
import * as z from 'zod'
import { idSchema } from '../ids.ts'
import { change } from './environment.ts'
import { instant } from './wire.ts'

export const auditEvent = z.strictObject({
  id: idSchema('aud'),
  sequence: z.int(),
  at: instant,
  actor: z.strictObject({
    kind: z.enum(['user', 'token', 'cli', 'system']),
    id: z.string().nullable(),
    name: z.string(),
  }),
  action: z.string().meta({ title: 'Operation, such as apis.update' }),
  resource: z.strictObject({ kind: z.string(), id: z.string(), name: z.string() }),
  reason: z.string().nullable(),
  requestId: z.string(),
  changes: z.array(change),
  hash: z.string(),
  previousHash: z.string(),
})
export type AuditEvent = z.output<typeof auditEvent>

/** The end of a chain. Its hash covers every event before it, so keeping it elsewhere makes rewriting them evident. */
export const auditHead = z.strictObject({
  sequence: z.int().min(0),
  hash: z.string().regex(/^[0-9a-f]{64}$/, 'Use 64 hexadecimal digits, lower case'),
})
export type AuditHead = z.output<typeof auditHead>
