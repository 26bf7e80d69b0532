// A team's APIs: list, create, describe, remove. What they serve is their versions' matter.
import type { contract } from '@gatewright/shared/contract/index'
import { createId } from '@gatewright/shared/ids'
import { Injectable } from '@nestjs/common'
import { expectVersion, signedIn, type TenantCall } from '../call.ts'
import type { Prisma } from '../generated/prisma/client.ts'
import type { InputOf, Service } from '../http/serve.ts'
import { Clock } from '../infra/clock.ts'
import { given } from '../infra/given.ts'
import { paged } from '../infra/page.ts'
import { Changes } from '../publishing/change.ts'
import { refuse } from '../refusal.ts'
import { apiRows, apiSearchText, findApi, showApi, showApiSummary, visibilityColumns } from './api-view.ts'

type Noun = typeof contract.apis

@Injectable()
export class ApisService implements Service<Noun> {
  constructor(
    private readonly clock: Clock,
    private readonly changes: Changes,
  ) {}

  async list(call: TenantCall, input: InputOf<Noun['list']>) {
    const filters = [matching(input.search), inState(input.state), ownedBy(call, input.owner)]
    return paged(
      input,
      input.sort === 'name'
        ? [
            ['name', 'asc'],
            ['id', 'asc'],
          ]
        : [
            ['updatedAt', 'desc'],
            ['id', 'desc'],
          ],
      ({ where, ...query }) =>
        call.db.api.findMany({ ...query, where: { AND: [where, ...filters] }, include: apiRows }),
      showApiSummary,
    )
  }

  async get(call: TenantCall, { api }: InputOf<Noun['get']>) {
    return showApiSummary(await findApi(call.db, api))
  }

  async create(call: TenantCall, { tenant: _, visibility, ...fields }: InputOf<Noun['create']>) {
    return this.changes.inTenant(call, async (tx) => {
      const id = createId('api')
      await tx.db.api.create({
        data: {
          id,
          tenantId: call.tenant.id,
          ...fields,
          ...visibilityColumns(visibility),
          ownerId: signedIn(call).id,
          searchText: apiSearchText(fields),
          createdAt: this.clock.now(),
        },
      })
      const after = showApiSummary(await findApi(tx.db, id))
      tx.grows()
      tx.audit({ action: 'apis.create', resource: named(after), before: null, after })
      return after
    })
  }

  async update(call: TenantCall, { api, title, description, visibility, tags }: InputOf<Noun['update']>) {
    return this.changes.inTenant(call, async (tx) => {
      const row = await findApi(tx.db, api)
      expectVersion(call, row)
      const fields = given({ title, description, tags })
      const after = await tx.db.api.update({
        where: { id: row.id, version: row.version },
        data: {
          ...fields,
          ...(visibility ? visibilityColumns(visibility) : {}),
          searchText: apiSearchText({ ...row, ...fields }),
          version: { increment: 1 },
        },
        include: { owner: apiRows.owner },
      })
      const shown = showApi(after)
      tx.audit({ action: 'apis.update', resource: named(shown), before: showApi(row), after: shown })
      return shown
    })
  }

  async remove(call: TenantCall, { api }: InputOf<Noun['remove']>) {
    return this.changes.inTenant(call, async (tx) => {
      const row = await findApi(tx.db, api)
      expectVersion(call, row)
      const deployed = row.versions.filter((version) => version.deployments.length > 0)
      if (deployed.length > 0) {
        refuse('in_use', `Undeploy ${deployed.map((version) => version.name).join(', ')} first`)
      }
      const sold = await tx.db.productVersion.findFirst({
        where: { apiVersion: { apiId: row.id } },
        include: { product: true },
      })
      if (sold) refuse('in_use', `The product "${sold.product.title}" contains it`)
      await tx.db.api.delete({ where: { id: row.id, version: row.version } })
      tx.audit({ action: 'apis.remove', resource: named(row), before: showApiSummary(row), after: null })
      return {}
    })
  }
}

const named = ({ id, name }: { id: string; name: string }) => ({ kind: 'api', id, name })

/** The text in an API's own words, or in the operations of any of its versions. */
function matching(search: string | undefined): Prisma.ApiWhereInput {
  const text = search?.trim()
  if (!text) return {}
  const like = { contains: text, mode: 'insensitive' } as const
  const inRoute = { OR: [{ path: like }, { summary: like }, { operationId: like }] }
  return {
    OR: [
      { searchText: { contains: text.toLowerCase() } },
      { versions: { some: { OR: [{ basePath: like }, { routes: { some: inRoute } }] } } },
    ],
  }
}

function inState(lifecycle: InputOf<Noun['list']>['state']): Prisma.ApiWhereInput {
  return lifecycle ? { versions: { some: { lifecycle } } } : {}
}

function ownedBy(call: TenantCall, owner: string | undefined): Prisma.ApiWhereInput {
  if (owner === undefined) return {}
  return { ownerId: owner === 'me' ? signedIn(call).id : owner }
}
