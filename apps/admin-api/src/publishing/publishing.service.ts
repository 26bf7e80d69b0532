// Draft → frozen revision → deployments; and deployments from one environment to the next, byte for byte.

import type { contract } from '@gatewright/shared/contract/index'
import { createId } from '@gatewright/shared/ids'
import { Injectable } from '@nestjs/common'
import { causedRevisions, type TenantCall } from '../call.ts'
import { findVersion, showVersion, type VersionRow } from '../catalog/version-view.ts'
import type { ApiRevision } from '../generated/prisma/client.ts'
import type { InputOf, Service } from '../http/serve.ts'
import { Clock } from '../infra/clock.ts'
import type { TenantDb } from '../infra/database.ts'
import { paged } from '../infra/page.ts'
import { refuse } from '../refusal.ts'
import { Changes, type TenantTransaction } from './change.ts'
import { deploy, undeploy } from './deployments.ts'
import { lockDraft, readDraftRows, readPublished } from './draft.ts'
import { findEnvironment, findEnvironments } from './environments.ts'
import { searchTextOf } from './search-text.ts'
import { assertServable } from './servable.ts'
import { versionChanges } from './version-changes.ts'
import {
  documentHash,
  type FrozenVersion,
  freezeDraft,
  frozenVersion,
  storedDocument,
} from './version-document.ts'

type Noun = typeof contract.publishing

@Injectable()
export class PublishingService implements Service<Noun> {
  constructor(
    private readonly changes: Changes,
    private readonly clock: Clock,
  ) {}

  async publish(call: TenantCall, input: InputOf<Noun['publish']>) {
    const revision = await this.changes.inTenant(call, (tx) => this.publishIn(tx, call, input))
    return this.#written(call, input, revision)
  }

  /** Publishes inside a running change; applying a manifest does so for many versions at once. */
  async publishIn(
    tx: TenantTransaction,
    call: TenantCall,
    input: Omit<InputOf<Noun['publish']>, 'tenant'>,
  ): Promise<Pick<ApiRevision, 'id' | 'number' | 'hash'>> {
    const version = await findVersion(tx.db, input)
    refuseRetired(version)
    await lockDraft(tx.db, version.id)
    const previous = await readPublished(tx.db, version.id)
    const environments = await findEnvironments(tx.platform, input.environments)
    const draft = await readDraftRows(tx.db, version.id)
    const document = freezeDraft(draft)
    const revision = await this.#freeze(tx, call, document, draft, input.note)
    for (const environment of environments) {
      const before = await readPublished(tx.db, version.id, environment.id)
      await deploy(tx, {
        tenantId: call.tenant.id,
        environment,
        apiRevisionId: revision.id,
        document,
        groups: input.groups,
        deployedBy: call.actor.name,
        deployedAt: this.clock.now(),
        hostsGranted: call.user?.platformAdmin === true,
      })
      tx.config([environment.id], {
        reason: reason(`Publish ${named(version)} #${revision.number}`, input.note),
        changes: prefixed(version, versionChanges(before?.document ?? null, document)),
      })
    }
    await tx.db.apiVersion.update({
      where: { id: version.id },
      data: {
        ...(version.lifecycle === 'draft' ? { lifecycle: 'published' as const } : {}),
        unpublished: 0,
        searchText: searchTextOf(draft),
        version: { increment: 1 },
      },
    })
    for (const environment of environments)
      await assertServable(tx.everything, environment.id, call.tenant.id)
    tx.audit({
      action: 'publishing.publish',
      resource: resource(version),
      before: { apiRevision: previous?.number ?? null, lifecycle: version.lifecycle },
      after: {
        apiRevision: revision.number,
        lifecycle: version.lifecycle === 'draft' ? 'published' : version.lifecycle,
        hash: revision.hash,
        environments: environments.map((environment) => environment.name),
        groups: input.groups,
      },
      reason: input.note,
    })
    return revision
  }

  async promote(call: TenantCall, input: InputOf<Noun['promote']>) {
    const revision = await this.changes.inTenant(call, async (tx) => {
      const version = await findVersion(tx.db, input)
      refuseRetired(version)
      const environment = await findEnvironment(tx.platform, input.environment)
      const revision =
        (await tx.db.apiRevision.findFirst({
          where: { versionId: version.id, number: input.apiRevision },
        })) ?? refuse('not_found', `${named(version)} has no revision ${input.apiRevision}`)
      const document = frozenVersion.parse(revision.document)
      const before = await readPublished(tx.db, version.id, environment.id)
      await deploy(tx, {
        tenantId: call.tenant.id,
        environment,
        apiRevisionId: revision.id,
        document,
        groups: input.groups,
        deployedBy: call.actor.name,
        deployedAt: this.clock.now(),
        hostsGranted: call.user?.platformAdmin === true,
      })
      await assertServable(tx.everything, environment.id, call.tenant.id)
      tx.config([environment.id], {
        reason: reason(`Promote ${named(version)} #${revision.number}`, input.note),
        changes: prefixed(version, versionChanges(before?.document ?? null, document)),
      })
      tx.audit({
        action: 'publishing.promote',
        resource: resource(version),
        before: { environment: environment.name, apiRevision: before?.number ?? null },
        after: { environment: environment.name, apiRevision: revision.number },
        reason: input.note,
      })
      return revision
    })
    return this.#written(call, input, revision)
  }

