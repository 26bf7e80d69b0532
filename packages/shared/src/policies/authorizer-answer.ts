// What an authorizer said, read to the letter: an answer that is not of its form lets nobody in.
import * as z from 'zod'
import { headerValue } from './claims.ts'

/** Names of context become parts of header fields. */
const contextName = z
  .string()
  .regex(/^[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*$/)
  .max(64)
const scalar = z.union([z.string(), z.number(), z.boolean()])

const answer = z.object({
  allow: z.boolean(),
  context: z.record(contextName, z.union([scalar, z.array(scalar).max(100), z.null()])).nullish(),
  clientId: z.string().min(1).max(255).nullish(),
  reason: z.string().max(1_000).nullish(),
  ttlSeconds: z.number().min(0).nullish(),
})

const contextMax = { entries: 20, length: 8_192 }

export interface AuthorizerAnswer {
  readonly allow: boolean
  /** Header fields of the context for the upstream, name and value in turn; the names have the prefix. */
  readonly fields: readonly string[]
  readonly clientId: string | null
  readonly reason: string | null
  /** null = as long as the policy says. */
  readonly ttlSeconds: number | null
}

/** A sentence that says what is wrong with it when it is none. `prefix`: in lower case. */
export function readAnswer(value: unknown, prefix: string): AuthorizerAnswer | string {
  const parsed = answer.safeParse(value)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    const place = issue?.path.join('.') || 'the answer'
    return `${place}: ${issue?.message ?? 'is not of the form'}`
  }
  const { allow, context, clientId, reason, ttlSeconds } = parsed.data
  const entries = Object.entries(context ?? {})
  if (entries.length > contextMax.entries) return `context: has more than ${contextMax.entries} entries`
  const fields: string[] = []
  for (const [name, one] of entries) {
    const text = headerValue(one)
    if (text === null) return `context.${name}: cannot be said in a header field`
    if (text !== undefined) fields.push(prefix + name.toLowerCase(), text)
  }
  if (fields.join('').length > contextMax.length)
    return `context: is longer than ${contextMax.length} characters`
  return {
    allow,
    fields: Object.freeze(fields),
    clientId: clientId ?? null,
    reason: reason ?? null,
    ttlSeconds: ttlSeconds ?? null,
  }
}
