// The catalogue half of applying a manifest: APIs, versions with routes, upstreams and policies, and where they run.
import { canonicalJson } from '@gatewright/shared/canonical'
import { createId } from '@gatewright/shared/ids'
import type { WholeManifest } from '@gatewright/shared/manifest'
import { lifecycleSteps } from '@gatewright/shared/model/api'
import type { PolicyInput } from '@gatewright/shared/policies/specs'
import { Injectable } from '@nestjs/common'
import { signedIn, type TenantCall } from '../call.ts'
import { apiSearchText, visibilityColumns } from '../catalog/api-view.ts'
import { DocumentReader } from '../catalog/document-reader.ts'
import { documentColumns, setChain, setUpstream } from '../catalog/drafts.ts'
import { conditionColumns } from '../catalog/route-conditions.ts'
import type { Prisma } from '../generated/prisma/client.ts'
import { Clock } from '../infra/clock.ts'
import { jsonColumn } from '../infra/json-column.ts'
import type { TenantTransaction } from '../publishing/change.ts'
import { undeploy } from '../publishing/deployments.ts'
import { recountUnpublished } from '../publishing/draft.ts'
import { findEnvironment } from '../publishing/environments.ts'
import type { HeldPlace } from '../publishing/path-claims.ts'
import { PublishingService } from '../publishing/publishing.service.ts'
import { refuse } from '../refusal.ts'

type ManifestApi = WholeManifest['apis'][number]
type ManifestVersion = ManifestApi['versions'][number]

const noDocument = {
  spec: null,
  specBytes: 0,
  specFormat: null,
  specVersion: null,
  specSha256: null,
  specText: '',
  specOperations: [],
  specUrl: null,
  specFindings: [],
  importedAt: null,
}

@Injectable()
export class ApisApplier {
  constructor(
    private readonly clock: Clock,
    private readonly publishing: PublishingService,
    private readonly reader: DocumentReader,
  ) {}

  /** Removes first, so that a path that one version gives up is free for another. */
  async removeGone(tx: TenantTransaction, current: WholeManifest, target: WholeManifest): Promise<void> {
    for (const api of current.apis) {
      const kept = target.apis.find(({ name }) => name === api.name)
      for (const version of api.versions) {
        const next = kept?.versions.find(({ name }) => name === version.name)
        await this.#takeOut(tx, api.name, version, next)
        if (!next)
          await tx.db.apiVersion.deleteMany({ where: { name: version.name, api: { name: api.name } } })
      }
      if (!kept) await tx.db.api.deleteMany({ where: { name: api.name } })
    }
  }

  async apply(
    tx: TenantTransaction,
    call: TenantCall,
    current: WholeManifest,
    target: WholeManifest,
    note: string,
  ): Promise<void> {
    const held = await this.#releasePlaces(tx, current, target)
    for (const api of target.apis) {
      const old = current.apis.find(({ name }) => name === api.name)
      const apiId = await this.#writeApi(tx, call, api)
      for (const version of api.versions) {
        const before = old?.versions.find(({ name }) => name === version.name)
        if (before && isSame(before, version)) continue
        await this.#writeVersion(tx, call, { apiId, apiName: api.name, before, version, note, held })
      }
      await this.#linkSuccessors(tx, apiId, api)
    }
  }

