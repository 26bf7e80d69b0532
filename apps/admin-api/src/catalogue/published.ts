// What is published, as the catalogue reads it: documents come from the API revision that runs, so docs and gateway agree.
import { Injectable } from '@nestjs/common'
import type { TenantCall } from '../call.ts'
import { importDocument } from '../catalog/openapi/import.ts'
import type { ImportedDocument } from '../catalog/openapi/imported-document.ts'
import { publicUrl } from '../catalog/version-view.ts'
import type { Prisma } from '../generated/prisma/client.ts'
import { type FrozenVersion, frozenVersion } from '../publishing/version-document.ts'
import { refuse } from '../refusal.ts'
import { onSale, visibleApis } from './visibility.ts'

const deploymentRows = {
  environment: { select: { name: true, title: true, production: true, position: true, gatewayUrl: true } },
} satisfies Prisma.DeploymentInclude

export interface PublishedVersion {
  readonly apiTitle: string
  readonly apiRevisionId: string
  readonly environment: string
  /** Where it answers on the gateway. */
  readonly baseUrl: string
  readonly frozen: FrozenVersion
  /** The document as imported; null when the version has none, or one that today's importer refuses. */
  readonly document: ImportedDocument | null
}

// API revisions never change, so what was read of one is kept until newer ones push it out.
const remembered = 50

@Injectable()
export class Published {
  readonly #documents = new Map<string, ImportedDocument | null>()

  /** The published version that the caller may see, as it runs in `environment` or, without one, nearest to production. */
  async find(
    call: TenantCall,
    { api, apiVersion, environment }: { api: string; apiVersion: string; environment?: string | undefined },
  ): Promise<PublishedVersion> {
    const either = (reference: string) => ({ OR: [{ id: reference }, { name: reference }] })
    const version = await call.db.apiVersion.findFirst({
      where: { AND: [onSale, either(apiVersion), { api: { AND: [either(api), visibleApis(call)] } }] },
      omit: { spec: true },
      include: { api: { select: { title: true } }, deployments: { include: deploymentRows } },
    })
    const deployments =
      version?.deployments.filter((one) => !environment || one.environment.name === environment) ?? []
    const deployment = deployments.sort(nearestToProduction)[0]
    if (!version || !deployment)
      return refuse('not_found', `There is no published version "${apiVersion}" of "${api}"`)
    const revision = await call.db.apiRevision.findFirstOrThrow({
      where: { id: deployment.apiRevisionId },
      select: { id: true, document: true },
    })
    const frozen = frozenVersion.parse(revision.document)
    return {
      apiTitle: version.api.title,
      apiRevisionId: revision.id,
      environment: deployment.environment.name,
      baseUrl: publicUrl(deployment.environment.gatewayUrl, frozen),
      frozen,
      document: await this.#document(call, revision.id),
    }
  }

  async #document(call: TenantCall, id: string): Promise<ImportedDocument | null> {
    const known = this.#documents.get(id)
    if (known !== undefined) return known
    const { spec } = await call.db.apiRevision.findFirstOrThrow({ where: { id }, select: { spec: true } })
    const imported = spec && importDocument(spec)
    const document = imported?.ok ? imported : null
    this.#documents.set(id, document)
    const oldest = this.#documents.keys().next().value
    if (this.#documents.size > remembered && oldest !== undefined) this.#documents.delete(oldest)
    return document
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
