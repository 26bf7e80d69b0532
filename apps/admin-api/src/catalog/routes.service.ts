// Routes of a draft: what the document gave, what people added, and what they set on each.

import type { contract } from '@gatewright/shared/contract/index'
import { createId } from '@gatewright/shared/ids'
import { routeName } from '@gatewright/shared/route-conditions'
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
import { conditionColumns, storedConditions } from './route-conditions.ts'
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
    const { method, path, upstream, operationId, summary, public: isPublic, mocks } = input
    const conditions = conditionColumns(input.when)
    return this.changes.inTenant(call, async (tx) => {
      const version = await findVersion(tx.db, input)
      refuseUnknownUpstream(version, upstream)
      await refuseTaken(tx.db, { versionId: version.id, method, path, whenKey: conditions.whenKey })
      const last = await tx.db.route.aggregate({ where: { versionId: version.id }, _max: { position: true } })
      const route = await tx.db.route.create({
        data: {
          id: createId('rte'),
          tenantId: call.tenant.id,
          versionId: version.id,
          method,
          path,
          ...conditions,
          upstream,
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
    const { when, upstream, summary, public: isPublic, enabled, mocks } = input
    return this.changes.inTenant(call, async (tx) => {
      const version = await findVersion(tx.db, input)
      const before = await findRoute(tx.db, version, input.route)
      expectVersion(call, before)
      const conditions = when === undefined ? {} : conditionColumns(when)
      refuseUnknownUpstream(version, upstream)
      await refuseTaken(tx.db, { ...before, ...conditions })
      const after = await tx.db.route.update({
        where: { id: before.id, version: before.version },
        data: {
          ...given({ upstream, summary, public: isPublic, enabled, mocks }),
          ...conditions,
          ...(summary !== undefined || mocks !== undefined ? { overridden: true } : {}),
          version: { increment: 1 },
        },
      })
      await recountUnpublished(tx.db, version.id)
      const shown = showRoute(after)
      if (when !== undefined || mocks !== undefined) tx.grows()
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

function refuseUnknownUpstream({ upstreams }: VersionRow, name: string | null | undefined): void {
  if (name == null || upstreams.some((one) => one.name === name)) return
  refuseField('invalid_input', '/upstream', `The version has no upstream "${name}"`)
}

/** Refuses a second route for the same requests; `id`: the route that is to be there. */
async function refuseTaken(
  db: TenantDb,
  {
    id,
    versionId,
    method,
    path,
    whenKey,
  }: Pick<Route, 'versionId' | 'method' | 'path' | 'whenKey'> & { readonly id?: string },
): Promise<void> {
  const twin = await db.route.findFirst({
    where: { versionId, method, path, whenKey, ...(id === undefined ? {} : { id: { not: id } }) },
  })
  if (!twin) return
  const pointer = whenKey === '' ? '/path' : '/when'
  refuseField(
    'already_exists',
    pointer,
    `There is a route ${routeName({ method, path, when: storedConditions(twin.when) })}`,
  )
}

const named = ({ name, api }: VersionRow, { id, method, path, when }: Route) => ({
  kind: 'route',
  id,
  name: `${api.name}/${name} ${routeName({ method, path, when: storedConditions(when) })}`,
})

function showRoute(route: Route) {
  const { id, method, path, upstream, operationId, summary, tags, deprecated } = route
  const { enabled, parameterCount, version } = route
  const mocks = z.array(mockExample).parse(route.mocks)
  return {
    id,
    method,
    path,
    when: storedConditions(route.when),
    upstream,
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