  /**
   * Versions that change give up their places before any of them is deployed, so that two may swap theirs. Answers all
   * places that the team had: what it had it may have again.
   */
  async #releasePlaces(
    tx: TenantTransaction,
    current: WholeManifest,
    target: WholeManifest,
  ): Promise<HeldPlace[]> {
    const held = await tx.db.pathClaim.findMany({
      select: { environmentId: true, host: true, basePath: true },
    })
    for (const api of target.apis) {
      const old = current.apis.find(({ name }) => name === api.name)
      const changing = api.versions.filter((version) => {
        const before = old?.versions.find(({ name }) => name === version.name)
        return before && !isSame(before, version)
      })
      await tx.db.pathClaim.deleteMany({
        where: { apiVersion: { name: { in: changing.map(({ name }) => name) }, api: { name: api.name } } },
      })
    }
    return held
  }

  async #writeApi(tx: TenantTransaction, call: TenantCall, api: ManifestApi): Promise<string> {
    const { name, title, description, tags } = api
    const columns = {
      title,
      description,
      tags,
      ...visibilityColumns(api.visibility),
      searchText: apiSearchText({ name, title, description, tags }),
    }
    const existing = await tx.db.api.findFirst({ where: { name } })
    if (existing) {
      await tx.db.api.update({ where: { id: existing.id }, data: { ...columns, version: { increment: 1 } } })
      return existing.id
    }
    const id = createId('api')
    tx.grows()
    await tx.db.api.create({
      data: {
        id,
        tenantId: call.tenant.id,
        name,
        ...columns,
        ownerId: signedIn(call).id,
        createdAt: this.clock.now(),
      },
    })
    return id
  }

  async #writeVersion(
    tx: TenantTransaction,
    call: TenantCall,
    {
      apiId,
      apiName,
      before,
      version,
      note,
      held,
    }: {
      readonly apiId: string
      readonly apiName: string
      readonly before: ManifestVersion | undefined
      readonly version: ManifestVersion
      readonly note: string
      readonly held: readonly HeldPlace[]
    },
  ): Promise<void> {
    const tenantId = call.tenant.id
    const at = `apis/${apiName}/versions/${version.name}`
    if (
      before &&
      before.lifecycle !== version.lifecycle &&
      !lifecycleSteps[before.lifecycle].includes(version.lifecycle)
    ) {
      refuse(
        'manifest_refused',
        `${at}/lifecycle: a ${before.lifecycle} version cannot become ${version.lifecycle}`,
      )
    }
    const columns = {
      basePath: version.basePath,
      hosts: version.hosts,
      public: version.public,
      selector: jsonColumn(version.selector),
      ...(await this.#documentColumns(tenantId, version, at)),
    }
    const existing = await tx.db.apiVersion.findFirst({
      where: { apiId, name: version.name },
      omit: { spec: true },
    })
    const versionId = existing?.id ?? createId('ver')
    if (outgrows(version, before)) tx.grows()
    if (existing) {
      await tx.db.apiVersion.update({
        where: { id: versionId },
        data: { ...columns, version: { increment: 1 } },
      })
    } else {
      await tx.db.apiVersion.create({
        data: { id: versionId, tenantId, apiId, name: version.name, ...columns, createdAt: this.clock.now() },
      })
    }
    await tx.db.upstream.deleteMany({ where: { versionId, name: { notIn: Object.keys(version.upstreams) } } })
    for (const [name, settings] of Object.entries(version.upstreams)) {
      await setUpstream(tx.db, tenantId, versionId, name, settings)
    }
    await setChain(tx.db, { scope: 'version', tenantId, versionId }, version.policies)
    await this.#writeRoutes(tx, tenantId, versionId, { before, version })
    await recountUnpublished(tx.db, versionId)
    await this.#deploy(tx, call, { api: apiId, apiVersion: versionId, version, note, held })
    await tx.db.apiVersion.update({
      where: { id: versionId },
      data: {
        lifecycle: version.lifecycle,
        deprecatedAt: date(version.deprecatedAt),
        sunsetAt: date(version.sunsetAt),
      },
    })
  }

  async #documentColumns(tenantId: string, { document }: ManifestVersion, at: string) {
    if (!document) return noDocument
    const bytes = new TextEncoder().encode(document.text)
    const read = await this.reader.ask(tenantId, 'read', { bytes })
    if (read.ok) return documentColumns(bytes, read, this.clock.now())
    const { message, line } = read
    return refuse('manifest_refused', `${at}/document: ${line === null ? '' : `line ${line}: `}${message}`)
  }

  /** Writes the routes that are new or say something else; one that stays keeps its id, and so its counters. */
  async #writeRoutes(
    tx: TenantTransaction,
    tenantId: string,
    versionId: string,
    { before, version }: { readonly before: ManifestVersion | undefined; readonly version: ManifestVersion },
  ): Promise<void> {
    const existing = await tx.db.route.findMany({
      where: { versionId },
      select: { id: true, method: true, path: true, whenKey: true },
    })
    const ids = new Map(existing.map((row) => [rowKey(row), row.id]))
    const stated = new Map(before?.routes.map((route, position) => [routeKey(route), { route, position }]))
    const wanted = new Set(version.routes.map(routeKey))
    await tx.db.route.deleteMany({
      where: { id: { in: existing.filter((row) => !wanted.has(rowKey(row))).map(({ id }) => id) } },
    })
    const fresh: Prisma.RouteCreateManyInput[] = []
    const chains: { routeId: string; policies: readonly PolicyInput[] }[] = []
    for (const [position, route] of version.routes.entries()) {
      const { policies, method, path, when, ...plain } = route
      const columns = { ...plain, ...conditionColumns(when) }
      const old = stated.get(routeKey(route))
      const id = ids.get(routeKey(route))
      if (id === undefined) {
        const routeId = createId('rte')
        fresh.push({ id: routeId, tenantId, versionId, method, path, ...columns, position })
        if (policies.length > 0) chains.push({ routeId, policies })
        continue
      }
      if (old && old.position === position && canonicalJson(old.route) === canonicalJson(route)) continue
      const data = { ...columns, position, version: { increment: 1 } }
      await tx.db.route.update({ where: { id }, data })
      if (canonicalJson(old?.route.policies ?? []) !== canonicalJson(policies))
        chains.push({ routeId: id, policies })
    }
    await tx.db.route.createMany({ data: fresh })
    for (const { routeId, policies } of chains) {
      await setChain(tx.db, { scope: 'route', tenantId, versionId, routeId }, policies)
    }
  }

  /** Publishes what changed to where it is to run: once for each way to run it. */
  async #deploy(
    tx: TenantTransaction,
    call: TenantCall,
    {
      api,
      apiVersion,
      version,
      note,
      held,
    }: {
      readonly api: string
      readonly apiVersion: string
      readonly version: ManifestVersion
      readonly note: string
      readonly held: readonly HeldPlace[]
    },
  ): Promise<void> {
    const alike = Map.groupBy(Object.entries(version.deployments), ([, how]) => canonicalJson(how))
    for (const deployments of alike.values()) {
      const [first] = deployments
      if (!first) continue
      const [, { groups, traffic }] = first
      await this.publishing.publishIn(tx, call, {
        api,
        apiVersion,
        environments: deployments.map(([environment]) => environment),
        groups,
        traffic,
        held,
        note,
      })
    }
  }

  async #takeOut(
    tx: TenantTransaction,
    api: string,
    version: ManifestVersion,
    next: ManifestVersion | undefined,
  ): Promise<void> {
    const gone = Object.keys(version.deployments).filter((environment) => !next?.deployments[environment])
    if (gone.length === 0) return
    const row = await tx.db.apiVersion.findFirstOrThrow({
      where: { name: version.name, api: { name: api } },
      select: { id: true },
    })
    for (const name of gone) {
      const environment = await findEnvironment(tx.platform, name)
      await undeploy(tx, environment.id, row.id)
      tx.config([environment.id], { reason: `Take ${api} ${version.name} out of ${name}` })
    }
  }

  async #linkSuccessors(tx: TenantTransaction, apiId: string, api: ManifestApi): Promise<void> {
    const rows = await tx.db.apiVersion.findMany({ where: { apiId }, select: { id: true, name: true } })
    for (const { name, successor } of api.versions) {
      const successorId = rows.find((row) => row.name === successor)?.id ?? null
      await tx.db.apiVersion.updateMany({
        where: { apiId, name, NOT: { successorId } },
        data: { successorId },
      })
    }
  }
}

const isSame = (a: ManifestVersion, b: ManifestVersion) => canonicalJson(a) === canonicalJson(b)

/** Whether it takes more of what a tenant may have only so much of. */
function outgrows(version: ManifestVersion, before: ManifestVersion | undefined): boolean {
  if (!before || version.routes.length > before.routes.length) return true
  const grows = (part: 'routes' | 'upstreams') =>
    canonicalJson(version[part]).length > canonicalJson(before[part]).length
  if (grows('routes') || grows('upstreams')) return true
  return (version.document?.text.length ?? 0) > (before.document?.text.length ?? 0)
}

const rowKey = (row: { readonly method: string; readonly path: string; readonly whenKey: string }) =>
  `${row.method} ${row.path} ${row.whenKey}`
const routeKey = ({ when, ...route }: ManifestVersion['routes'][number]) =>
  rowKey({ ...route, whenKey: conditionColumns(when).whenKey })

const date = (instant: string | null) => (instant === null ? null : new Date(instant))
