// Drift: where what is sent differs from what the document of an API says, as gateways count it.
import * as z from 'zod'

export const driftRecord = z.strictObject({
  direction: z.enum(['request', 'response']),
  method: z.string(),
  /** Base path included. */
  template: z.string(),
  in: z.enum(['path', 'query', 'header', 'cookie', 'body', 'status']),
  /** JSON pointer, `*` for every entry of a list; of a status the status. */
  pointer: z.string(),
  rule: z.string().meta({ help: 'Keyword of JSON Schema, or what else was broken' }),
  count: z.int(),
  /** Unix milliseconds. */
  firstAt: z.int(),
  lastAt: z.int(),
})
export type DriftRecord = z.output<typeof driftRecord>
