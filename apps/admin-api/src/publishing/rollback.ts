// Back to an earlier revision of one environment: the tenant's deployments and policies of then, as a new revision of now.
import { canonicalJson } from '@gatewright/shared/canonical'
import type { Change } from '@gatewright/shared/model/environment'
import { type Traffic, traffic } from '@gatewright/shared/model/traffic'
import * as z from 'zod'
import type { TenantCall } from '../call.ts'
import { storedTraffic } from '../catalog/version-view.ts'
import type { PolicyScope } from '../generated/prisma/client.ts'
import type { TenantDb } from '../infra/database.ts'
import { refuse } from '../refusal.ts'
import type { TenantTransaction } from './change.ts'
import { deploy, undeploy } from './deployments.ts'
import { diff } from './diff.ts'
import { readablePolicies, trafficChanges, versionChanges } from './version-changes.ts'
import { type FrozenVersion, frozenVersion } from './version-document.ts'

const remembered = z.object({
  deployments: z.array(
    z.object({
      versionId: z.string(),
      apiRevisionId: z.string(),
      groups: z.array(z.string()),
      traffic: traffic.nullable(),
    }),
  ),
  policies: z.array(
    z.object({
      id: z.string(),
      type: z.string(),
      name: z.string(),
      config: z.record(z.string(), z.json()),
      enabled: z.boolean(),
    }),
  ),
})
type Remembered = z.output<typeof remembered>
type RememberedPolicy = Remembered['policies'][number]

interface Deployed {
  readonly versionId: string
  readonly apiRevisionId: string
  readonly groups: readonly string[]
  readonly traffic: Traffic | null
  readonly document: FrozenVersion
}

interface State {
  readonly deployments: readonly Deployed[]
  readonly policies: readonly RememberedPolicy[]
}

export interface RollbackPlan {
  readonly target: State
  readonly current: State
  readonly changes: Change[]
  readonly policiesDiffer: boolean
}

interface EnvironmentRow {
  readonly id: string
  readonly name: string
  readonly revision: number
}

/** What has to change for `environment` to be, for this tenant, as it was right after revision `number`. */
export async function planRollback(
  db: TenantDb,
  environment: EnvironmentRow,
  number: number,
): Promise<RollbackPlan> {
  if (number > environment.revision) {
    refuse(
      'not_found',
      `${environment.name} has no revision ${number} yet; the newest is ${environment.revision}`,
    )
  }
  // A revision of somebody else changed nothing of ours: what counts is our own newest one up to there.
  const row = await db.revision.findFirst({
    where: { environmentId: environment.id, number: { lte: number } },
    orderBy: { number: 'desc' },
  })
  const then = row ? remembered.parse(row) : { deployments: [], policies: [] }
  const target = { deployments: await withDocuments(db, then.deployments), policies: then.policies }
  const current = await currentState(db, environment.id)
  const policyChanges = diff(
    readablePolicies(current.policies),
    readablePolicies(target.policies),
    'policies',
  )
  const policiesDiffer =
    policyChanges.length > 0 || current.policies.some(({ id }, i) => target.policies[i]?.id !== id)
  return {
    target,
    current,
    policiesDiffer,
    changes: [...policyChanges, ...deploymentChanges(current, target)],
  }
}

