// Would a gateway take it? Asked inside the transaction of every config change, so that nothing commits that gateways refuse.

import type { FieldError } from '@gatewright/shared/errors'
import { trafficFault } from '@gatewright/shared/model/traffic'
import { defaultUpstream } from '@gatewright/shared/model/upstream'
import type { Scope } from '@gatewright/shared/policies/policy'
import { mapSecrets, readSecret } from '@gatewright/shared/policies/secret'
import { policySpec } from '@gatewright/shared/policies/specs'
import { spec as validateRequest } from '@gatewright/shared/policies/validate-request'
import { spec as validateResponse } from '@gatewright/shared/policies/validate-response'
import { routeName } from '@gatewright/shared/route-conditions'
import { findOverlaps } from '@gatewright/shared/route-overlap'
import type { PolicyUse, Snapshot } from '@gatewright/shared/snapshot'
import { policyFaults } from '../catalog/policy-faults.ts'
import type { Prisma } from '../generated/prisma/client.ts'
import { refuse } from '../refusal.ts'
import { functionProblems } from './function-check.ts'
import { buildSnapshot } from './snapshot.ts'
import { readSnapshotRows } from './snapshot-rows.ts'
import { versionPointer } from './version-pointer.ts'

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
  const problems = [...snapshotProblems(snapshot), ...(await functionProblems(snapshot))]
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
  const owners = new Map<string, { readonly at: string; readonly version: Version }>()
  for (const version of snapshot.versions) {
    const at = versionPointer(version)
    for (const host of version.hosts.length > 0 ? version.hosts : ['*']) {
      const place = `${host} ${version.basePath}`
      const owner = owners.get(place)
      // Versions of one API may share a place where selectors tell them apart.
      if (
        owner &&
        (owner.version.apiId !== version.apiId ||
          (owner.version.selector === null && version.selector === null))
      ) {
        problems.push({
          pointer: `${at}/basePath`,
          code: 'duplicate',
          detail: `${owner.at} already answers at ${place}`,
        })
      }
      if (!owner || version.selector === null) owners.set(place, { at, version })
    }
    inspectUpstreams(version, at, problems)
    const inherited =
      inspect(version.policies, 'version', at, problems) || (identified.get(version.tenantId) ?? global)
    inspectRoutes(version, at, inherited, problems)
    const tenant = snapshot.tenants.find(({ id }) => id === version.tenantId)
    inspectOwnPaths(version, tenant?.policies ?? [], at, problems)
  }
  for (const { kind, version, route, message } of findOverlaps(snapshot.versions)) {
    if (kind === 'unreachable') continue
    const pointer = route
      ? `${versionPointer(version)}/routes/${routeName(route)}`
      : `${versionPointer(version)}/selector`
    problems.push({ pointer, code: kind, detail: message })
  }
  return problems
}

type Version = Snapshot['versions'][number]

/** Upstreams that routes and traffic speak of and the version lacks. */
function inspectUpstreams(version: Version, at: string, problems: FieldError[]): void {
  const names = version.upstreams.map(({ name }) => name)
  const fault = version.traffic && trafficFault(version.traffic, names)
  if (fault) {
    const pointer = `${at}/traffic/${fault.path.replaceAll('.', '/')}`
    problems.push({ pointer, code: 'unknown_upstream', detail: fault.message })
  }
  const hasShares = version.traffic !== null && version.traffic.shares.length > 0
  const lacksDefault = names.length > 0 && !hasShares && !names.includes(defaultUpstream)
  for (const route of version.routes) {
    const pointer = `${at}/routes/${routeName(route)}/upstream`
    if (route.upstream !== null && !names.includes(route.upstream)) {
      const detail = `the version has no upstream ${route.upstream}`
      problems.push({ pointer, code: 'unknown_upstream', detail })
    }
    if (route.upstream === null && lacksDefault) {
      const detail = `it names no upstream, and none is called ${defaultUpstream}: there ${names.length === 1 ? 'is' : 'are'} ${names.join(', ')}`
      problems.push({ pointer, code: 'unknown_upstream', detail })
    }
  }
}

function inspectRoutes(version: Version, at: string, inherited: boolean, problems: FieldError[]): void {
  for (const route of version.routes) {
    const pointer = `${at}/routes/${routeName(route)}`
    const identified = inspect(route.policies, 'route', pointer, problems, route.path) || inherited
    inspectValidation(route, [...version.policies, ...route.policies], pointer, problems)
    if (!identified && !route.public) {
      problems.push({
        pointer,
        code: 'unprotected',
        detail: 'nothing asks who is calling: attach a policy such as api-key, or mark the route public',
      })
    }
  }
}

