// draft → published → deprecated → retired: the life of a version after its first publish, live at once where it runs.
import type { contract } from '@gatewright/shared/contract/index'
import { type Lifecycle, lifecycleSteps } from '@gatewright/shared/model/api'
import { Injectable } from '@nestjs/common'
import { causedRevisions, expectVersion, type TenantCall } from '../call.ts'
import { findVersion, showVersion, type VersionRow } from '../catalog/version-view.ts'
import type { InputOf } from '../http/serve.ts'
import { Clock } from '../infra/clock.ts'
import { refuse, refuseField } from '../refusal.ts'
import { Changes, type TenantTransaction } from './change.ts'
import { named, reason, resource } from './naming.ts'

type Input = InputOf<typeof contract.versions.setLifecycle>

@Injectable()
export class LifecycleService {
  constructor(
    private readonly changes: Changes,
    private readonly clock: Clock,
  ) {}

  async setLifecycle(call: TenantCall, input: Input) {
    await this.changes.inTenant(call, async (tx) => {
      const version = await findVersion(tx.db, input)
      expectVersion(call, version)
      refuseIllegalStep(version, input.to)
      const data = await this.#fields(tx, version, input)
      await tx.db.apiVersion.update({
        where: { id: version.id, version: version.version },
        data: { ...data, version: { increment: 1 } },
      })
      tx.audit({
        action: 'versions.setLifecycle',
        resource: resource(version),
        before: lifecycleOf(version),
        after: lifecycleOf({ ...version, ...data }),
        reason: input.note,
      })
      const environmentIds = version.deployments.map((deployment) => deployment.environmentId)
      tx.config(environmentIds, { reason: reason(`${named(version)} is ${input.to}`, input.note) })
    })
    return {
      apiVersion: showVersion(await findVersion(call.db, input)),
      revisions: causedRevisions(call),
    }
  }

  async #fields(tx: TenantTransaction, version: VersionRow, { to, sunsetAt, successor }: Input) {
    const now = this.clock.now()
    if (to === 'published') {
      return { lifecycle: to, deprecatedAt: null, sunsetAt: null, successorId: null }
    }
    const sunset = sunsetAt === null ? version.sunsetAt : new Date(sunsetAt)
    const deprecatedAt = version.deprecatedAt ?? now
    if (to === 'deprecated' && sunset && sunset < deprecatedAt) {
      // RFC 9745 4: the sunset must not be earlier than the deprecation.
      refuseField('invalid_input', '/sunsetAt', 'A version is not switched off before it is deprecated')
    }
    return {
      lifecycle: to,
      deprecatedAt,
      sunsetAt: sunset,
      successorId: successor === null ? version.successorId : await successorId(tx, version, successor),
      ...(to === 'retired' ? { retiredAt: now } : {}),
    }
  }
}

function refuseIllegalStep(version: VersionRow, to: Lifecycle): void {
  if (version.lifecycle === 'draft') {
    refuse('state_conflict', `${named(version)} was never published: publish it first`)
  }
  const steps = lifecycleSteps[version.lifecycle]
  if (steps.includes(to)) return
  const legal = steps.length === 0 ? 'nothing comes after it' : `it can become ${steps.join(' or ')}`
  refuse('state_conflict', `${named(version)} is ${version.lifecycle}: ${legal}, not ${to}`, {
    extensions: { state: version.lifecycle, allowed: steps },
  })
}

async function successorId(tx: TenantTransaction, version: VersionRow, reference: string): Promise<string> {
  const found = await tx.db.apiVersion.findFirst({
    where: { apiId: version.apiId, id: { not: version.id }, OR: [{ id: reference }, { name: reference }] },
    select: { id: true },
  })
  return (
    found?.id ??
    refuseField('not_found', '/successor', `${version.api.name} has no other version "${reference}"`)
  )
}

const lifecycleOf = (row: Pick<VersionRow, 'lifecycle' | 'deprecatedAt' | 'sunsetAt' | 'successorId'>) => ({
  lifecycle: row.lifecycle,
  deprecatedAt: row.deprecatedAt,
  sunsetAt: row.sunsetAt,
  successor: row.successorId,
})
