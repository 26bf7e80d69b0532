// Draft → frozen revision → deployments; and deployments from one environment to the next, byte for byte.

import type { contract } from '@gatewright/shared/contract/index'
import { createId } from '@gatewright/shared/ids'
import type { Traffic } from '@gatewright/shared/model/traffic'
import { Injectable } from '@nestjs/common'
import { causedRevisions, type TenantCall } from '../call.ts'
import { DocumentReader } from '../catalog/document-reader.ts'
import { refuseDocument } from '../catalog/document-source.ts'
import { findVersion, showVersion, storedTraffic, type VersionRow } from '../catalog/version-view.ts'
import type { ApiRevision } from '../generated/prisma/client.ts'
import type { InputOf, Service } from '../http/serve.ts'
import { Clock } from '../infra/clock.ts'
import type { TenantDb } from '../infra/database.ts'
import { given } from '../infra/given.ts'
import { paged } from '../infra/page.ts'
import { refuse } from '../refusal.ts'
import { Changes, type TenantTransaction } from './change.ts'
import { deploy, undeploy } from './deployments.ts'
import { lockDraft, readDraftRows, readPublished } from './draft.ts'
import { findEnvironment, findEnvironments } from './environments.ts'
import { named, prefixed, reason, resource } from './naming.ts'
import { schemaWish, withSchemas } from './operation-schemas.ts'
import type { HeldPlace } from './path-claims.ts'
import { searchTextOf } from './search-text.ts'
import { assertServable } from './servable.ts'
import { TrafficService } from './traffic.service.ts'
import { trafficChanges, versionChanges } from './version-changes.ts'
import {
  type DraftRows,
  documentHash,
  type FrozenVersion,
  freezeDraft,
  frozenVersion,
  storedDocument,
} from './version-document.ts'

type Noun = typeof contract.publishing

type PublishedRevision = Pick<ApiRevision, 'id' | 'number' | 'hash'>

@Injectable()
export class PublishingService implements Service<Noun> {
  constructor(
    private readonly changes: Changes,
    private readonly clock: Clock,
    private readonly traffic: TrafficService,
    private readonly reader: DocumentReader,
  ) {}

  async publish(call: TenantCall, input: InputOf<Noun['publish']>) {
    const revision = await this.changes.inTenant(call, async (tx) => {
      const published = await this.publishIn(tx, call, input)
      for (const { id } of published.environments) await assertServable(tx.everything, id, call.tenant.id)
      return published.revision
    })
    return this.#written(call, input, revision)
  }

  /**
   * Publishes inside a running change; applying a manifest does so for many versions at once. That gateways will take
   * it is for the caller to prove, once everything is written.
   */
  async publishIn(
    tx: TenantTransaction,
    call: TenantCall,
    input: Omit<InputOf<Noun['publish']>, 'tenant'> & {
      readonly traffic?: Traffic | null
      /** See `claimPaths`; absent: the places that the team has now. */
      readonly held?: readonly HeldPlace[]
    },
  ): Promise<{ revision: PublishedRevision; environments: readonly { readonly id: string }[] }> {
    const version = await findVersion(tx.db, input)
    refuseRetired(version)
    await lockDraft(tx.db, version.id)
    const previous = await readPublished(tx.db, version.id)
    const environments = await findEnvironments(tx.platform, input.environments)
    const { traffic } = input
    const draft = await readDraftRows(tx.db, version.id)
    const document = await this.#withSchemas(call, freezeDraft(draft), draft.spec)
    const revision = await this.#freeze(tx, call, document, draft, input.note)
    for (const environment of environments) {
      const before = await readPublished(tx.db, version.id, environment.id)
      await deploy(tx, {
        tenantId: call.tenant.id,
        environment,
        apiRevisionId: revision.id,
        document,
        groups: input.groups,
        ...given({ traffic, held: input.held?.filter((place) => place.environmentId === environment.id) }),
        deployedBy: call.actor.name,
        deployedAt: this.clock.now(),
        hostsGranted: call.user?.platformAdmin === true,
      })
      tx.config([environment.id], {
        reason: reason(`Publish ${named(version)} #${revision.number}`, input.note),
        changes: prefixed(version, [
          ...versionChanges(before?.document ?? null, document),
          ...(traffic === undefined ? [] : trafficChanges(trafficIn(version, environment.id), traffic)),
        ]),
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
    return { revision, environments }
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
        after: { environment: environment.name, apiRevision: revision.number, groups: input.groups },
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
        before: {
          environment: environment.name,
          apiRevision: before.number,
          traffic: trafficIn(version, environment.id),
        },
        after: { environment: environment.name, apiRevision: null },
        reason: input.note,
      })
    })
    return { apiVersion: await shownVersion(call.db, input), revisions: causedRevisions(call) }
  }

  setTraffic(call: TenantCall, input: InputOf<Noun['setTraffic']>) {
    return this.traffic.set(call, input)
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
          omit: { document: true, spec: true, specOperations: true },
          include: deployedIn,
        }),
      showRevision,
    )
  }

  /** Where a policy checks messages, the document says what they may be. */
  async #withSchemas(
    call: TenantCall,
    document: FrozenVersion,
    spec: Uint8Array | null,
  ): Promise<FrozenVersion> {
    const wish = schemaWish(document)
    if (wish === null || spec === null) return document
    const schemas = await this.reader.ask(call.tenant.id, 'schemas', { bytes: spec, wish })
    return schemas.ok ? withSchemas(document, schemas) : refuseDocument(schemas)
  }

  /** The next revision of a version, or the newest one again when the draft is what was frozen last. */
  async #freeze(
    tx: TenantTransaction,
    call: TenantCall,
    document: FrozenVersion,
    draft: Pick<DraftRows, 'spec' | 'specFormat' | 'specOperations'>,
    note: string,
  ): Promise<PublishedRevision> {
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
        specOperations: draft.specOperations,
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
      omit: { document: true, spec: true, specOperations: true },
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

function trafficIn({ deployments }: VersionRow, environmentId: string): Traffic | null {
  const deployment = deployments.find((one) => one.environmentId === environmentId)
  return deployment ? storedTraffic(deployment.traffic) : null
}

function refuseRetired(version: VersionRow): void {
  if (version.lifecycle === 'retired') {
    refuse('state_conflict', `${named(version)} is retired; it answers 410 until it is taken out`)
  }
}
