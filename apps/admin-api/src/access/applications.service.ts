// A developer's applications: what subscribes to plans and holds keys.
import type { contract } from '@gatewright/shared/contract/index'
import { createId, slug } from '@gatewright/shared/ids'
import type { SubscriptionState } from '@gatewright/shared/model/access'
import { Injectable } from '@nestjs/common'
import { causedRevisions, expectVersion, may, signedIn, type TenantCall } from '../call.ts'
import type { InputOf, Service } from '../http/serve.ts'
import { Clock } from '../infra/clock.ts'
import type { TenantDb } from '../infra/database.ts'
import { given } from '../infra/given.ts'
import { containing, paged } from '../infra/page.ts'
import { Changes } from '../publishing/change.ts'
import { refuse, refuseField } from '../refusal.ts'
import {
  applicationNamed,
  applicationRows,
  findApplication,
  findGrantable,
  findOwnApplication,
  showApplication,
  visibleApplications,
} from './application-view.ts'
import { refuseSuspended } from './subscription-view.ts'
import { touchCredentials } from './touch.ts'

type Noun = typeof contract.applications

// Bounds what one account can make; a company with more gets a second account or asks.
const applicationsPerOwner = 200

@Injectable()
export class ApplicationsService implements Service<Noun> {
  constructor(
    private readonly changes: Changes,
    private readonly clock: Clock,
  ) {}

  async list(call: TenantCall, input: InputOf<Noun['list']>) {
    const owned =
      input.owner === 'anyone' ? {} : { ownerId: input.owner === 'me' ? signedIn(call).id : input.owner }
    return paged(
      input,
      [
        ['name', 'asc'],
        ['id', 'asc'],
      ],
      ({ where, ...query }) =>
        call.db.application.findMany({
          ...query,
          where: {
            AND: [where, visibleApplications(call), owned, containing(input.search, 'name', 'title')],
          },
          include: applicationRows,
        }),
      showApplication,
    )
  }

  async get(call: TenantCall, { application }: InputOf<Noun['get']>) {
    return showApplication(await findApplication(call, call.db, application))
  }

  async create(call: TenantCall, { name: wanted, title, description }: InputOf<Noun['create']>) {
    const owner = signedIn(call)
    return this.changes.inTenant(call, async (tx) => {
      if ((await tx.db.application.count({ where: { ownerId: owner.id } })) >= applicationsPerOwner) {
        refuse(
          'limit_reached',
          `You have ${applicationsPerOwner} applications, which is the most one account may have`,
        )
      }
      if (wanted !== undefined && (await tx.db.application.findFirst({ where: { name: wanted } }))) {
        refuseField('already_exists', '/name', `There is an application "${wanted}" already`)
      }
      const row = await tx.db.application.create({
        data: {
          id: createId('app'),
          tenantId: call.tenant.id,
          ownerId: owner.id,
          name: wanted ?? (await freeName(tx.db, title)),
          title,
          description,
          createdAt: this.clock.now(),
        },
        include: applicationRows,
      })
      const after = showApplication(row)
      tx.audit({ action: 'applications.create', resource: applicationNamed(row), before: null, after })
      return after
    })
  }

  async update(call: TenantCall, { application, title, description }: InputOf<Noun['update']>) {
    return this.changes.inTenant(call, async (tx) => {
      const before = await findOwnApplication(call, tx.db, application)
      expectVersion(call, before)
      const after = await tx.db.application.update({
        where: { id: before.id, version: before.version },
        data: { ...given({ title, description }), version: { increment: 1 } },
        include: applicationRows,
      })
      tx.audit({
        action: 'applications.update',
        resource: applicationNamed(after),
        before: showApplication(before),
        after: showApplication(after),
      })
      return showApplication(after)
    })
  }

  async setGroups(call: TenantCall, { application, groups }: InputOf<Noun['setGroups']>) {
    const shown = await this.changes.inTenant(call, async (tx) => {
      const before = await findGrantable(call, tx.db, application)
      expectVersion(call, before)
      const after = await tx.db.application.update({
        where: { id: before.id, version: before.version },
        data: { groups: [...new Set(groups)].sort(), version: { increment: 1 } },
        include: applicationRows,
      })
      await touchCredentials(tx, { applicationId: before.id })
      tx.audit({
        action: 'applications.setGroups',
        resource: applicationNamed(after),
        before: { groups: before.groups },
        after: { groups: after.groups },
      })
      return showApplication(after)
    })
    return { ...shown, revisions: causedRevisions(call) }
  }

  async remove(call: TenantCall, { application }: InputOf<Noun['remove']>) {
    await this.changes.inTenant(call, async (tx) => {
      const before = await findOwnApplication(call, tx.db, application)
      expectVersion(call, before)
      // Its subscriptions go with it, so it must wait for a decision that is just being taken about them.
      const held = await tx.everything.$queryRaw<{ state: SubscriptionState; provider_id: string }[]>`
        SELECT state::text, provider_id FROM subscription
        WHERE tenant_id = ${call.tenant.id} AND application_id = ${before.id} ORDER BY id FOR UPDATE`
      const decides = may(call, 'subscription:decide')
      refuseSuspended(held.filter(({ provider_id }) => !decides || provider_id !== call.tenant.id))
      await touchCredentials(tx, { applicationId: before.id })
      await tx.db.application.delete({ where: { id: before.id } })
      tx.audit({
        action: 'applications.remove',
        resource: applicationNamed(before),
        before: showApplication(before),
        after: null,
      })
    })
    return { revisions: causedRevisions(call) }
  }
}

/** A slug made of the title; with a number when it is taken. */
async function freeName(db: TenantDb, title: string): Promise<string> {
  const plain = title
    .normalize('NFKD')
    .replaceAll(/\p{Mark}/gu, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 50)
    .replace(/-+$/, '')
  const base = slug.safeParse(plain).success ? plain : 'app'
  const taken = new Set(
    (await db.application.findMany({ where: { name: { startsWith: base } }, select: { name: true } })).map(
      ({ name }) => name,
    ),
  )
  let name = base
  for (let n = 2; taken.has(name); n++) name = `${base}-${n}`
  return name
}
