// One version of an API: its draft, its document and re-imports of it, and what publishing would change.
import type { contract } from '@gatewright/shared/contract/index'
import { createId } from '@gatewright/shared/ids'
import { documentFinding } from '@gatewright/shared/model/api'
import { Injectable } from '@nestjs/common'
import * as z from 'zod'
import { expectVersion, type TenantCall } from '../call.ts'
import type { InputOf, Service } from '../http/serve.ts'
import { Clock } from '../infra/clock.ts'
import { Database } from '../infra/database.ts'
import { given } from '../infra/given.ts'
import { jsonColumn } from '../infra/json-column.ts'
import { Changes } from '../publishing/change.ts'
import { draftChanges, recountUnpublished } from '../publishing/draft.ts'
import { findEnvironment } from '../publishing/environments.ts'
import { LifecycleService } from '../publishing/lifecycle.ts'
import { publishFindings } from '../publishing/publish-findings.ts'
import { refuse, refuseField } from '../refusal.ts'
import { findApi } from './api-view.ts'
import { DocumentProposals } from './document-proposals.ts'
import { DocumentReader } from './document-reader.ts'
import { type DocumentSource, DocumentSources, refuseDocument } from './document-source.ts'
import { documentColumns, protectedByKey, setChain } from './drafts.ts'
import { Impact } from './impact.ts'
import { reimportRoutes } from './reimport.ts'
import { findVersion, showVersion, type VersionRow } from './version-view.ts'

type Noun = typeof contract.versions

