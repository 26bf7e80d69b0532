// The developer's view: published APIs that the caller may know of, with plans, documents, operations and samples.
import type { contract } from '@gatewright/shared/contract/index'
import { Inject, Injectable } from '@nestjs/common'
import { ENV } from '../app.tokens.ts'
import { issuerOf } from '../authorisation/issuer.ts'
import type { TenantCall } from '../call.ts'
import { codeSamples } from '../catalog/openapi/samples.ts'
import type { Env } from '../env.ts'
import type { Prisma } from '../generated/prisma/client.ts'
import type { InputOf, Service } from '../http/serve.ts'
import { Database } from '../infra/database.ts'
import { paged } from '../infra/page.ts'
import { operationsOf } from '../publishing/version-document.ts'
import { refuse } from '../refusal.ts'
import { type ApiRow, apiRows, showApi, shownRevision, type VersionRow } from './api-view.ts'
import { keyHeader } from './key-header.ts'
import { Published, type PublishedVersion } from './published.ts'
import { type PublishedRoute, PublishedRoutes } from './published-routes.ts'
import { tokenSource } from './token-source.ts'
import { onSale, visibleApis } from './visibility.ts'

type Noun = typeof contract.catalogue

const shownMatches = 5

@Injectable()
export class CatalogueService implements Service<Noun> {
  constructor(
    @Inject(ENV) private readonly env: Env,
    private readonly published: Published,
    private readonly publishedRoutes: PublishedRoutes,
    private readonly database: Database,
  ) {}

  async tenant(call: TenantCall) {
    const { name, title, selfSignUp } = call.tenant
    return { name, title, selfSignUp }
  }

  async list(call: TenantCall, input: InputOf<Noun['list']>) {
    const search = input.search?.trim().toLowerCase() ?? ''
    const visible: Prisma.ApiWhereInput = { AND: [visibleApis(call), { versions: { some: onSale } }] }
    const found = await paged(
      input,
      [
        ['title', 'asc'],
        ['id', 'asc'],
      ],
      ({ where, ...query }) =>
        this.database.everything.api.findMany({
          ...query,
          where: { AND: [where, visible, matching(search), input.tag ? { tags: { has: input.tag } } : {}] },
          include: apiRows,
        }),
      (api: ApiRow) => api,
    )
    const versions = found.data.flatMap((api) => api.versions)
    const facts = await this.publishedRoutes.facts(versions.map(shownRevision))
    const routesOf = await this.#searchable(search === '' ? [] : versions)
    return {
      ...found,
      data: found.data.map((api) => ({
        ...showApi(call, api, facts),
        matches: matchesOf(api, routesOf, search),
      })),
      tags: await this.#tags(visible),
    }
  }

  async get(call: TenantCall, { api: reference }: InputOf<Noun['get']>) {
    const api = await this.database.everything.api.findFirst({
      where: { AND: [visibleApis(call, reference), { versions: { some: onSale } }] },
      include: apiRows,
    })
    if (!api) return refuse('not_found', `There is no published API "${reference}"`)
    return showApi(call, api, await this.publishedRoutes.facts(api.versions.map(shownRevision)))
  }

  async document(call: TenantCall, input: InputOf<Noun['document']>) {
    const { described } = await this.published.find(call, input)
    return described?.presented ?? refuse('not_found', 'This version has no document')
  }

  async operations(call: TenantCall, input: InputOf<Noun['operations']>) {
    const version = await this.published.find(call, input)
    const search = input.search?.trim().toLowerCase() ?? ''
    const found = listOperations(version).filter((operation) => says(operation, search))
    return paged(
      input,
      [['position', 'asc']],
      async ({ where, take }) => beyond(found, where as After).slice(0, take),
      ({ position: _, ...operation }) => operation,
    )
  }

