// A newer document over an existing draft: routes that stay keep their id, policies and settings.
import type { Route } from '../generated/prisma/client.ts'
import type { TenantDb } from '../infra/database.ts'
import { createRoutes, operationColumns } from './drafts.ts'
import type { OperationSummary } from './openapi/questions.ts'

/** Routes of the old document that the new one lacks go; routes that a person added stay. */
export async function reimportRoutes(
  db: TenantDb,
  tenantId: string,
  versionId: string,
  old: readonly { readonly method: string; readonly path: string }[],
  next: readonly OperationSummary[],
): Promise<void> {
  const routes = await db.route.findMany({ where: { versionId } })
  // Of routes that conditions alone tell apart, the operation's is the one without; the others are a person's.
  const byCondition = routes.toSorted((a, b) => Number(a.whenKey === '') - Number(b.whenKey === ''))
  const byShape = new Map(byCondition.map((route) => [shapeOf(route), route]))
  const wanted = new Set(next.map(shapeOf))
  const gone = old.map(shapeOf).filter((shape) => !wanted.has(shape))
  await db.route.deleteMany({
    where: { versionId, id: { in: gone.flatMap((shape) => byShape.get(shape)?.id ?? []) } },
  })
  const added: OperationSummary[] = []
  for (const [position, operation] of next.entries()) {
    const route = byShape.get(shapeOf(operation))
    if (route) await updateRoute(db, route, operation, position)
    else added.push(operation)
  }
  await createRoutes(db, tenantId, versionId, added, next.length)
}

async function updateRoute(
  db: TenantDb,
  route: Route,
  operation: OperationSummary,
  position: number,
): Promise<void> {
  const { summary, mocks, ...facts } = operationColumns(operation)
  // What a person wrote over the document's words stays theirs.
  const words = route.overridden ? {} : { summary, mocks }
  const columns = { path: operation.path, position, ...facts, ...words }
  const changed = Object.entries(columns).some(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(route[name as keyof Route]),
  )
  if (changed)
    await db.route.update({ where: { id: route.id }, data: { ...columns, version: { increment: 1 } } })
}

/** A renamed path parameter is the same route to callers. */
const shapeOf = ({ method, path }: { method: string; path: string }) =>
  `${method} ${path.replace(/\{[^}]*\}/g, '{}')}`
