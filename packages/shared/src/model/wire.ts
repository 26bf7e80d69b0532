// The shapes every answer of the admin API shares: times, pages, revisions that a write produced.
import * as z from 'zod'
import { slug } from '../ids.ts'

export const instant = z.iso.datetime().meta({ title: 'Time, RFC 3339 in UTC' })

/** Integer that grows with each change; the strong ETag of the resource is this number in quotes. */
export const version = z.int().min(1).meta({ title: 'Version for If-Match' })

/** A path part that accepts the slug or the id of a thing. */
export const reference = z.string().min(1).max(80)

export const pageInput = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(500).optional(),
})

/** One page of a list. The cursor is opaque; it can only move a reader inside what the list allows anyway. */
export function page<Item extends z.ZodType>(item: Item) {
  return z.strictObject({
    data: z.array(item),
    page: z.strictObject({
      next_cursor: z.string().nullable(),
      has_more: z.boolean(),
      total_estimate: z.int().optional(),
    }),
  })
}

/** Revisions that a write caused; `live` is present when the writer asked `?wait=live`. */
export const propagation = z.strictObject({
  revisions: z.array(
    z.strictObject({
      environment: slug,
      revision: z.int().meta({ title: 'Config revision' }),
      accessRevision: z.int().meta({ title: 'Revision of credentials and subscriptions' }),
    }),
  ),
  live: z
    .array(
      z.strictObject({
        environment: slug,
        live: z.boolean().meta({ title: 'Every live gateway runs it' }),
        gateways: z.int().meta({ title: 'Live gateways of the environment' }),
        laggards: z.array(
          z.strictObject({
            gatewayId: z.string(),
            revision: z.int(),
            accessRevision: z.int(),
            refusal: z.string().nullable(),
          }),
        ),
      }),
    )
    .optional(),
})
export type Propagation = z.output<typeof propagation>

/** The answer of a write: the resource and where its effect stands. */
export function written<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject({ ...shape, ...propagation.shape })
}
