// What is published, as the catalogue reads it: documents come from the API revision that runs, so docs and gateway agree.
import { Injectable } from '@nestjs/common'
import type { TenantCall } from '../call.ts'
import { DocumentReader } from '../catalog/document-reader.ts'
import type { DocumentDescription } from '../catalog/openapi/questions.ts'
import { addressesOf } from '../catalog/upstream-addresses.ts'
import { publicUrl } from '../catalog/version-view.ts'
import type { Prisma } from '../generated/prisma/client.ts'
import { Database } from '../infra/database.ts'
import { type FrozenVersion, frozenVersion, operationsOf } from '../publishing/version-document.ts'
import { refuse } from '../refusal.ts'
import { keyHeader } from './key-header.ts'
import { onSale, visibleApis } from './visibility.ts'

const deploymentRows = {
  environment: { select: { name: true, title: true, production: true, position: true, gatewayUrl: true } },
} satisfies Prisma.DeploymentInclude

export interface PublishedVersion {
  /** Where it answers on the gateway. */
  readonly baseUrl: string
  readonly frozen: FrozenVersion
  /** What its document says; null when it has none, or one that today's importer refuses. */
  readonly described: DocumentDescription | null
}

interface Remembered {
  readonly sizeBytes: number
  readonly described: Promise<DocumentDescription | null>
}

// API revisions never change, so what was read of one is kept until others push it out: some ten times this much memory.
const rememberedBytes = 32 * 1024 * 1024

@Injectable()
export class Published {
  /** By revision and base URL, the least recently used first. */
  readonly #remembered = new Map<string, Remembered>()

  constructor(
    private readonly reader: DocumentReader,
    private readonly database: Database,
  ) {}

  /** The published version that the caller may see, as it runs in `environment` or, without one, nearest to production. */
  async find(
    call: TenantCall,
    { api, apiVersion, environment }: { api: string; apiVersion: string; environment?: string | undefined },
  ): Promise<PublishedVersion> {
    const either = (reference: string) => ({ OR: [{ id: reference }, { name: reference }] })
    const version = await this.database.everything.apiVersion.findFirst({
      where: { AND: [onSale, either(apiVersion), { api: visibleApis(call, api) }] },
      omit: { spec: true },
      include: { deployments: { include: deploymentRows } },
    })
    const deployments =
      version?.deployments.filter((one) => !environment || one.environment.name === environment) ?? []
    const deployment = deployments.sort(nearestToProduction)[0]
    if (!version || !deployment)
      return refuse('not_found', `There is no published version "${apiVersion}" of "${api}"`)
    const revision = await this.database.everything.apiRevision.findFirstOrThrow({
      where: { id: deployment.apiRevisionId },
      select: { id: true, document: true },
    })
    const frozen = frozenVersion.parse(revision.document)
    const baseUrl = publicUrl(deployment.environment.gatewayUrl, frozen)
    return { baseUrl, frozen, described: await this.#describe(revision.id, baseUrl, frozen) }
  }

  async #describe(revisionId: string, baseUrl: string, frozen: FrozenVersion) {
    const key = `${revisionId} ${baseUrl}`
    const known = this.#remembered.get(key)
    if (known) {
      this.#remembered.delete(key)
      this.#remembered.set(key, known)
      return known.described
    }
    const { spec } = await this.database.everything.apiRevision.findFirstOrThrow({
      where: { id: revisionId },
      select: { spec: true },
    })
    if (!spec) return null
    // Somebody else may have asked meanwhile: one reading is enough for both.
    const described = this.#remembered.get(key)?.described ?? this.#read(spec, baseUrl, frozen)
    this.#remembered.set(key, { sizeBytes: spec.byteLength, described })
    described.catch(() => this.#remembered.delete(key))
    this.#forget()
    return described
  }

  async #read(
    bytes: Uint8Array,
    baseUrl: string,
    frozen: FrozenVersion,
  ): Promise<DocumentDescription | null> {
    const described = await this.reader.ask(frozen.tenantId, 'describe', {
      bytes,
      present: {
        serverUrl: baseUrl,
        routes: operationsOf(frozen).map(({ method, path, public: isPublic }) => ({
          method,
          path,
          public: isPublic,
        })),
        keyHeader: keyHeader(frozen),
        hiddenUrls: frozen.upstreams.flatMap((upstream) => addressesOf(upstream).map(({ url }) => url)),
        selector: frozen.selector,
      },
    })
    return described.ok ? described : null
  }

  #forget(): void {
    let bytes = 0
    for (const { sizeBytes } of this.#remembered.values()) bytes += sizeBytes
    for (const [key, { sizeBytes }] of this.#remembered) {
      if (bytes <= rememberedBytes || this.#remembered.size === 1) return
      this.#remembered.delete(key)
      bytes -= sizeBytes
    }
  }
}

interface Placed {
  readonly environment: { readonly production: boolean; readonly position: number }
}

/** Production first, then the later stage. */
export function nearestToProduction(a: Placed, b: Placed): number {
  return (
    Number(b.environment.production) - Number(a.environment.production) ||
    b.environment.position - a.environment.position
  )
}
