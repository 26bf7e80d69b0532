// Rows → Snapshot: everything one environment serves, for all tenants. Pure, ordered and hashed: equal rows, equal hash.
import { createHash } from 'node:crypto'
import { canonicalJson } from '@gatewright/shared/canonical'
import type { Traffic } from '@gatewright/shared/model/traffic'
import { mapSecrets, readSecret, sealedSecret, secretPaths } from '@gatewright/shared/policies/secret'
import { policySpec } from '@gatewright/shared/policies/specs'
import type { CertificateDocument, PolicyUse, Snapshot } from '@gatewright/shared/snapshot'
import type { Lifecycle } from '../generated/prisma/client.ts'
import { type AttachmentRow, compare, type FrozenVersion, policyUses } from './version-document.ts'

/** What `snapshot-rows.ts` reads; the order of any list says nothing. */
export interface SnapshotRows {
  readonly environment: { readonly id: string; readonly name: string }
  readonly secrets: readonly SecretRow[]
  readonly globalPolicies: readonly AttachmentRow[]
  readonly certificates: readonly CertificateDocument[]
  readonly tenants: readonly {
    readonly id: string
    readonly name: string
    readonly timeZone: string
    readonly policies: readonly AttachmentRow[]
  }[]
  readonly deployments: readonly DeploymentRow[]
  readonly plans: readonly {
    readonly id: string
    readonly tenantId: string
    readonly name: string
    readonly versionIds: readonly string[]
    readonly policies: readonly AttachmentRow[]
  }[]
}

export interface SecretRow {
  readonly id: string
  readonly tenantId: string | null
  readonly type: string
  readonly sealed: string
}

export interface DeploymentRow {
  readonly groups: readonly string[]
  readonly traffic: Traffic | null
  readonly apiRevision: number
  readonly document: FrozenVersion
  readonly lifecycle: Lifecycle
  readonly deprecatedAt: Date | null
  readonly sunsetAt: Date | null
  /** Base path of the version that follows. */
  readonly successorPath: string | null
}

export function buildSnapshot(rows: SnapshotRows): Snapshot {
  const sealed = new Map(rows.secrets.map((row) => [row.id, row]))
  const usesOf = (tenantId: string | null, uses: readonly PolicyUse[]) =>
    uses.map((use) => withEnvelopes(use, tenantId, sealed))
  const versions = rows.deployments
    .map((row) => deployedVersion(row, usesOf))
    .sort((a, b) => compare(a.id, b.id))
  const deployed = new Set(versions.map((version) => version.id))
  const tenants = new Set(versions.map((version) => version.tenantId))
  return {
    format: 1,
    environment: { id: rows.environment.id, name: rows.environment.name },
    policies: usesOf(null, policyUses(rows.globalPolicies)),
    // Snapshots of environments without any are as they were before there were certificates.
    ...(rows.certificates.length === 0
      ? {}
      : { certificates: [...rows.certificates].sort((a, b) => compare(a.id, b.id)) }),
    tenants: rows.tenants
      .filter((tenant) => tenants.has(tenant.id))
      .map(({ id, name, timeZone, policies }) => ({
        id,
        name,
        timeZone,
        policies: usesOf(id, policyUses(policies)),
      }))
      .sort((a, b) => compare(a.id, b.id)),
    versions,
    // Only what this environment serves: a plan for an API that is not here changes nothing here.
    plans: rows.plans
      .map(({ id, tenantId, name, versionIds, policies }) => ({
        id,
        tenantId,
        name,
        versionIds: versionIds.filter((versionId) => deployed.has(versionId)).sort(compare),
        policies: usesOf(tenantId, policyUses(policies)),
      }))
      .filter((plan) => plan.versionIds.length > 0)
      .sort((a, b) => compare(a.id, b.id)),
  }
}

type UsesOf = (tenantId: string | null, uses: readonly PolicyUse[]) => PolicyUse[]

/** Gateways get the sealed secrets that a configuration names: those of its own tenant and type, and no others. */
function withEnvelopes(
  use: PolicyUse,
  tenantId: string | null,
  secrets: ReadonlyMap<string, SecretRow>,
): PolicyUse {
  const spec = policySpec(use.type)
  if (!spec || secretPaths(spec).length === 0) return use
  const config = mapSecrets(spec, use.config, (text) => {
    const form = readSecret(text)
    if (form.kind !== 'sealed') return text
    const row = secrets.get(form.id)
    return row?.tenantId === tenantId && row.type === use.type ? sealedSecret(row.id, row.sealed) : text
  })
  return { ...use, config }
}

function deployedVersion(row: DeploymentRow, usesOf: UsesOf): Snapshot['versions'][number] {
  const { document } = row
  return {
    ...document,
    policies: usesOf(document.tenantId, document.policies),
    routes: document.routes.map((route) => ({
      ...route,
      policies: usesOf(document.tenantId, route.policies),
    })),
    apiRevision: row.apiRevision,
    groups: [...row.groups].sort(compare),
    traffic: row.traffic,
    lifecycle: {
      // A deployed version was published; a draft's row says `draft` only inside the transaction that publishes it.
      state: row.lifecycle === 'draft' ? 'published' : row.lifecycle,
      deprecatedAt: row.deprecatedAt?.getTime() ?? null,
      sunsetAt: row.sunsetAt?.getTime() ?? null,
      successorPath: row.successorPath,
    },
  }
}

/** The bytes that stand in Redis and their sha256 (hex). */
export function sealSnapshot(snapshot: Snapshot): { document: string; hash: string } {
  const document = canonicalJson(snapshot)
  return { document, hash: createHash('sha256').update(document).digest('hex') }
}
