// What is wrong with a draft, told before somebody publishes it: what gateways would refuse, and what can only be a mistake.

import type { PublishFinding } from '@gatewright/shared/model/api'
import { routeName } from '@gatewright/shared/route-conditions'
import { findOverlaps, type Overlap } from '@gatewright/shared/route-overlap'
import type { Prisma } from '../generated/prisma/client.ts'
import { functionProblems } from './function-check.ts'
import { snapshotProblems } from './servable.ts'
import { buildSnapshot, type DeploymentRow } from './snapshot.ts'
import { readSnapshotRows } from './snapshot-rows.ts'
import type { FrozenVersion } from './version-document.ts'
import { versionPointer } from './version-pointer.ts'

const mostFindings = 100

/** With an environment, among everything that the tenant runs there; without one, of the version alone. */
export async function publishFindings(
  tx: Prisma.TransactionClient,
  document: FrozenVersion,
  environmentId?: string,
): Promise<PublishFinding[]> {
  if (environmentId === undefined) {
    const alone = { ...document, groups: [] }
    return findOverlaps([alone]).map(showOverlap).slice(0, mostFindings)
  }
  const rows = await readSnapshotRows(tx, environmentId, document.tenantId)
  const running = rows.deployments.find((deployment) => deployment.document.id === document.id)
  const others = rows.deployments.filter((deployment) => deployment !== running)
  const deployments = [...others, { ...(running ?? notYetDeployed), document }]
  const snapshot = buildSnapshot({ ...rows, deployments })
  const problems = [...snapshotProblems(snapshot), ...(await functionProblems(snapshot))]
  const refused = problems.map(
    ({ pointer, code, detail }): PublishFinding => ({ level: 'error', code, pointer, message: detail }),
  )
  const harmless = findOverlaps(snapshot.versions).filter(
    ({ kind, version, other }) =>
      kind === 'unreachable' && (version.id === document.id || other?.id === document.id),
  )
  return [...refused, ...harmless.map(showOverlap)].slice(0, mostFindings)
}

const notYetDeployed: Omit<DeploymentRow, 'document'> = {
  groups: [],
  traffic: null,
  apiRevision: 0,
  lifecycle: 'published',
  deprecatedAt: null,
  sunsetAt: null,
  successorPath: null,
}

function showOverlap({ kind, version, route, message }: Overlap): PublishFinding {
  const at = versionPointer(version)
  return {
    level: kind === 'unreachable' ? 'warning' : 'error',
    code: kind,
    pointer: route ? `${at}/routes/${routeName(route)}` : `${at}/selector`,
    message,
  }
}
