// A document becomes an API: preview what it says, then make the draft, protected and ready to be subscribed to.
import type { contract } from '@gatewright/shared/contract/index'
import { createId, slug } from '@gatewright/shared/ids'
import { defaultUpstream, upstreamSettings } from '@gatewright/shared/model/upstream'
import { Injectable } from '@nestjs/common'
import { signedIn, type TenantCall } from '../call.ts'
import type { InputOf, Service } from '../http/serve.ts'
import { Clock } from '../infra/clock.ts'
import { Database } from '../infra/database.ts'
import { setPlanLimits } from '../products/plan-limits.ts'
import { Changes, type TenantTransaction } from '../publishing/change.ts'
import { recountUnpublished } from '../publishing/draft.ts'
import { refuseField } from '../refusal.ts'
import { apiSearchText, findApi, showApiSummary, visibilityColumns } from './api-view.ts'
import { DocumentReader } from './document-reader.ts'
import { type DocumentSource, DocumentSources, refuseDocument } from './document-source.ts'
import { createRoutes, documentColumns, protectedByKey, setChain, setUpstream } from './drafts.ts'
import type { DocumentSummary } from './openapi/questions.ts'
import { forbiddenAddress } from './upstream-addresses.ts'
import { findVersion, showVersion } from './version-view.ts'

type Noun = typeof contract.imports
type Input = InputOf<Noun['create']>

interface ReadDocument {
  readonly bytes: Uint8Array
  readonly document: DocumentSummary
}