/** Carries a plan out. The same rows as then give the same snapshot, and so the same hash. */
export async function rollBack(
  tx: TenantTransaction,
  call: TenantCall,
  environment: EnvironmentRow,
  { current, target, policiesDiffer }: RollbackPlan,
  now: Date,
): Promise<void> {
  const staying = new Set(target.deployments.map(({ versionId }) => versionId))
  const held = await tx.db.pathClaim.findMany({ where: { environmentId: environment.id } })
  // First what goes, so that a path is free for whom it belonged to then.
  for (const { versionId } of current.deployments) {
    if (!staying.has(versionId)) await undeploy(tx, environment.id, versionId)
  }
  const differing = target.deployments.filter(
    (wanted) => !current.deployments.some((has) => same(has, wanted)),
  )
  for (const { versionId } of differing) await undeploy(tx, environment.id, versionId)
  for (const { apiRevisionId, document, groups, traffic } of differing) {
    await deploy(tx, {
      tenantId: call.tenant.id,
      environment,
      apiRevisionId,
      document,
      groups,
      traffic,
      deployedBy: call.actor.name,
      deployedAt: now,
      // That it ran there once grants nothing: another team may have come to answer there since.
      hostsGranted: call.user?.platformAdmin === true,
      held,
    })
  }
  if (policiesDiffer) await restorePolicies(tx, call.tenant.id, target.policies)
}

async function restorePolicies(
  tx: TenantTransaction,
  tenantId: string,
  policies: readonly RememberedPolicy[],
): Promise<void> {
  const scope: PolicyScope = 'tenant'
  await tx.db.policyAttachment.deleteMany({ where: { scope } })
  await tx.db.policyAttachment.createMany({
    data: policies.map((policy, position) => ({ ...policy, tenantId, scope, position })),
  })
}

async function withDocuments(db: TenantDb, deployments: Remembered['deployments']): Promise<Deployed[]> {
  const revisions = await db.apiRevision.findMany({
    where: { id: { in: deployments.map(({ apiRevisionId }) => apiRevisionId) } },
    select: { id: true, document: true },
  })
  const documents = new Map(revisions.map(({ id, document }) => [id, document]))
  return deployments.map((deployment) => {
    const document = documents.get(deployment.apiRevisionId)
    if (document === undefined) {
      return refuse(
        'state_conflict',
        'An API version that ran then was deleted since; publish one in its place instead',
      )
    }
    return { ...deployment, document: frozenVersion.parse(document) }
  })
}

async function currentState(db: TenantDb, environmentId: string): Promise<State> {
  const deployments = await db.deployment.findMany({
    where: { environmentId },
    select: {
      versionId: true,
      apiRevisionId: true,
      groups: true,
      traffic: true,
      apiRevision: { select: { document: true } },
    },
  })
  const policies = await db.policyAttachment.findMany({
    where: { scope: 'tenant' },
    select: { id: true, type: true, name: true, config: true, enabled: true },
    orderBy: [{ position: 'asc' }, { id: 'asc' }],
  })
  return {
    deployments: deployments.map(({ apiRevision, traffic, ...deployment }) => ({
      ...deployment,
      traffic: storedTraffic(traffic),
      document: frozenVersion.parse(apiRevision.document),
    })),
    policies: remembered.shape.policies.parse(policies),
  }
}

const same = (a: Deployed, b: Deployed) =>
  a.versionId === b.versionId &&
  a.apiRevisionId === b.apiRevisionId &&
  [...a.groups].sort().join() === [...b.groups].sort().join() &&
  canonicalJson(a.traffic) === canonicalJson(b.traffic)

function deploymentChanges(current: State, target: State): Change[] {
  const before = new Map(current.deployments.map((deployment) => [deployment.versionId, deployment]))
  const after = new Map(target.deployments.map((deployment) => [deployment.versionId, deployment]))
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((versionId) => {
    const [has, wanted] = [before.get(versionId), after.get(versionId)]
    const document = has?.document ?? wanted?.document
    if (!document) return []
    const at = `apis/${document.apiName}/${document.name}`
    if (!wanted) return [{ kind: 'removed', pointer: at }]
    if (!has) return [{ kind: 'added', pointer: at }]
    return [
      ...[
        ...versionChanges(has.document, wanted.document),
        ...trafficChanges(has.traffic, wanted.traffic),
      ].map((change) => ({
        ...change,
        pointer: `${at}/${change.pointer}`,
      })),
      ...diff([...has.groups].sort(), [...wanted.groups].sort(), `${at}/groups`),
    ]
  })
}