@Injectable()
export class VersionsService implements Service<Noun> {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly changed: Changes,
    private readonly sources: DocumentSources,
    private readonly reader: DocumentReader,
    private readonly impact: Impact,
    private readonly lifecycle: LifecycleService,
    private readonly proposals: DocumentProposals,
  ) {}

  async get(call: TenantCall, input: InputOf<Noun['get']>) {
    return showVersion(await findVersion(call.db, input))
  }

  async create(call: TenantCall, { api, name, basePath }: InputOf<Noun['create']>) {
    return this.changed.inTenant(call, async (tx) => {
      const { id: apiId } = await findApi(tx.db, api)
      if (await tx.db.apiVersion.findFirst({ where: { apiId, name } })) {
        refuseField('already_exists', '/name', `There is a version "${name}" of this API`)
      }
      const [id, tenantId] = [createId('ver'), call.tenant.id]
      await tx.db.apiVersion.create({
        data: { id, tenantId, apiId, name, basePath, createdAt: this.clock.now() },
      })
      await setChain(tx.db, { scope: 'version', tenantId, versionId: id }, protectedByKey)
      await recountUnpublished(tx.db, id)
      const row = await findVersion(tx.db, { api: apiId, apiVersion: id })
      const after = showVersion(row)
      tx.grows()
      tx.audit({ action: 'versions.create', resource: named(row), before: null, after })
      return after
    })
  }

  async update(call: TenantCall, input: InputOf<Noun['update']>) {
    const { basePath, hosts, selector, public: isPublic } = input
    return this.changed.inTenant(call, async (tx) => {
      const row = await findVersion(tx.db, input)
      expectVersion(call, row)
      await tx.db.apiVersion.update({
        where: { id: row.id, version: row.version },
        data: {
          ...given({ basePath, hosts: hosts && [...new Set(hosts)], public: isPublic }),
          ...(selector === undefined ? {} : { selector: jsonColumn(selector) }),
          version: { increment: 1 },
        },
      })
      await recountUnpublished(tx.db, row.id)
      const after = showVersion(await findVersion(tx.db, input))
      tx.audit({ action: 'versions.update', resource: named(row), before: showVersion(row), after })
      return after
    })
  }

  async remove(call: TenantCall, input: InputOf<Noun['remove']>) {
    return this.changed.inTenant(call, async (tx) => {
      const row = await findVersion(tx.db, input)
      expectVersion(call, row)
      if (row.lifecycle !== 'draft' && row.lifecycle !== 'retired') {
        refuse('state_conflict', `A ${row.lifecycle} version is retired before it is deleted`)
      }
      const sold = await tx.db.productVersion.findFirst({
        where: { versionId: row.id },
        include: { product: true },
      })
      if (sold) refuse('in_use', `The product "${sold.product.title}" contains it`)
      // First, because a revision outlives no deployment of it.
      await tx.db.deployment.deleteMany({ where: { versionId: row.id } })
      await tx.db.apiVersion.delete({ where: { id: row.id, version: row.version } })
      tx.config(
        row.deployments.map((deployment) => deployment.environmentId),
        { reason: `Delete ${row.api.name} ${row.name}` },
      )
      const before = showVersion(row)
      tx.audit({ action: 'versions.remove', resource: named(row), before, after: null })
      return {}
    })
  }

  async document(call: TenantCall, input: InputOf<Noun['document']>) {
    const row = await findVersion(call.db, input)
    const stored = await call.db.apiVersion.findFirst({
      where: { id: row.id },
      select: { spec: true, specFindings: true },
    })
    if (!stored?.spec || !row.specSha256) return refuseMissing(row)
    return {
      format: row.specFormat === 'json' ? ('json' as const) : ('yaml' as const),
      sha256: row.specSha256,
      base64: Buffer.from(stored.spec).toString('base64'),
      findings: z.array(documentFinding).parse(stored.specFindings),
    }
  }

  async previewReimport(call: TenantCall, input: InputOf<Noun['previewReimport']>) {
    const row = await findVersion(call.db, input)
    const { after, changes } = await this.#compare(call, row, input.source)
    return {
      specVersion: after.specVersion,
      documentVersion: after.info.version,
      changes,
      findings: after.findings,
    }
  }

  async reimport(call: TenantCall, input: InputOf<Noun['reimport']>) {
    const seen = await findVersion(call.db, input)
    expectVersion(call, seen)
    // Before the transaction, which holds locks: reading two large documents takes a while.
    const { bytes, before, after, changes } = await this.#compare(call, seen, input.source)
    return this.changed.inTenant(call, async (tx) => {
      await tx.db.apiVersion.update({
        // Only what was compared is replaced.
        where: { id: seen.id, version: seen.version },
        data: { ...documentColumns(bytes, after, this.clock.now()), version: { increment: 1 } },
      })
      await reimportRoutes(tx.db, call.tenant.id, seen.id, before, after.operations)
      await recountUnpublished(tx.db, seen.id)
      const apiVersion = showVersion(await findVersion(tx.db, input))
      tx.grows()
      tx.audit({
        action: 'versions.reimport',
        resource: named(seen),
        before: { sha256: seen.specSha256, routeCount: seen._count.routes },
        after: { sha256: after.sha256, routeCount: apiVersion.routeCount },
      })
      return { apiVersion, changes, findings: after.findings }
    })
  }

  async proposeDocument(call: TenantCall, input: InputOf<Noun['proposeDocument']>) {
    return this.proposals.propose(call, await findVersion(call.db, input), input)
  }

  async changes(call: TenantCall, input: InputOf<Noun['changes']>) {
    const row = await findVersion(call.db, input)
    const environmentId =
      input.environment === undefined
        ? undefined
        : (await findEnvironment(call.platform, input.environment)).id
    const { against, changes, document } = await draftChanges(call.db, row.id, environmentId)
    return {
      against,
      changes,
      findings: await publishFindings(this.database.everything, document, environmentId),
      impact: await this.impact.of(call, row.id),
    }
  }

  setLifecycle(call: TenantCall, input: InputOf<Noun['setLifecycle']>) {
    return this.lifecycle.setLifecycle(call, input)
  }

  /** A newer document beside the one that the version has. */
  async #compare(call: TenantCall, row: VersionRow, source: DocumentSource) {
    const received = await this.sources.bytes(source)
    const stored = await call.db.apiVersion.findFirst({ where: { id: row.id }, select: { spec: true } })
    const before = stored?.spec && { bytes: stored.spec, ...given({ sourceUrl: row.specUrl ?? undefined }) }
    const question = { before: before ?? null, after: received }
    const comparison = await this.reader.ask(call.tenant.id, 'compare', question)
    return comparison.ok ? { bytes: received.bytes, ...comparison } : refuseDocument(comparison)
  }
}

const named = ({ id, name, api }: VersionRow) => ({ kind: 'version', id, name: `${api.name}/${name}` })

function refuseMissing({ name, api }: VersionRow): never {
  refuse('not_found', `${api.name} ${name} has no document`)
}
