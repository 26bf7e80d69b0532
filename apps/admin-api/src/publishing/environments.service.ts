// Stages and what they serve: their gateways, the revisions a tenant made, and the way back to one of them.
import type { contract } from '@gatewright/shared/contract/index'
import { createId } from '@gatewright/shared/ids'
import { change } from '@gatewright/shared/model/environment'
import { Injectable } from '@nestjs/common'
import * as z from 'zod'
import { type Call, causedRevisions, type TenantCall } from '../call.ts'
import { findVersion } from '../catalog/version-view.ts'
import type { Environment } from '../generated/prisma/client.ts'
import type { InputOf, Service } from '../http/serve.ts'
import { Clock } from '../infra/clock.ts'
import type { PlatformDb } from '../infra/database.ts'
import { paged } from '../infra/page.ts'
import { refuse, refuseField } from '../refusal.ts'
import { Changes } from './change.ts'
import { findEnvironment } from './environments.ts'
import { Fleet } from './fleet.ts'
import { GatewayRecords } from './gateway-records.ts'
import { reason } from './naming.ts'
import { showGateway } from './refusal-reason.ts'
import { planRollback, rollBack } from './rollback.ts'
import { assertServable } from './servable.ts'
import { askUpstreams } from './upstream-states.ts'

type Noun = typeof contract.environments

@Injectable()
export class EnvironmentsService implements Service<Noun> {
  constructor(
    private readonly changes: Changes,
    private readonly clock: Clock,
    private readonly records: GatewayRecords,
    private readonly fleet: Fleet,
  ) {}

  async list(call: Call) {
    const rows = await call.platform.environment.findMany({
      include: groupNames,
      orderBy: [{ position: 'asc' }, { name: 'asc' }],
    })
    return { data: rows.map(showEnvironment) }
  }

  async create(call: Call, input: InputOf<Noun['create']>) {
    const { groups, ...fields } = input
    const id = createId('env')
    return this.changes.onPlatform(call, async (tx) => {
      const { environment, gatewayGroup } = tx.platform
      if (await environment.findUnique({ where: { name: input.name }, select: { id: true } })) {
        refuseField('already_exists', '/name', `There is an environment "${input.name}" already`)
      }
      const position = await environment.count()
      await environment.create({ data: { id, ...fields, position, createdAt: this.clock.now() } })
      await gatewayGroup.createMany({
        data: [...new Set(groups)].map((name) => ({
          id: createId('grp'),
          environmentId: id,
          name,
          title: name,
        })),
      })
      const after = showEnvironment(
        await environment.findUniqueOrThrow({ where: { id }, include: groupNames }),
      )
      tx.audit({
        action: 'environments.create',
        resource: { kind: 'environment', id, name: input.name },
        before: null,
        after,
      })
      return after
    })
  }

  async gateways(call: TenantCall, input: InputOf<Noun['gateways']>) {
    const row = await withGroups(call.platform, input.environment)
    const gateways = await this.records.gateways(row)
    return { environment: showEnvironment(row), data: gateways.map((gateway) => showGateway(call, gateway)) }
  }

  async upstreams(call: TenantCall, input: InputOf<Noun['upstreams']>) {
    const environment = await findEnvironment(call.platform, input.environment)
    // Only a version of the caller's own is found, so nobody sees another team's backends.
    const version = await findVersion(call.db, input)
    const deployment = version.deployments.find(({ environmentId }) => environmentId === environment.id)
    if (!deployment) return { data: [], unreachable: [] }
    const reports = (await this.fleet.reports(environment.name)).filter((one) => this.fleet.isLive(one))
    return askUpstreams(reports, version.id, deployment.groups)
  }

  async revisions(call: TenantCall, input: InputOf<Noun['revisions']>) {
    const environment = await findEnvironment(call.platform, input.environment)
    const newest = await call.db.revision.findFirst({
      where: { environmentId: environment.id },
      orderBy: { number: 'desc' },
      select: { number: true },
    })
    return paged(
      input,
      [['number', 'desc']],
      ({ where, ...query }) =>
        call.db.revision.findMany({ ...query, where: { AND: [where, { environmentId: environment.id }] } }),
      (row) => ({
        environment: environment.name,
        number: row.number,
        hash: row.hash,
        reason: row.reason,
        action: row.action,
        actor: row.actorName,
        createdAt: row.createdAt.toISOString(),
        current: row.number === newest?.number,
        changes: z.array(change).parse(row.changes),
      }),
    )
  }

  async rollbackPreview(call: TenantCall, input: InputOf<Noun['rollbackPreview']>) {
    const environment = await findEnvironment(call.platform, input.environment)
    const { changes } = await planRollback(call.db, environment, input.number)
    return { changes }
  }

  async rollback(call: TenantCall, { number, note, ...input }: InputOf<Noun['rollback']>) {
    await this.changes.inTenant(call, async (tx) => {
      const environment = await findEnvironment(tx.platform, input.environment)
      const plan = await planRollback(tx.db, environment, number)
      if (plan.changes.length === 0 && !plan.policiesDiffer) {
        refuse('state_conflict', `${environment.name} already is as it was at revision ${number}`)
      }
      await rollBack(tx, call, environment, plan, this.clock.now())
      const environments = plan.policiesDiffer ? await tx.platform.environment.findMany() : [environment]
      for (const { id } of environments) await assertServable(tx.everything, id, call.tenant.id)
      const why = { reason: reason(`Return ${environment.name} to revision ${number}`, note) }
      tx.config([environment.id], { ...why, changes: plan.changes })
      // Tenant policies hold in every environment.
      const others = environments.filter(({ id }) => id !== environment.id)
      tx.config(
        others.map(({ id }) => id),
        { ...why, changes: plan.changes.filter(({ pointer }) => pointer.startsWith('policies')) },
      )
      tx.audit({
        action: 'environments.rollback',
        resource: { kind: 'environment', id: environment.id, name: environment.name },
        before: stateOf(plan.current),
        after: { ...stateOf(plan.target), returnedTo: number },
        reason: note,
      })
    })
    const environment = await findEnvironment(call.platform, input.environment)
    const caused = call.caused.find(({ environmentId }) => environmentId === environment.id)
    return { number: caused?.revision ?? environment.revision, revisions: causedRevisions(call) }
  }
}

const groupNames = { groups: { select: { name: true }, orderBy: { name: 'asc' } } } as const

async function withGroups(platform: PlatformDb, reference: string) {
  const { id } = await findEnvironment(platform, reference)
  return platform.environment.findUniqueOrThrow({ where: { id }, include: groupNames })
}

function showEnvironment(row: Environment & { readonly groups: readonly { readonly name: string }[] }) {
  return {
    id: row.id,
    name: row.name,
    title: row.title,
    production: row.production,
    gatewayUrl: row.gatewayUrl,
    groups: row.groups.map(({ name }) => name),
    revision: row.revision,
    accessRevision: row.accessRevision,
  }
}

type Plan = Awaited<ReturnType<typeof planRollback>>

const stateOf = ({ deployments, policies }: Plan['current']) => ({
  deployments: Object.fromEntries(
    deployments.map(({ document, apiRevisionId, groups, traffic }) => [
      `${document.apiName}/${document.name}`,
      { apiRevisionId, groups, traffic },
    ]),
  ),
  policies: policies.map(({ name }) => name),
})
