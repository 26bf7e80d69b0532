// Postgres → rows of a snapshot: the one place that reads across tenants for gateways.
import { storedTraffic } from '../catalog/version-view.ts'
import type { Prisma } from '../generated/prisma/client.ts'
import { refuse } from '../refusal.ts'
import type { DeploymentRow, SnapshotRows } from './snapshot.ts'
import { frozenVersion } from './version-document.ts'

const attachment = { id: true, type: true, name: true, config: true, enabled: true, position: true } as const

/** Rows of one environment, as `tx` sees them; with `tenantId` only that tenant's, and what is global. */
export async function readSnapshotRows(
  tx: Prisma.TransactionClient,
  environmentId: string,
  tenantId?: string,
): Promise<SnapshotRows> {
  const owned = tenantId === undefined ? {} : { tenantId }
  const environment =
    (await tx.environment.findUnique({ where: { id: environmentId }, select: { id: true, name: true } })) ??
    refuse('not_found', 'There is no such environment')
  const deployments = await tx.deployment.findMany({
    where: { environmentId, ...owned },
    select: {
      tenantId: true,
      versionId: true,
      groups: true,
      traffic: true,
      apiRevision: { select: { number: true, document: true } },
      apiVersion: {
        select: {
          lifecycle: true,
          deprecatedAt: true,
          sunsetAt: true,
          successor: { select: { basePath: true } },
        },
      },
    },
  })
  const tenantIds = tenantId === undefined ? [...new Set(deployments.map((row) => row.tenantId))] : [tenantId]
  const versionIds = [...new Set(deployments.map((deployment) => deployment.versionId))]
  const globalPolicies = await tx.policyAttachment.findMany({
    where: { scope: 'global' },
    select: attachment,
  })
  // They are nobody's of the tenants, and those who look at one tenant's have no use for them.
  const certificates =
    tenantId === undefined ? await tx.hostCertificate.findMany({ where: { environmentId } }) : []
  const tenants = await tx.tenant.findMany({
    where: { id: { in: tenantIds } },
    select: {
      id: true,
      name: true,
      timeZone: true,
      policies: { where: { scope: 'tenant' }, select: attachment },
    },
  })
  const products = await tx.product.findMany({
    where: { ...owned, versions: { some: { versionId: { in: versionIds } } } },
    select: {
      versions: { select: { versionId: true } },
      plans: {
        select: {
          id: true,
          tenantId: true,
          name: true,
          policies: { where: { scope: 'plan' }, select: attachment },
        },
      },
    },
  })
  const secrets = await tx.policySecret.findMany({
    where: { OR: [{ tenantId: { in: tenantIds } }, { tenantId: null }] },
    select: { id: true, tenantId: true, type: true, sealed: true },
  })
  return {
    environment,
    secrets,
    globalPolicies,
    certificates: certificates.map(({ id, name, hosts, chain, privateKey, notAfter, isDefault }) => ({
      id,
      name,
      hosts,
      chain,
      key: privateKey,
      notAfter: notAfter.getTime(),
      isDefault,
    })),
    tenants,
    deployments: deployments.map(
      ({ groups, traffic, apiRevision, apiVersion }): DeploymentRow => ({
        groups,
        traffic: storedTraffic(traffic),
        apiRevision: apiRevision.number,
        document: frozenVersion.parse(apiRevision.document),
        lifecycle: apiVersion.lifecycle,
        deprecatedAt: apiVersion.deprecatedAt,
        sunsetAt: apiVersion.sunsetAt,
        successorPath: apiVersion.successor?.basePath ?? null,
      }),
    ),
    plans: products.flatMap((product) =>
      product.plans.map((plan) => ({
        ...plan,
        versionIds: product.versions.map(({ versionId }) => versionId),
      })),
    ),
  }
}