  async undeploy(call: TenantCall, input: InputOf<Noun['undeploy']>) {
    await this.changes.inTenant(call, async (tx) => {
      const version = await findVersion(tx.db, input)
      const environment = await findEnvironment(tx.platform, input.environment)
      const before = await readPublished(tx.db, version.id, environment.id)
      if (!before || !(await undeploy(tx, environment.id, version.id))) {
        return refuse('state_conflict', `${named(version)} does not run in ${environment.name}`)
      }
      tx.config([environment.id], {
        reason: reason(`Take ${named(version)} out of ${environment.name}`, input.note),
        changes: prefixed(version, versionChanges(before.document, null)),
      })
      tx.audit({
        action: 'publishing.undeploy',
        resource: resource(version),
        before: { environment: environment.name, apiRevision: before.number },
        after: { environment: environment.name, apiRevision: null },
        reason: input.note,
      })
    })
    return { apiVersion: await shownVersion(call.db, input), revisions: causedRevisions(call) }
  }

  async apiRevisions(call: TenantCall, input: InputOf<Noun['apiRevisions']>) {
    const version = await findVersion(call.db, input)
    return paged(
      input,
      [['number', 'desc']],
      ({ where, ...query }) =>
        call.db.apiRevision.findMany({
          ...query,
          where: { AND: [where, { versionId: version.id }] },
          omit: { document: true, spec: true },
          include: deployedIn,
        }),
      showRevision,
    )
  }

  /** The next revision of a version, or the newest one again when the draft is what was frozen last. */
  async #freeze(
    tx: TenantTransaction,
    call: TenantCall,
    document: FrozenVersion,
    draft: { readonly spec: Uint8Array<ArrayBuffer> | null; readonly specFormat: string | null },
    note: string,
  ): Promise<Pick<ApiRevision, 'id' | 'number' | 'hash'>> {
    const hash = documentHash(document)
    const newest = await tx.db.apiRevision.findFirst({
      where: { versionId: document.id },
      orderBy: { number: 'desc' },
      select: { id: true, number: true, hash: true, spec: true },
    })
    if (newest?.hash === hash && sameBytes(newest.spec, draft.spec)) return newest
    tx.grows()
    return tx.db.apiRevision.create({
      data: {
        id: createId('rev'),
        tenantId: call.tenant.id,
        versionId: document.id,
        number: (newest?.number ?? 0) + 1,
        document: storedDocument(document),
        hash,
        spec: draft.spec,
        specFormat: draft.specFormat,
        note,
        createdBy: call.actor.name,
        createdAt: this.clock.now(),
      },
      select: { id: true, number: true, hash: true },
    })
  }

  async #written(
    call: TenantCall,
    input: { api: string; apiVersion: string },
    { id }: { readonly id: string },
  ) {
    const revision = await call.db.apiRevision.findUniqueOrThrow({
      where: { id },
      omit: { document: true, spec: true },
      include: deployedIn,
    })
    return {
      apiVersion: await shownVersion(call.db, input),
      apiRevision: showRevision(revision),
      revisions: causedRevisions(call),
    }
  }
}

const sameBytes = (a: Uint8Array | null, b: Uint8Array | null) => Buffer.compare(a ?? none, b ?? none) === 0
const none = Buffer.alloc(0)

const deployedIn = {
  deployments: {
    select: { environment: { select: { name: true } } },
    orderBy: { environment: { position: 'asc' } },
  },
} as const

function showRevision(
  revision: Pick<ApiRevision, 'number' | 'hash' | 'note' | 'createdAt' | 'createdBy'> & {
    readonly deployments: readonly { readonly environment: { readonly name: string } }[]
  },
) {
  return {
    number: revision.number,
    hash: revision.hash,
    note: revision.note,
    createdAt: revision.createdAt.toISOString(),
    createdBy: revision.createdBy,
    environments: revision.deployments.map(({ environment }) => environment.name),
  }
}

async function shownVersion(db: TenantDb, reference: { readonly api: string; readonly apiVersion: string }) {
  return showVersion(await findVersion(db, reference))
}

function refuseRetired(version: VersionRow): void {
  if (version.lifecycle === 'retired') {
    refuse('state_conflict', `${named(version)} is retired; it answers 410 until it is taken out`)
  }
}

export const named = (version: { readonly name: string; readonly api: { readonly name: string } }) =>
  `${version.api.name} ${version.name}`

export const resource = (version: {
  readonly id: string
  readonly name: string
  readonly api: { readonly name: string }
}) => ({
  kind: 'version',
  id: version.id,
  name: `${version.api.name}/${version.name}`,
})

/** Changes of a version among those of its environment. */
export function prefixed<T extends { readonly pointer: string }>(
  version: { readonly name: string; readonly api: { readonly name: string } },
  changes: readonly T[],
): T[] {
  return changes.map((change) => ({
    ...change,
    pointer: `apis/${version.api.name}/${version.name}/${change.pointer}`,
  }))
}

/** What happened, and why where somebody said so. */
export const reason = (what: string, note: string) => (note === '' ? what : `${what}: ${note}`)
