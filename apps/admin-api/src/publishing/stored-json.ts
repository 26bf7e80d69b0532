// What comes back from Redis is untrusted data: parsed by its schema or not at all.
import type * as z from 'zod'

/** The value, or null when the text is not JSON or not of the schema's shape. */
export function parseJson<Schema extends z.ZodType>(schema: Schema, text: string): z.output<Schema> | null {
  try {
    return schema.safeParse(JSON.parse(text)).data ?? null
  } catch {
    return null
  }
}
