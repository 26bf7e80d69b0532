// How the days of plans were that promise something (B10): each is judged once, when it is over, by what was promised then.
import { latencyBucketCount, latencyPercentileUs } from '@gatewright/shared/event'
import type { Pool } from 'pg'
import { startOfDay } from '../analytics/range.ts'
import { note } from './record.ts'

const dayMs = 86_400_000
/** Days that are looked at again: an outage of this process shorter than that leaves no gap. */
const daysBack = 3
/** How late events may be. */
const graceMs = 10 * 60_000

interface Promised {
  readonly plan_id: string
  readonly tenant_id: string
  readonly time_zone: string
  readonly environment_id: string
  readonly p95_ms: number | null
  readonly availability: number | null
  readonly promised_at: Date
}

interface Day {
  /** `2026-11-21`, on the tenant's calendar. */
  readonly name: string
  readonly from: Date
  readonly to: Date
}

/** Judges the days that are over and were not judged yet, and notes the promises that were not kept. */
export async function judgeDays(pool: Pool, now: Date): Promise<void> {
  const { rows } = await pool.query<Promised>(
    `SELECT plan.id AS plan_id, plan.tenant_id, tenant.time_zone, environment.id AS environment_id,
       plan.slo_p95_ms AS p95_ms, plan.slo_availability AS availability, plan.updated_at AS promised_at
     FROM plan JOIN tenant ON tenant.id = plan.tenant_id CROSS JOIN environment
     WHERE plan.slo_p95_ms IS NOT NULL OR plan.slo_availability IS NOT NULL ORDER BY plan.id, environment.id`,
  )
  for (const promised of rows) {
    for (const day of daysOver(promised, now)) await judge(pool, promised, day, now)
  }
}

/** A day that ended before the promise was made is none of its business. */
function daysOver({ time_zone, promised_at }: Promised, now: Date): Day[] {
  const days: Day[] = []
  let to = startOfDay(new Date(now.getTime() - graceMs), time_zone)
  for (let i = 0; i < daysBack && to > promised_at; i++) {
    // Days have 23 to 25 hours: a moment well inside the one before has its start.
    const from = startOfDay(new Date(to.getTime() - dayMs / 2), time_zone)
    days.push({ name: dateOf(from, time_zone), from, to })
    to = from
  }
  return days
}

const dateOf = (moment: Date, timeZone: string) =>
  // en-CA writes 2026-11-21.
  new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' }).format(
    moment,
  )

async function judge(pool: Pool, promised: Promised, day: Day, now: Date): Promise<void> {
  const { plan_id: planId, tenant_id: tenantId, environment_id: environmentId } = promised
  const known = await pool.query(
    'SELECT is_met FROM service_level_day WHERE plan_id = $1 AND environment_id = $2 AND day = $3::date',
    [planId, environmentId, day.name],
  )
  if (known.rows.length > 0) return
  const { requests, availability, p95Ms } = await measure(pool, promised, day)
  if (requests === 0) return
  const isFast = promised.p95_ms === null || p95Ms === null || p95Ms <= promised.p95_ms
  const isThere = promised.availability === null || availability >= promised.availability
  if (!isFast || !isThere) {
    const facts = {
      day: day.name,
      p95Ms,
      p95TargetMs: promised.p95_ms,
      availability,
      availabilityTarget: promised.availability,
    }
    const occasion = ['service-level', planId, environmentId, day.name].join(':')
    const missed = { kind: 'service_level_missed', occasion, applicationId: null, facts } as const
    // First the notice, which is noted once however often it is said: a judged day is never looked at again.
    await note(pool, [{ ...missed, tenantId, environmentId, planId }], now)
  }
  await pool.query(
    `INSERT INTO service_level_day
       (plan_id, environment_id, day, tenant_id, requests, p95_ms, availability, p95_target_ms, availability_target, is_met)
     VALUES ($1, $2, $3::date, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING`,
    [
      planId,
      environmentId,
      day.name,
      tenantId,
      requests,
      p95Ms,
      availability,
      promised.p95_ms,
      promised.availability,
      isFast && isThere,
    ],
  )
}

// What the gateway itself refused (a limit, a bad credential) is no failure of the service, and its speed is none of it either.
const served = `FROM rollup_hour WHERE tenant_id = $1 AND environment_id = $2 AND plan_id = $3
  AND bucket >= $4 AND bucket < $5 AND NOT try_it AND (reason = '' OR status >= 500)`

async function measure(pool: Pool, promised: Promised, { from, to }: Day) {
  const values = [promised.tenant_id, promised.environment_id, promised.plan_id, from, to]
  const [counts, buckets] = await Promise.all([
    pool.query<{ requests: string | null; failed: string | null }>(
      `SELECT sum(requests) AS requests, sum(requests) FILTER (WHERE status >= 500) AS failed ${served}`,
      values,
    ),
    pool.query<{ bucket: number; requests: string }>(
      `SELECT bucket_index AS bucket, sum(hist[bucket_index]) AS requests FROM (
         SELECT total_hist AS hist, generate_subscripts(total_hist, 1) AS bucket_index ${served}
       ) AS histograms GROUP BY 1`,
      values,
    ),
  ])
  const histogram = Array.from({ length: latencyBucketCount }, () => 0)
  // Postgres counts them from 1.
  for (const row of buckets.rows) histogram[row.bucket - 1] = Number(row.requests)
  const p95Us = latencyPercentileUs(histogram, 0.95)
  const requests = Number(counts.rows[0]?.requests ?? 0)
  const failed = Number(counts.rows[0]?.failed ?? 0)
  return {
    requests,
    availability: requests === 0 ? 100 : (100 * (requests - failed)) / requests,
    p95Ms: p95Us === null ? null : Math.round(p95Us) / 1000,
  }
}
