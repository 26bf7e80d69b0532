// Routes of a draft: what the document gave, what people added, and what they set on each.
import type { contract } from '@gatewright/shared/contract/index'
import { createId } from '@gatewright/shared/ids'
import { mockExample } from '@gatewright/shared/snapshot'
import { Injectable } from '@nestjs/common'
import * as z from 'zod'
import { expectVersion, type TenantCall } from '../call.ts'
import type { Route } from '../generated/prisma/client.ts'
import type { InputOf, Service } from '../http/serve.ts'
import { Clock } from '../infra/clock.ts'
import type { TenantDb } from '../infra/database.ts'
import { given } from '../infra/given.ts'
import { containing, paged } from '../infra/page.ts'
import { Changes } from '../publishing/change.ts'
import { recountUnpublished } from '../publishing/draft.ts'
import { refuse, refuseField } from '../refusal.ts'
import { findVersion, type VersionRow } from './version-view.ts'

type Noun = typeof contract.routes

@Injectable()
export class RoutesService implements Service<Noun> {
  constructor(
    private readonly clock: Clock,
    private readonly changes: Changes,
  ) {}

  async list(call: TenantCall, input: InputOf<Noun['list']>) {
    const { id: versionId } = await findVersion(call.db, input)
    const search = containing(input.search, 'path', 'summary', 'operationId', 'method')
    return paged(
      input,
      [
        ['position', 'asc'],
        ['id', 'asc'],
      ],
      ({ where, ...query }) =>
        call.db.route.findMany({ ...query, where: { AND: [where, { versionId }, search] } }),
      showRoute,
    )
  }

  async create(call: TenantCall, input: InputOf<Noun['create']>) {
    const { method, path, operationId, summary, public: isPublic, mocks } = input
    return this.changes.inTenant(call, async (tx) => {
      const version = await findVersion(tx.db, input)
      if (await tx.db.route.findFirst({ where: { versionId: version.id, method, path } })) {
        refuseField('already_exists', '/path', `There is a route ${method} ${path}`)
      }
      const last = await tx.db.route.aggregate({ where: { versionId: version.id }, _max: { position: true } })
      const route = await tx.db.route.create({
        data: {
          id: createId('rte'),
          tenantId: call.tenant.id,
          versionId: version.id,
          method,
          path,
          operationId,
          summary,
          public: isPublic,
          mocks,
          parameterCount: path.match(/\{/g)?.length ?? 0,
          position: (last._max.position ?? -1) + 1,
          createdAt: this.clock.now(),
        },
      })
      await recountUnpublished(tx.db, version.id)
      const after = showRoute(route)
      tx.grows()
      tx.audit({ action: 'routes.create', resource: named(version, route), before: null, after })
      return after
    })
  }

  async update(call: TenantCall, input: InputOf<Noun['update']>) {
    const { summary, public: isPublic, enabled, mocks } = input
    return this.changes.inTenant(call, async (tx) => {
      const version = await findVersion(tx.db, input)
      const before = await findRoute(tx.db, version, input.route)
      expectVersion(call, before)
      const after = await tx.db.route.update({
        where: { id: before.id, version: before.version },
        data: {
          ...given({ summary, public: isPublic, enabled, mocks }),
          ...(summary !== undefined || mocks !== undefined ? { overridden: true } : {}),
          version: { increment: 1 },
        },
      })
      await recountUnpublished(tx.db, version.id)
      const shown = showRoute(after)
      tx.audit({
        action: 'routes.update',
        resource: named(version, after),
        before: showRoute(before),
        after: shown,
      })
      return shown
    })
  }

  async remove(call: TenantCall, input: InputOf<Noun['remove']>) {
    return this.changes.inTenant(call, async (tx) => {
      const version = await findVersion(tx.db, input)
      const before = await findRoute(tx.db, version, input.route)
      expectVersion(call, before)
      await tx.db.route.delete({ where: { id: before.id, version: before.version } })
      await recountUnpublished(tx.db, version.id)
      tx.audit({
        action: 'routes.remove',
        resource: named(version, before),
        before: showRoute(before),
        after: null,
      })
      return {}
    })
  }
}

async function findRoute(db: TenantDb, version: VersionRow, id: string): Promise<Route> {
  const route = await db.route.findFirst({ where: { id, versionId: version.id } })
  return route ?? refuse('not_found', 'There is no such route')
}

const named = ({ name, api }: VersionRow, { id, method, path }: Route) => ({
  kind: 'route',
  id,
  name: `${api.name}/${name} ${method} ${path}`,
})

function showRoute(route: Route) {
  const { id, method, path, operationId, summary, tags, deprecated, enabled, parameterCount, version } = route
  const mocks = z.array(mockExample).parse(route.mocks)
  return {
    id,
    method,
    path,
    operationId,
    summary,
    tags,
    deprecated,
    public: route.public,
    enabled,
    mocks,
    parameterCount,
    version,
  }
}
