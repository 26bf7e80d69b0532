// Which quotas are 80 % or all used up: of the applications that called lately, by the very counters that gateways decide by.
import { createCalendar } from '@gatewright/shared/calendar'
import { spec as quotaSpec } from '@gatewright/shared/policies/quota'
import type { Redis as Client } from 'ioredis'
import type { Pool } from 'pg'
import { type LimitPolicy, readLimit } from '../analytics/limits.ts'
import type { Finding } from './record.ts'

/** Per cent; the first is a warning. */
const thresholds = [
  { percent: 80, kind: 'quota_warning' },
  { percent: 100, kind: 'quota_used_up' },
] as const

// Longer than the pause between two looks, by as much as events may be late.
const latelyMs = 15 * 60_000
const pageSize = 500

interface Row {
  readonly subscription_id: string
  readonly tenant_id: string
  readonly time_zone: string
  readonly environment_id: string
  readonly environment: string
  readonly application_id: string
  readonly plan_id: string
  readonly policy_id: string
  readonly policy: string
  readonly config: unknown
  readonly credential_ids: string[]
}

// An application has one active subscription per product, and a plan may have several quotas.
const askedSql = `
  SELECT subscription.id AS subscription_id, tenant.id AS tenant_id, tenant.time_zone, environment.id AS environment_id, environment.name AS environment,
    subscription.application_id, subscription.plan_id, policy.id AS policy_id, policy.name AS policy, policy.config,
    ARRAY(SELECT credential.id FROM credential WHERE credential.application_id = subscription.application_id
      AND credential.environment_id = environment.id AND credential.state = 'active') AS credential_ids
  FROM (
    SELECT DISTINCT tenant_id, environment_id, application_id FROM rollup_minute
    WHERE bucket >= $1 AND application_id <> ''
  ) AS lately
  JOIN tenant ON tenant.id = lately.tenant_id
  JOIN environment ON environment.id = lately.environment_id
  JOIN subscription ON subscription.provider_id = lately.tenant_id AND subscription.application_id = lately.application_id
    AND subscription.state = 'active'
  JOIN policy_attachment AS policy ON policy.tenant_id = lately.tenant_id AND policy.plan_id = subscription.plan_id
    AND policy.type = $2 AND policy.enabled
  WHERE (subscription.id, policy.id, environment.id) > ($3, $4, $5)
  ORDER BY subscription.id, policy.id, environment.id LIMIT ${pageSize}`

/** Everything that is above a threshold now, noted before or not. */
export async function* usedUpQuotas(
  pool: Pool,
  client: Client,
  now: Date,
): AsyncGenerator<readonly Finding[]> {
  let after = ['', '', '']
  for (;;) {
    const { rows } = await pool.query<Row>(askedSql, [
      new Date(now.getTime() - latelyMs),
      quotaSpec.type,
      ...after,
    ])
    const found = await Promise.all(rows.map((row) => findingsOf(client, row, now)))
    yield found.flat()
    const last = rows.at(-1)
    if (last === undefined || rows.length < pageSize) return
    after = [last.subscription_id, last.policy_id, last.environment_id]
  }
}

async function findingsOf(client: Client, row: Row, now: Date): Promise<Finding[]> {
  const policy: LimitPolicy = {
    id: row.policy_id,
    type: quotaSpec.type,
    name: row.policy,
    config: row.config,
  }
  const state = await readLimit(
    {
      client,
      tenantId: row.tenant_id,
      environment: row.environment,
      timeZone: row.time_zone,
      applicationId: row.application_id,
      credentialIds: row.credential_ids,
      now,
    },
    policy,
  )
  if (state === null) return []
  const period = createCalendar(quotaSpec.config.parse(row.config).period, row.time_zone)(now.getTime())
  const percent = Math.floor((100 * state.used) / state.limit)
  return thresholds
    .filter((threshold) => percent >= threshold.percent)
    .map((threshold) => ({
      kind: threshold.kind,
      occasion: [
        'quota',
        row.policy_id,
        row.environment_id,
        row.application_id,
        period.name,
        threshold.percent,
      ].join(':'),
      tenantId: row.tenant_id,
      environmentId: row.environment_id,
      applicationId: row.application_id,
      planId: row.plan_id,
      facts: { policy: row.policy, limit: state.limit, percent, resetsAt: state.resetAt.toISOString() },
    }))
}
