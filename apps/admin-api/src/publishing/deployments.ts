// Where a version runs: writes a deployment with its claim on hosts and path.
import { createId } from '@gatewright/shared/ids'
import { refuse } from '../refusal.ts'
import type { TenantTransaction } from './change.ts'
import { claimPaths, type Place } from './path-claims.ts'
import type { FrozenVersion } from './version-document.ts'

interface DeployInput {
  readonly tenantId: string
  readonly environment: { readonly id: string; readonly name: string }
  readonly apiRevisionId: string
  readonly document: FrozenVersion
  readonly groups: readonly string[]
  readonly deployedBy: string
  readonly deployedAt: Date
  /** Whether named hosts may stand before what other teams answer on any host. */
  readonly hostsGranted: boolean
  /** Places that the team had before this change, see `claimPaths`. */
  readonly held?: readonly Place[]
}

/** Makes `environment` run a revision, in place of what it ran of that version. */
export async function deploy(tx: TenantTransaction, input: DeployInput): Promise<void> {
  const { tenantId, environment, document } = input
  await refuseUnknownGroups(tx, environment, input.groups)
  const what = {
    apiRevisionId: input.apiRevisionId,
    groups: [...input.groups],
    deployedBy: input.deployedBy,
    deployedAt: input.deployedAt,
  }
  const { id } = await tx.db.deployment.upsert({
    where: { environmentId_versionId: { environmentId: environment.id, versionId: document.id } },
    create: { id: createId('dep'), tenantId, environmentId: environment.id, versionId: document.id, ...what },
    update: what,
  })
  await claimPaths(tx, id, input)
}

/** True when it ran there. The claim on its path goes with it. */
export async function undeploy(
  tx: TenantTransaction,
  environmentId: string,
  versionId: string,
): Promise<boolean> {
  const { count } = await tx.db.deployment.deleteMany({ where: { environmentId, versionId } })
  return count > 0
}

async function refuseUnknownGroups(
  tx: TenantTransaction,
  environment: DeployInput['environment'],
  groups: readonly string[],
): Promise<void> {
  if (groups.length === 0) return
  const known = await tx.platform.gatewayGroup.findMany({
    where: { environmentId: environment.id },
    select: { name: true },
  })
  const names = new Set(known.map(({ name }) => name))
  const unknown = groups.find((group) => !names.has(group))
  if (unknown !== undefined) {
    refuse('invalid_input', `${environment.name} has no gateway group "${unknown}"`, {
      errors: [{ pointer: '/groups', code: 'not_found', detail: `There is no gateway group "${unknown}"` }],
    })
  }
}