@Injectable()
export class ImportsService implements Service<Noun> {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly changes: Changes,
    private readonly sources: DocumentSources,
    private readonly reader: DocumentReader,
  ) {}

  async preview(call: TenantCall, { source }: InputOf<Noun['preview']>) {
    const { document } = await this.#read(call, source)
    const suggestion = suggestionOf(document)
    return {
      specVersion: document.specVersion,
      format: document.format,
      title: document.info.title,
      documentVersion: document.info.version,
      description: document.info.description ?? document.info.summary ?? '',
      operations: document.operations.map(({ mocks: _, ...operation }) => operation),
      servers: [...document.servers],
      securitySchemes: [...document.securitySchemes],
      findings: document.findings,
      lintScore: document.lintScore,
      suggestion,
      conflicts: await this.#conflicts(call, suggestion),
    }
  }

  async #read(call: TenantCall, source: DocumentSource): Promise<ReadDocument> {
    const received = await this.sources.bytes(source)
    const document = await this.reader.ask(call.tenant.id, 'read', received)
    return document.ok ? { bytes: received.bytes, document } : refuseDocument(document)
  }

  /** What of the suggestion is taken, with the next free one. */
  async #conflicts(call: TenantCall, { name, basePath }: ReturnType<typeof suggestionOf>) {
    const names = await call.db.api.findMany({
      where: { name: { startsWith: name } },
      select: { name: true },
    })
    const paths = await this.#takenPaths(call, basePath)
    const free = (wanted: string, taken: ReadonlySet<string>) => {
      for (let i = 2; ; i++) if (!taken.has(`${wanted}-${i}`)) return `${wanted}-${i}`
    }
    const takenNames = new Set(names.map((api) => api.name))
    return [
      ...(takenNames.has(name)
        ? [
            {
              field: 'name' as const,
              message: `There is an API "${name}"`,
              suggestion: free(name, takenNames),
            },
          ]
        : []),
      ...(paths.has(basePath)
        ? [
            {
              field: 'basePath' as const,
              message: `Another API answers at ${basePath}`,
              suggestion: free(basePath, paths),
            },
          ]
        : []),
    ]
  }

  /** Paths like `basePath` that are taken: by any team's deployments, or by drafts of this one. */
  async #takenPaths(call: TenantCall, basePath: string): Promise<Set<string>> {
    const where = { basePath: { startsWith: basePath } }
    const claimed = await this.database.everything.pathClaim.findMany({ where, select: { basePath: true } })
    const drafted = await call.db.apiVersion.findMany({ where, select: { basePath: true } })
    return new Set([...claimed, ...drafted].map((row) => row.basePath))
  }

  async create(call: TenantCall, input: Input) {
    const read = await this.#read(call, input.source)
    const created = await this.changes.inTenant(call, async (tx) => {
      const api =
        input.api === undefined
          ? await this.#createApi(tx, call, input, read)
          : await findApi(tx.db, input.api)
      const versionId = await this.#createVersion(tx, call, api.id, input, read)
      if (input.plan) await this.#createPlan(tx, call, api.name, versionId, input)
      const at = { api: api.id, apiVersion: versionId }
      const version = showVersion(await findVersion(tx.db, at))
      tx.grows()
      tx.audit({
        action: 'imports.create',
        resource: { kind: 'version', id: versionId, name: `${api.name}/${input.version}` },
        before: null,
        after: version,
      })
      return { api: showApiSummary(await findApi(tx.db, api.id)), apiVersion: version }
    })
    return { ...created, findings: read.document.findings }
  }

  async #createApi(tx: TenantTransaction, call: TenantCall, input: Input, { document }: ReadDocument) {
    if (await tx.db.api.findFirst({ where: { name: input.name } })) {
      refuseField('already_exists', '/name', `There is an API "${input.name}"`)
    }
    const described = {
      name: input.name,
      title: input.title,
      description: (document.info.description ?? document.info.summary ?? '').slice(0, 10_000),
      tags: document.tags
        .map((tag) => tag.trim().slice(0, 50))
        .filter((tag) => tag !== '')
        .slice(0, 50),
    }
    const id = createId('api')
    await tx.db.api.create({
      data: {
        id,
        tenantId: call.tenant.id,
        ...described,
        ...visibilityColumns(input.visibility),
        ownerId: signedIn(call).id,
        searchText: apiSearchText(described),
        createdAt: this.clock.now(),
      },
    })
    return { id, name: input.name }
  }

  async #createVersion(
    tx: TenantTransaction,
    call: TenantCall,
    apiId: string,
    input: Input,
    { bytes, document }: ReadDocument,
  ) {
    if (await tx.db.apiVersion.findFirst({ where: { apiId, name: input.version } })) {
      refuseField('already_exists', '/version', `There is a version "${input.version}" of this API`)
    }
    const versionId = createId('ver')
    const tenantId = call.tenant.id
    const now = this.clock.now()
    await tx.db.apiVersion.create({
      data: {
        id: versionId,
        tenantId,
        apiId,
        name: input.version,
        basePath: input.basePath,
        public: input.public,
        ...documentColumns(bytes, document, now),
        createdAt: now,
      },
    })
    await createRoutes(tx.db, tenantId, versionId, document.operations)
    if (input.upstreamUrls.length > 0) {
      const settings = upstreamSettings.parse({ targets: input.upstreamUrls.map((url) => ({ url })) })
      const fault = forbiddenAddress(settings)
      if (fault) refuseField('invalid_input', '/upstreamUrls', fault.message)
      await setUpstream(tx.db, tenantId, versionId, defaultUpstream, settings)
    }
    if (!input.public) await setChain(tx.db, { scope: 'version', tenantId, versionId }, protectedByKey)
    await recountUnpublished(tx.db, versionId)
    return versionId
  }

  /** A product of its own for the new version, so that it can be subscribed to as soon as it is published. */
  async #createPlan(
    tx: TenantTransaction,
    call: TenantCall,
    apiName: string,
    versionId: string,
    input: Input,
  ) {
    if (!input.plan) return
    const tenantId = call.tenant.id
    const taken = await tx.db.product.findFirst({ where: { name: apiName } })
    const product = {
      id: createId('prd'),
      name: taken ? `${apiName}-${input.version}`.slice(0, 63) : apiName,
      title: taken ? `${input.title} ${input.version}` : input.title,
    }
    await tx.db.product.create({ data: { ...product, tenantId, createdAt: this.clock.now() } })
    await tx.db.productVersion.create({ data: { productId: product.id, versionId, tenantId } })
    const { title, approval, requestsPerMinute } = input.plan
    const plan = { id: createId('pln'), name: slugOf(title), title, approval, price: 'free' }
    await tx.db.plan.create({ data: { ...plan, tenantId, productId: product.id } })
    const rate = requestsPerMinute === null ? null : { requests: requestsPerMinute, windowMs: 60_000 }
    await setPlanLimits(tx, tenantId, plan.id, { rate })
    tx.audit({
      action: 'products.create',
      resource: { kind: 'product', id: product.id, name: product.name },
      before: null,
      after: { ...product, versions: [versionId], plan: { ...plan, rate } },
    })
  }
}

/** The prefill of the review card, in words that the contract accepts. */
function suggestionOf({ suggestion }: DocumentSummary) {
  return {
    name: suggestion.name,
    version: slugOf(suggestion.versionName),
    basePath: suggestion.basePath,
    upstreamUrls: [...suggestion.upstreamUrls],
  }
}

function slugOf(text: string): string {
  const word = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 63)
    .replace(/-+$/, '')
  return slug.safeParse(word).data ?? 'v1'
}