/** Paths that policies answer themselves: no two of them, and no route, may have the same. */
function inspectOwnPaths(
  version: Version,
  outer: readonly PolicyUse[],
  at: string,
  problems: FieldError[],
): void {
  const taken = new Map<string, { readonly owner: string; readonly policy: string }>()
  const all = [...outer, ...version.policies, ...version.routes.flatMap(({ policies }) => policies)]
  for (const policy of all) {
    const spec = policySpec(policy.type)
    const config = spec?.ownPaths && spec.config.safeParse(policy.config)
    if (!config?.success || !spec?.ownPaths) continue
    const { owner, paths } = spec.ownPaths(config.data)
    for (const { path } of paths) {
      const first = taken.get(path)
      if (first && first.owner !== owner) {
        const detail = `${path} is the own path of both ${first.policy} and ${policy.name}: give one of them another one`
        problems.push({ pointer: `${at}/policies/${policy.name}`, code: 'duplicate', detail })
      }
      if (!first) taken.set(path, { owner, policy: policy.name })
    }
  }
  for (const route of taken.size === 0 ? [] : version.routes) {
    const first = taken.get(route.path)
    if (!first) continue
    const detail = `the policy ${first.policy} answers at ${route.path} itself: no route may have this path`
    problems.push({ pointer: `${at}/routes/${routeName(route)}`, code: 'path_taken', detail })
  }
}

function checkingConfig({ type, config }: PolicyUse) {
  if (type === 'validate-request') return validateRequest.config.safeParse(config).data
  return type === 'validate-response' ? validateResponse.config.safeParse(config).data : undefined
}

/** Messages that nobody could check are found here, not by the first caller. */
function inspectValidation(
  route: Version['routes'][number],
  policies: readonly PolicyUse[],
  pointer: string,
  problems: FieldError[],
): void {
  for (const policy of policies) {
    const config = checkingConfig(policy)
    if (config === undefined || config.mode !== 'enforce') continue
    const key = `${route.method} ${route.path}`
    if (
      config.except.includes(key) ||
      (route.operationId !== null && config.except.includes(route.operationId))
    )
      continue
    if (route.operation === undefined) {
      if (config.undescribedRoutes === 'pass') continue
      const detail = `${policy.name} checks messages, and the document does not describe this route: describe it, or let such routes pass`
      problems.push({ pointer, code: 'undescribed', detail })
    } else if (config.uncheckable === 'refuse' && route.operation.unchecked.length > 0) {
      const [first] = route.operation.unchecked
      const detail = `${policy.name} cannot check all that the document says: ${first}; change it, or let such rules pass`
      problems.push({ pointer, code: 'uncheckable', detail })
    }
  }
}

/** Checks one chain as the gateway's compile step does; true when a policy of it identifies the caller. */
function inspect(
  policies: readonly PolicyUse[],
  scope: Scope,
  at: string,
  problems: FieldError[],
  template: string | null = null,
): boolean {
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
    const parsed = spec.config.safeParse(policy.config)
    const isAlone = !(parsed.success && spec.needsAnother?.(parsed.data))
    if (spec.stage === 'identify' && isAlone) identifies = true
    for (const issue of parsed.error?.issues ?? []) {
      problems.push({
        pointer: [pointer, ...issue.path.map(String)].join('/'),
        code: issue.code ?? 'invalid',
        detail: issue.message,
      })
    }
    mapSecrets(spec, policy.config, (text, _, path) => {
      const form = readSecret(text)
      if (form.kind === 'plain' || (form.kind === 'sealed' && form.envelope === null)) {
        const detail = 'the secret that stood here is not kept any more: write it again'
        problems.push({ pointer: `${pointer}${path}`, code: 'unknown_secret', detail })
      }
      return text
    })
    for (const { member, code, detail } of parsed.success ? policyFaults(policy.type, parsed.data) : [])
      problems.push({ pointer: `${pointer}/${member}`, code, detail })
    const fault = parsed.success && template !== null && spec.templateFault?.(parsed.data, template)
    if (fault) problems.push({ pointer, code: 'unknown_parameter', detail: fault })
  }
  return identifies
}