  async samples(call: TenantCall, input: InputOf<Noun['samples']>) {
    const version = await this.published.find(call, input)
    const route = version.frozen.routes.find(({ id }) => id === input.route)
    if (!route) return refuse('not_found', `The published version has no route ${input.route}`)
    const operation = version.described?.operations.find(
      ({ method, path }) => method === route.method && path === route.path,
    )
    return {
      data: codeSamples({
        method: route.method,
        path: route.path,
        baseUrl: version.baseUrl,
        operation: operation ?? null,
        keyHeader: route.public ? null : keyHeader(version.frozen),
        token: route.public ? null : tokenSource(version.frozen, route, issuerOf(this.env, call.tenant.name)),
        selector: version.frozen.selector,
      }),
    }
  }

  /** The published routes of versions, by the version's id, with the words that were published with them. */
  async #searchable(versions: readonly VersionRow[]) {
    const published = await this.publishedRoutes.routes(versions.map(shownRevision))
    const drafted = await this.database.everything.route.findMany({
      where: { versionId: { in: versions.map(({ id }) => id) } },
      select: { id: true, summary: true, tags: true, updatedAt: true },
    })
    const draftOf = new Map(drafted.map((route) => [route.id, route]))
    return new Map(
      versions.map((version) => [
        version.id,
        (published.get(shownRevision(version)) ?? []).map((route): SearchableRoute => {
          const words = draftOf.get(route.id)
          const isPublished = version.revisions.some(({ createdAt }) => words && words.updatedAt <= createdAt)
          return { ...route, summary: null, tags: [], ...(isPublished ? words : {}) }
        }),
      ]),
    )
  }

  async #tags(visible: Prisma.ApiWhereInput) {
    const counts = new Map<string, number>()
    const apis = await this.database.everything.api.findMany({ where: visible, select: { tags: true } })
    for (const { tags } of apis) {
      for (const tag of tags) counts.set(tag, (counts.get(tag) ?? 0) + 1)
    }
    return [...counts]
      .map(([tag, count]) => ({ tag, count }))
      .sort((a, b) => b.count - a.count || a.tag.localeCompare(b.tag))
  }
}

/** Search over names, descriptions and tags of the API, and over what its published operations say. */
function matching(search: string): Prisma.ApiWhereInput {
  if (search === '') return {}
  const contains = { contains: search }
  return {
    OR: [{ searchText: contains }, { versions: { some: { AND: [onSale, { searchText: contains }] } } }],
  }
}

interface SearchableRoute extends PublishedRoute {
  readonly summary: string | null
  readonly tags: readonly string[]
}

function matchesOf(api: ApiRow, routesOf: ReadonlyMap<string, readonly SearchableRoute[]>, search: string) {
  return api.versions
    .flatMap((version) =>
      (routesOf.get(version.id) ?? [])
        .filter((route) => says(route, search))
        .map(({ method, path, summary }) => ({
          version: version.name,
          operation: `${method} ${path}`,
          summary,
        })),
    )
    .slice(0, shownMatches)
}

/** `search` is in lower case. */
function says({ method, path, operationId, summary, tags }: SearchableRoute, search: string): boolean {
  return [method, path, operationId, summary, ...tags].join(' ').toLowerCase().includes(search)
}

/** The published routes with what the document says of them, in the document's order. */
function listOperations({ frozen, described }: PublishedVersion) {
  const byKey = new Map(
    described?.operations.map((operation, place) => [operation.key, { operation, place }]),
  )
  return operationsOf(frozen)
    .map((route) => ({ route, ...byKey.get(`${route.method} ${route.path}`) }))
    .sort((a, b) => (a.place ?? Number.MAX_SAFE_INTEGER) - (b.place ?? Number.MAX_SAFE_INTEGER))
    .map(({ route, operation }, position) => ({
      position,
      id: route.id,
      method: route.method,
      path: route.path,
      operationId: route.operationId,
      summary: operation?.summary ?? null,
      tags: operation?.tags ?? [],
      deprecated: operation?.deprecated ?? false,
    }))
}

interface After {
  readonly OR?: readonly { readonly position: { readonly gt: number } }[]
}

/** The part of a list in memory that a cursor has not shown yet. */
function beyond<Item extends { readonly position: number }>(
  items: readonly Item[],
  { OR: after }: After,
): Item[] {
  const last = after?.[0]?.position.gt ?? -1
  return items.filter(({ position }) => position > last)
}
