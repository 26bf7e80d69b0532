// How one request looks in answers, with the names of what it touched; and what of it a caller may not see.
import { may, type TenantCall } from '../call.ts'
import { refuse } from '../refusal.ts'
import type { RequestStoryRow } from './queries/request.ts'
import type { RequestRow } from './queries/requests.ts'
import { readSubjects, versionsAcross } from './subjects.ts'

export async function showRequests(call: TenantCall, rows: readonly RequestRow[]) {
  const { db } = call
  const [apiOf, applicationOf, planOf, versionOf, hintOf] = await Promise.all([
    readSubjects(
      db,
      'api',
      rows.map((row) => row.api_id),
    ),
    readSubjects(
      db,
      'application',
      rows.map((row) => row.application_id),
    ),
    readSubjects(
      db,
      'plan',
      rows.map((row) => row.plan_id),
    ),
    versionNames(call, rows),
    credentialHints(call, rows),
  ])
  const seesAll = may(call, 'analytics:read')
  return rows.map((row) => {
    // Whoever proved no application may be anybody: who they are is not for those who only see their own traffic,
    // and of requests that belong to no tenant not for any tenant.
    const isElsewhere = row.tenant_id !== '' && row.tenant_id !== call.tenant.id
    const isHidden = row.tenant_id === '' || (!seesAll && row.application_id === '')
    return {
      id: row.id,
      at: row.at.toISOString(),
      method: row.method,
      path: row.path,
      // Of another team's API one learns what one subscribed to, and of its policies what the reason says.
      route: isElsewhere && versionOf(row.version_id) === row.version_id ? null : row.route || null,
      status: row.status,
      reason: row.reason || null,
      policy: isElsewhere ? null : row.policy || null,
      gatewayMs: Number(row.gateway_us) / 1000,
      upstreamMs: Number(row.upstream_us) / 1000,
      bytesIn: Number(row.bytes_in),
      bytesOut: Number(row.bytes_out),
      api: apiOf(row.api_id),
      apiVersion: versionOf(row.version_id),
      application: applicationOf(row.application_id),
      plan: planOf(row.plan_id),
      credentialHint: hintOf(row.credential_id),
      address: isHidden ? '' : row.address,
      agent: isHidden ? '' : row.agent,
      gatewayId: row.gateway_id,
      revision: row.revision,
      tryIt: row.try_it,
    }
  })
}

/** One request with what its event says of attacks: for the team whose API it is, and there for those who see all traffic. */
export async function showStory(call: TenantCall, row: RequestStoryRow) {
  const [shown] = await showRequests(call, [row])
  if (shown === undefined) return refuse('not_found')
  const isOwners = row.tenant_id === call.tenant.id && may(call, 'analytics:read')
  return {
    ...shown,
    routeId: row.tenant_id === call.tenant.id ? row.route_id || null : null,
    security: isOwners ? [...(row.security ?? [])] : [],
  }
}

async function versionNames({ db }: TenantCall, rows: readonly RequestRow[]) {
  const ids = [...new Set(rows.map((row) => row.version_id))].filter((id) => id !== '')
  const versions = await db.apiVersion.findMany({
    where: { id: { in: ids } },
    select: { id: true, name: true },
  })
  const names = new Map(versions.map(({ id, name }) => [id, name]))
  const missing = ids.filter((id) => !names.has(id))
  if (missing.length > 0)
    for (const { id, name } of await versionsAcross(db, { id: { in: missing } })) names.set(id, name)
  return (id: string) => (id === '' ? null : (names.get(id) ?? id))
}

async function credentialHints({ db }: TenantCall, rows: readonly RequestRow[]) {
  const ids = [...new Set(rows.map((row) => row.credential_id))].filter((id) => id !== '')
  const credentials = await db.credential.findMany({
    where: { id: { in: ids } },
    select: { id: true, prefix: true, last4: true },
  })
  const hints = new Map(
    credentials.map(({ id, prefix, last4 }) => [id, last4 === '' ? prefix : `${prefix}…${last4}`]),
  )
  return (id: string) => hints.get(id) ?? null
}
