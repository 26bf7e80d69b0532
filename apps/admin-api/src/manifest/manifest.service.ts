// A tenant's configuration as one document: export it, see what another would change, apply it whole or not at all.
import type { contract } from '@gatewright/shared/contract/index'
import type { WholeManifest } from '@gatewright/shared/manifest'
import { Injectable } from '@nestjs/common'
import { causedRevisions, may, type TenantCall } from '../call.ts'
import { PolicySecrets, storeSecrets } from '../catalog/policy-secrets.ts'
import type { InputOf, Service } from '../http/serve.ts'
import { Clock } from '../infra/clock.ts'
import type { TenantDb } from '../infra/database.ts'
import { Changes } from '../publishing/change.ts'
import { ManifestApplier } from './apply.ts'
import { refuseInconsistent } from './consistent.ts'
import { refuseForbidden } from './permitted.ts'
import { readManifest } from './read.ts'
import { takeSecrets } from './secrets.ts'
import { manifestChanges, manifestHash, targetOf } from './target.ts'

type Noun = typeof contract.manifests

@Injectable()
export class ManifestService implements Service<Noun> {
  constructor(
    private readonly changes: Changes,
    private readonly clock: Clock,
    private readonly applier: ManifestApplier,
    private readonly secrets: PolicySecrets,
  ) {}

  async export(call: TenantCall) {
    const manifest = await this.#read(call, call.db)
    return { manifest, hash: manifestHash(manifest) }
  }

  async diff(call: TenantCall, { manifest, prune }: InputOf<Noun['diff']>) {
    const current = await this.#read(call, call.db)
    const wanted = targetOf(current, manifest, prune)
    refuseInconsistent(wanted)
    // Else who only reads could guess: "nothing would change" says that a secret is the one that is kept.
    const mayCompare = may(call, 'manifest:apply')
    const { target } = await takeSecrets(this.secrets, call.db, call, current, wanted, mayCompare)
    return { changes: manifestChanges(current, target), hash: manifestHash(target) }
  }

  async apply(call: TenantCall, { manifest, prune, note }: InputOf<Noun['apply']>) {
    const applied = await this.changes.inTenant(call, async (tx) => {
      // Two applies of one tenant wait for each other here; the second sees what the first has made.
      await tx.everything.$queryRaw`SELECT id FROM tenant WHERE id = ${call.tenant.id} FOR UPDATE`
      const current = await this.#read(call, tx.db)
      const wanted = targetOf(current, manifest, prune)
      refuseInconsistent(wanted)
      refuseForbidden(call, current, wanted)
      const { target, rows } = await takeSecrets(this.secrets, tx.db, call, current, wanted)
      await storeSecrets(tx.db, rows)
      const changes = manifestChanges(current, target)
      if (changes.length > 0) await this.applier.apply(tx, call, current, target, note)
      tx.audit({
        action: 'manifests.apply',
        resource: { kind: 'tenant', id: call.tenant.id, name: call.tenant.name },
        before: Object.fromEntries(changes.map(({ pointer, before }) => [pointer, before ?? null])),
        after: Object.fromEntries(changes.map(({ pointer, after }) => [pointer, after ?? null])),
        reason: note,
      })
      return { changes, hash: manifestHash(await this.#read(call, tx.db)) }
    })
    return { ...applied, revisions: causedRevisions(call) }
  }

  async #read(call: TenantCall, db: TenantDb): Promise<WholeManifest> {
    const { timeZone, selfSignUp } = await call.platform.tenant.findUniqueOrThrow({
      where: { id: call.tenant.id },
    })
    return readManifest(db, { id: call.tenant.id, timeZone, selfSignUp }, this.clock.now())
  }
}
