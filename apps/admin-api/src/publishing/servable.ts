// Would a gateway take it? Asked inside the transaction of every config change, so that nothing commits that gateways refuse.
import type { FieldError } from '@gatewright/shared/errors'
import { templateKey } from '@gatewright/shared/path-template'
import type { Scope } from '@gatewright/shared/policies/policy'
import { policySpec } from '@gatewright/shared/policies/specs'
import type { PolicyUse, Snapshot } from '@gatewright/shared/snapshot'
import type { Prisma } from '../generated/prisma/client.ts'
import { refuse } from '../refusal.ts'
import { buildSnapshot } from './snapshot.ts'
import { readSnapshotRows } from './snapshot-rows.ts'

/**
 * Refuses with `snapshot_refused`, naming each place, when what `tx` has written would be refused by gateways.
 * `tenantId`: whose configuration changed; null = something global.
 */
export async function assertServable(
  tx: Prisma.TransactionClient,
  environmentId: string,
  tenantId: string | null,
): Promise<void> {
  const snapshot = buildSnapshot(await readSnapshotRows(tx, environmentId, tenantId ?? undefined))
  const problems = snapshotProblems(snapshot)
  const [first] = problems
  if (!first) return
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : ''
  refuse('snapshot_refused', `${first.pointer}: ${first.detail}${more}`, { errors: problems.slice(0, 100) })
}

/** Everything in a snapshot that a gateway would refuse, each with a readable path. */
export function snapshotProblems(snapshot: Snapshot): FieldError[] {
  const problems: FieldError[] = []
  const global = inspect(snapshot.policies, 'global', 'global', problems)
  const identified = new Map<string, boolean>()
  for (const tenant of snapshot.tenants) {
    const at = `tenants/${tenant.name}`
    identified.set(tenant.id, inspect(tenant.policies, 'tenant', at, problems) || global)
  }
  for (const plan of snapshot.plans) inspect(plan.policies, 'plan', `plans/${plan.name}`, problems)
  const paths = new Map<string, string>()
  const answers: Answers = new Map()
  for (const version of snapshot.versions) {
    const at = `apis/${version.apiName}/${version.name}`
    for (const host of version.hosts.length > 0 ? version.hosts : ['*']) {
      const place = `${host} ${version.basePath}`
      const owner = paths.get(place)
      if (owner !== undefined) {
        problems.push({
          pointer: `${at}/basePath`,
          code: 'duplicate',
          detail: `${owner} already answers at ${place}`,
        })
      }
      paths.set(place, at)
    }
    const inherited =
      inspect(version.policies, 'version', at, problems) || (identified.get(version.tenantId) ?? global)
    inspectRoutes(version, at, inherited, answers, problems)
  }
  return problems
}

/** Host, method and template → the route that answers there, over all versions: base paths may lie in one another. */
type Answers = Map<string, { readonly at: string; readonly name: string }>

function inspectRoutes(
  version: Snapshot['versions'][number],
  at: string,
  inherited: boolean,
  answers: Answers,
  problems: FieldError[],
): void {
  for (const route of version.routes) {
    const name = `${route.method} ${route.path}`
    const pointer = `${at}/routes/${name}`
    for (const key of answerKeys(version, route)) {
      const twin = answers.get(key)
      if (twin !== undefined) {
        const where = twin.at === at ? twin.name : `${twin.name} of ${twin.at}`
        problems.push({ pointer, code: 'duplicate', detail: `it matches the same requests as ${where}` })
        break
      }
      answers.set(key, { at, name })
    }
    const identified = inspect(route.policies, 'route', pointer, problems) || inherited
    if (!identified && !route.public) {
      problems.push({
        pointer,
        code: 'unprotected',
        detail: 'nothing asks who is calling: attach a policy such as api-key, or mark the route public',
      })
    }
  }
}

/** As the gateway's compile step adds a route to its router. */
function answerKeys(
  { hosts, basePath }: Snapshot['versions'][number],
  { method, path }: Snapshot['versions'][number]['routes'][number],
): string[] {
  const base = basePath === '/' ? '' : basePath
  const templates = [base + path, ...(path === '/' && base !== '' ? [base] : [])]
  return (hosts.length > 0 ? hosts : ['*']).flatMap((host) =>
    templates.map((template) => `${host} ${method} ${templateKey(template)}`),
  )
}

/** Checks one chain as the gateway's compile step does; true when a policy of it identifies the caller. */
function inspect(policies: readonly PolicyUse[], scope: Scope, at: string, problems: FieldError[]): boolean {
  let identifies = false
  const names = new Set<string>()
  for (const policy of policies) {
    const pointer = `${at}/policies/${policy.name}`
    if (names.has(policy.name)) {
      problems.push({ pointer, code: 'duplicate', detail: 'two policies of one chain have this name' })
    }
    names.add(policy.name)
    const spec = policySpec(policy.type)
    if (!spec) {
      problems.push({ pointer, code: 'unknown_policy', detail: `there is no policy type ${policy.type}` })
      continue
    }
    if (!spec.scopes.includes(scope)) {
      problems.push({ pointer, code: 'wrong_scope', detail: `${policy.type} cannot be attached here` })
    }
    if (spec.stage === 'identify') identifies = true
    const parsed = spec.config.safeParse(policy.config)
    for (const issue of parsed.error?.issues ?? []) {
      problems.push({
        pointer: [pointer, ...issue.path.map(String)].join('/'),
        code: issue.code ?? 'invalid',
        detail: issue.message,
      })
    }
  }
  return identifies
}
