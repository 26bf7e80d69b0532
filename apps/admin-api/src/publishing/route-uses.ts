// What runs, route by route: the list in which intake counts who calls what (ADR 91). A route that stays keeps what was counted.
import { operationKey } from '../catalog/operation-key.ts'
import type { TenantTransaction } from './change.ts'
import type { FrozenVersion } from './version-document.ts'

interface Deployed {
  readonly tenantId: string
  readonly environment: { readonly id: string }
  readonly apiRevisionId: string
  readonly document: FrozenVersion
  readonly deployedAt: Date
}

/** Makes the list of a deployment that of its revision. */
export async function listRoutes(tx: TenantTransaction, input: Deployed): Promise<void> {
  const { tenantId, environment, document, deployedAt } = input
  const place = { environmentId: environment.id, versionId: document.id }
  const { specOperations } = await tx.db.apiRevision.findUniqueOrThrow({
    where: { id: input.apiRevisionId },
    select: { specOperations: true },
  })
  const described = new Set(specOperations)
  const known = await tx.db.routeUse.findMany({
    where: place,
    select: { routeId: true, method: true, template: true, documented: true },
  })
  const before = new Map(known.map((use) => [use.routeId, use]))
  const wanted = document.routes.map((route) => ({
    routeId: route.id,
    method: route.method,
    template: templateOf(document.basePath, route.path),
    documented: described.has(operationKey(route)),
  }))
  const staying = new Set(wanted.map(({ routeId }) => routeId))
  const gone = known.filter(({ routeId }) => !staying.has(routeId)).map(({ routeId }) => routeId)
  if (gone.length > 0) await tx.db.routeUse.deleteMany({ where: { ...place, routeId: { in: gone } } })
  const added = wanted.filter(({ routeId }) => !before.has(routeId))
  if (added.length > 0) {
    await tx.db.routeUse.createMany({
      data: added.map((use) => ({ ...place, tenantId, ...use, since: deployedAt })),
    })
  }
  for (const { routeId, ...use } of wanted) {
    const old = before.get(routeId)
    const isSame =
      old === undefined ||
      (old.method === use.method && old.template === use.template && old.documented === use.documented)
    if (!isSame) await tx.db.routeUse.updateMany({ where: { ...place, routeId }, data: use })
  }
}

/** As gateways name a route in events. */
const templateOf = (basePath: string, path: string) => `${basePath === '/' ? '' : basePath}${path}`
