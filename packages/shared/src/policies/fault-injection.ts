// fault-injection: delays and aborts a part of the requests on purpose, to see what callers make of it.
import * as z from 'zod'
import { fieldName } from '../model/match.ts'
import { definePolicy, defineSpec, type PolicyContext, type Reply } from './policy.ts'

const percent = z
  .number()
  .min(0.1)
  .max(100)
  .default(100)
  .meta({ title: 'Share', help: 'Of the requests', widget: 'percent' })

const delay = z.strictObject({
  ms: z.int().min(1).max(60_000).meta({ title: 'Delay', widget: 'duration' }),
  percent,
})
const abort = z.strictObject({
  status: z.int().min(400).max(599).default(503).meta({ title: 'Status' }),
  percent,
})

export const spec = defineSpec({
  type: 'fault-injection',
  stage: 'upstream',
  title: 'Fault injection',
  summary: 'Delays or aborts a share of the requests, to test how callers take it.',
  scopes: ['version', 'plan', 'route'],
  config: z
    .strictObject({
      delay: delay.nullable().default(null).meta({ title: 'Delay' }),
      abort: abort.nullable().default(null).meta({ title: 'Abort' }),
      onlyWith: fieldName.nullable().default(null).meta({
        title: 'Only with the header',
        help: 'Such as x-fault: requests without it are left alone; empty = all requests',
      }),
    })
    .refine((config) => config.delay !== null || config.abort !== null, {
      path: ['delay'],
      error: 'Name a delay, an abort or both',
    }),
  example: { delay: { ms: 300, percent: 10 }, abort: { status: 503, percent: 1 }, onlyWith: 'x-fault' },
})

export const policy = definePolicy(spec, ({ delay, abort, onlyWith }) => {
  const isDelayed = shareOf(delay?.percent ?? 0)
  const isAborted = shareOf(abort?.percent ?? 0)
  const delayMs = delay?.ms ?? 0
  const reply = abort && abortReply(abort.status)
  const isMeant = (ctx: PolicyContext) =>
    ctx.cost > 0 && (onlyWith === null || ctx.header(onlyWith) !== undefined)

  return {
    request(ctx) {
      if (!isMeant(ctx)) return undefined
      // Each is drawn for itself: an abort may come late as well as at once.
      const verdict = isAborted() && reply !== null ? reply : undefined
      if (!isDelayed()) return verdict
      return new Promise((resolve) => setTimeout(resolve, delayMs, verdict))
    },
  }
})

/** True for this share of the calls, as evenly spread as can be: what is asked for holds from the first hundred on. */
function shareOf(percent: number): () => boolean {
  let owed = 0
  // In thousandths, which a sum of tenths of a per cent never leaves.
  const share = Math.round(percent * 10)
  return () => {
    owed += share
    if (owed < 1_000) return false
    owed -= 1_000
    return true
  }
}

// No code of the catalogue: whoever injects an error wants callers to see what an upstream could have answered.
function abortReply(status: number): Reply {
  const problem = { type: 'about:blank', title: 'A fault was injected', status }
  return {
    kind: 'reply',
    status,
    headers: ['Content-Type', 'application/problem+json', 'Cache-Control', 'no-store'],
    body: JSON.stringify(problem),
  }
}
