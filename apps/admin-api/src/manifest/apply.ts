// Makes the rows what a manifest says, inside one transaction: what goes first, then what comes, then proof that gateways will take it.
import { canonicalJson } from '@gatewright/shared/canonical'
import type { WholeManifest } from '@gatewright/shared/manifest'
import { Injectable } from '@nestjs/common'
import type { TenantCall } from '../call.ts'
import { setChain } from '../catalog/drafts.ts'
import type { TenantTransaction } from '../publishing/change.ts'
import { assertServable } from '../publishing/servable.ts'
import { refuseUnknownTimeZone } from '../tenancy/time-zone.ts'
import { ApisApplier } from './apply-apis.ts'
import { ApplicationsApplier } from './apply-applications.ts'
import { ProductsApplier } from './apply-products.ts'
import { RolesApplier } from './apply-roles.ts'

@Injectable()
export class ManifestApplier {
  constructor(
    private readonly apis: ApisApplier,
    private readonly products: ProductsApplier,
    private readonly applications: ApplicationsApplier,
    private readonly roles: RolesApplier,
  ) {}

  async apply(
    tx: TenantTransaction,
    call: TenantCall,
    current: WholeManifest,
    target: WholeManifest,
    note: string,
  ): Promise<void> {
    const tenantId = call.tenant.id
    refuseUnknownTimeZone(target.settings.timeZone, '/settings/timeZone')
    await this.roles.apply(tx, call, current, target)
    // Consumers before offers before APIs: nothing goes while something still refers to it.
    await this.applications.removeGone(tx, call, current, target)
    await this.products.removeGone(tx, call, current, target)
    await this.#unlinkProducts(tx, target)
    await this.apis.removeGone(tx, current, target)
    await tx.platform.tenant.update({
      where: { id: tenantId },
      data: { ...target.settings, version: { increment: 1 } },
    })
    await setChain(tx.db, { scope: 'tenant', tenantId }, target.policies)
    await this.apis.apply(tx, call, current, target, note)
    await this.products.apply(tx, call, target)
    await this.applications.apply(tx, call, target)
    const shared = ({ settings, policies, products }: WholeManifest) =>
      canonicalJson({ settings, policies, products })
    if (shared(current) !== shared(target)) tx.config('all', { reason: note || 'Manifest' })
    for (const { id } of await tx.platform.environment.findMany({ select: { id: true } })) {
      await assertServable(tx.everything, id, tenantId)
    }
  }

  /** A version that goes must leave its products first. */
  async #unlinkProducts(tx: TenantTransaction, target: WholeManifest): Promise<void> {
    const kept = new Set(
      target.apis.flatMap((api) => api.versions.map((version) => `${api.name}/${version.name}`)),
    )
    const versions = await tx.db.apiVersion.findMany({
      select: { id: true, name: true, api: { select: { name: true } } },
    })
    const gone = versions.filter(({ name, api }) => !kept.has(`${api.name}/${name}`)).map(({ id }) => id)
    await tx.db.productVersion.deleteMany({ where: { versionId: { in: gone } } })
  }
}
