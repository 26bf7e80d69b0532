// What one gateway sees of the upstreams of a version right now: its targets, its breakers, its guard.
import * as z from 'zod'

export const targetState = z.strictObject({
  url: z.string(),
  region: z.string().nullable(),
  source: z.enum(['settings', 'discovery']),
  state: z.enum(['healthy', 'unhealthy', 'ejected', 'draining']),
  reason: z.string().nullable().meta({ title: 'Why it is out, such as "3 probes failed: ECONNREFUSED"' }),
  since: z.int().meta({ title: 'In this state since, Unix milliseconds' }),
  openRequests: z.int().min(0),
  latencyMs: z.number().min(0).nullable().meta({ title: 'Peak EWMA of its latency' }),
})
export type TargetState = z.output<typeof targetState>

export const upstreamState = z.strictObject({
  name: z.string(),
  breaker: z.enum(['closed', 'open', 'half-open']).nullable().meta({ title: 'null = it has none' }),
  discovery: z
    .strictObject({ updatedAt: z.int().nullable(), error: z.string().nullable() })
    .nullable()
    .meta({ title: 'When its instances were last read; null = nothing is discovered' }),
  targets: z.array(targetState),
})
export type UpstreamState = z.output<typeof upstreamState>

export const guardState = z.strictObject({
  state: z.enum(['watching', 'tripped']),
  reason: z.string().nullable().meta({ title: 'Such as "canary: 12.5 % errors of 48 requests"' }),
  at: z.int().nullable().meta({ title: 'Tripped at, Unix milliseconds' }),
  upstreams: z
    .array(
      z.strictObject({
        name: z.string(),
        requests: z.int().min(0),
        errors: z.int().min(0),
        p95Ms: z.number().min(0).nullable(),
      }),
    )
    .meta({ title: 'Over the window of the guard' }),
})
export type GuardState = z.output<typeof guardState>

/** Workers of one gateway taken together: open requests add up, a target is as bad as its worst worker says. */
export const versionUpstreams = z.strictObject({
  versionId: z.string(),
  upstreams: z.array(upstreamState),
  guard: guardState.nullable(),
})
export type VersionUpstreams = z.output<typeof versionUpstreams>
