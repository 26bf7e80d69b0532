// How the requests of a deployment are spread over its upstreams: live at once and without a publish, as lifecycle is.
import type { contract } from '@gatewright/shared/contract/index'
import { plainAsNone, trafficFault } from '@gatewright/shared/model/traffic'
import { Injectable } from '@nestjs/common'
import { causedRevisions, type TenantCall } from '../call.ts'
import { findVersion, showVersion, storedTraffic } from '../catalog/version-view.ts'
import type { InputOf } from '../http/serve.ts'
import { jsonColumn } from '../infra/json-column.ts'
import { refuse, refuseField } from '../refusal.ts'
import { Changes } from './change.ts'
import { lockDraft, readPublished } from './draft.ts'
import { findEnvironment } from './environments.ts'
import { named, prefixed, reason, resource } from './naming.ts'
import { assertServable } from './servable.ts'
import { trafficChanges } from './version-changes.ts'

type Input = InputOf<typeof contract.publishing.setTraffic>

@Injectable()
export class TrafficService {
  constructor(private readonly changes: Changes) {}

  async set(call: TenantCall, input: Input) {
    const { tenant: _, api, apiVersion, environment: reference, note, ...wanted } = input
    await this.changes.inTenant(call, async (tx) => {
      const { id } = await findVersion(tx.db, { api, apiVersion })
      // One after the other, and none while the version is published: what was before is what others have left.
      await lockDraft(tx.db, id)
      const version = await findVersion(tx.db, { api, apiVersion })
      const environment = await findEnvironment(tx.platform, reference)
      const deployment = version.deployments.find(({ environmentId }) => environmentId === environment.id)
      const running = await readPublished(tx.db, version.id, environment.id)
      if (!deployment || !running) {
        return refuse('state_conflict', `${named(version)} does not run in ${environment.name}`)
      }
      const fault = trafficFault(
        wanted,
        running.document.upstreams.map(({ name }) => name),
      )
      if (fault) refuseField('invalid_input', `/${fault.path.replaceAll('.', '/')}`, fault.message)
      const before = storedTraffic(deployment.traffic)
      const after = plainAsNone(wanted)
      await tx.db.deployment.update({ where: { id: deployment.id }, data: { traffic: jsonColumn(after) } })
      await assertServable(tx.everything, environment.id, call.tenant.id)
      tx.config([environment.id], {
        reason: reason(`Traffic of ${named(version)}`, note),
        changes: prefixed(version, trafficChanges(before, after)),
      })
      tx.audit({
        action: 'publishing.setTraffic',
        resource: resource(version),
        before: { environment: environment.name, traffic: before },
        after: { environment: environment.name, traffic: after },
        reason: note,
      })
    })
    return {
      apiVersion: showVersion(await findVersion(call.db, { api, apiVersion })),
      revisions: causedRevisions(call),
    }
  }
}
