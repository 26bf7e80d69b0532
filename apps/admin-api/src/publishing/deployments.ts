// Where a version runs: writes a deployment with its claim on hosts and path.
import { createId } from '@gatewright/shared/ids'
import { type Traffic, trafficFault } from '@gatewright/shared/model/traffic'
import { storedTraffic } from '../catalog/version-view.ts'
import { jsonColumn } from '../infra/json-column.ts'
import { refuse } from '../refusal.ts'
import type { TenantTransaction } from './change.ts'
import { claimPaths, type Place } from './path-claims.ts'
import { listRoutes } from './route-uses.ts'
import type { FrozenVersion } from './version-document.ts'

interface DeployInput {
  readonly tenantId: string
  readonly environment: { readonly id: string; readonly name: string }
  readonly apiRevisionId: string
  readonly document: FrozenVersion
  readonly groups: readonly string[]
  /** Absent: what the deployment has stays. */
  readonly traffic?: Traffic | null
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
  const place = { environmentId: environment.id, versionId: document.id }
  const what = {
    apiRevisionId: input.apiRevisionId,
    groups: [...input.groups],
    // Not read and written back: somebody may set it at this moment.
    ...(input.traffic === undefined ? {} : { traffic: jsonColumn(input.traffic) }),
    deployedBy: input.deployedBy,
    deployedAt: input.deployedAt,
  }
  const { id, traffic } = await tx.db.deployment.upsert({
    where: { environmentId_versionId: place },
    create: { id: createId('dep'), tenantId, ...place, ...what },
    update: what,
  })
  refuseMissingUpstream(environment, document, storedTraffic(traffic))
  await claimPaths(tx, id, input)
  await listRoutes(tx, input)
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

// Its requests would have nowhere to go; who takes an upstream away says first where they go instead.
function refuseMissingUpstream(
  environment: DeployInput['environment'],
  document: FrozenVersion,
  traffic: Traffic | null,
): void {
  const fault =
    traffic &&
    trafficFault(
      traffic,
      document.upstreams.map(({ name }) => name),
    )
  if (!fault) return
  refuse(
    'state_conflict',
    `The traffic of ${document.apiName} ${document.name} in ${environment.name} does not fit this revision ` +
      `(${fault.path}: ${fault.message}). Change the traffic first`,
  )
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
