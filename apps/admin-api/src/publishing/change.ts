// The one door of every write: one transaction of rows, audit entries and revisions, and then the wake-up.
import { EventEmitter } from 'node:events'
import type { Change as Difference } from '@gatewright/shared/model/environment'
import { Inject, Injectable } from '@nestjs/common'
import { ENV } from '../app.tokens.ts'
import type { Actor, Call, CallTenant, TenantCall } from '../call.ts'
import type { Env } from '../env.ts'
import { Prisma } from '../generated/prisma/client.ts'
import { Clock } from '../infra/clock.ts'
import { Database, type PlatformDb, type TenantDb } from '../infra/database.ts'
import { tenantDb } from '../infra/tenant-db.ts'
import { refuse } from '../refusal.ts'
import { refuseBeyondBounds } from '../tenancy/bounds.ts'
import { type AuditContext, type AuditEntry, appendAudit, chainOf } from './audit-chain.ts'
import { diff } from './diff.ts'
import { compare } from './version-document.ts'

/** What the work of a change may do. Nothing takes effect, not even the audit entry, unless all of it commits. */
export interface Transaction {
  readonly platform: PlatformDb
  /** Says what happened to one thing. A change without an entry is a bug and is refused. */
  audit(entry: AuditEntry): void
  /** The environments' next config revisions; `all` for what every environment serves. */
  config(
    environmentIds: readonly string[] | 'all',
    what: { reason?: string | null; changes?: readonly Difference[] },
  ): void
  /** These credentials (sha256, hex) changed in an environment: each gets an access revision of its own. */
  access(environmentId: string, hashes: readonly string[]): void
  /** APIs, routes or documents were added: nothing commits when the tenant then holds more than it may. */
  grows(): void
  /** Every table of every tenant; for sign-up, invitations and the publisher only. */
  readonly everything: Prisma.TransactionClient
}

export interface TenantTransaction extends Transaction {
  readonly db: TenantDb
  /** Says in another tenant's audit log (null: the platform's) what this one did that concerns both: by the team's name, not by the person's. */
  auditFor(tenantId: string | null, entry: AuditEntry): void
}

/** Who did it, as the chain of a tenant tells it. */
type Teller = Pick<AuditContext, 'tenantId' | 'actor' | 'address'>

interface ToldElsewhere {
  readonly tenantId: string | null
  readonly entry: AuditEntry
}

interface ConfigNote {
  readonly reason: string
  readonly changes: readonly Difference[]
}

@Injectable()
export class Changes {
  readonly #committed = new EventEmitter<{ committed: [readonly string[]] }>()

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    @Inject(ENV) private readonly env: Env,
  ) {}

  /** Calls `wake` with the ids of the environments that changed, after each commit. Answers how to stop. */
  onCommit(wake: (environmentIds: readonly string[]) => void): () => void {
    this.#committed.on('committed', wake)
    return () => this.#committed.off('committed', wake)
  }

  /** A write inside the call's tenant. */
  async inTenant<T>(call: TenantCall, work: (tx: TenantTransaction) => Promise<T>): Promise<T> {
    return this.#run(call, call.tenant, (tx) => work(inside(tx, call.tenant.id)))
  }

  /** A write inside a tenant that the call itself is not of: sign-up, accepting an invitation, creating a tenant. */
  async forTenant<T>(
    call: Call,
    tenant: { id: string },
    work: (tx: TenantTransaction) => Promise<T>,
    actor?: Actor,
  ): Promise<T> {
    return this.#run(actor ? { ...call, actor } : call, tenant, (tx) => work(inside(tx, tenant.id)))
  }

  /** A write to what belongs to no tenant. */
  async onPlatform<T>(call: Call, work: (tx: Transaction) => Promise<T>, actor?: Actor): Promise<T> {
    return this.#run(actor ? { ...call, actor } : call, null, work)
  }

  async #run<T>(
    call: Call,
    tenant: { readonly id: string; readonly title?: string } | null,
    work: (tx: Transaction & Pick<TenantTransaction, 'auditFor'>) => Promise<T>,
  ): Promise<T> {
    const { result, caused } = await this.database.everything
      .$transaction(async (tx) => {
        const entries: AuditEntry[] = []
        const elsewhere: ToldElsewhere[] = []
        const configs = new Map<string, ConfigNote>()
        const accesses = new Map<string, Set<string>>()
        let everywhere: ConfigNote | undefined
        let grown = false
        const result = await work({
          platform: tx,
          everything: tx,
          audit: (entry) => entries.push(entry),
          auditFor: (tenantId, entry) => elsewhere.push({ tenantId, entry }),
          config(environmentIds, { reason, changes }) {
            const note = { reason: reason ?? '', changes: changes ?? [] }
            if (environmentIds === 'all') everywhere = join(everywhere, note)
            else for (const id of environmentIds) configs.set(id, join(configs.get(id), note))
          },
          grows() {
            grown = true
          },
          access(environmentId, hashes) {
            const set = accesses.get(environmentId) ?? new Set()
            for (const hash of hashes) set.add(hash)
            if (set.size > 0) accesses.set(environmentId, set)
          },
        })
        if (entries.length === 0) throw new Error('a change without an audit entry')
        if (everywhere) {
          for (const { id } of await tx.environment.findMany({ select: { id: true } })) {
            configs.set(id, join(configs.get(id), everywhere))
          }
        }
        const own: Teller = { tenantId: tenant?.id ?? null, actor: call.actor, address: call.address }
        const noted = entries.map((entry) => ({ ...entry, reason: entry.reason ?? null }))
        // Always environments by id, then audit heads by chain: one order of locks, so two changes never wait for each other.
        const caused: Call['caused'] = []
        for (const id of [...new Set([...configs.keys(), ...accesses.keys()])].sort()) {
          caused.push(await this.#advance(tx, id, call, tenant, noted, configs.get(id), accesses.get(id)))
        }
        const told = Map.groupBy(elsewhere, ({ tenantId }) => tenantId)
        const chains = [
          { teller: own, entries: noted },
          ...[...told].map(([tenantId, tellings]) => ({
            teller: { tenantId, actor: teamOf(tenant), address: '' },
            entries: tellings.map(({ entry }) => entry),
          })),
        ].sort((a, b) => compare(chainOf(a.teller.tenantId), chainOf(b.teller.tenantId)))
        const { requestId } = call
        const at = this.clock.now()
        for (const { teller, entries } of chains) await appendAudit(tx, { ...teller, requestId, at }, entries)
        // Behind the lock of the audit head: of two additions at once the second counts what the first has made.
        if (grown && tenant) await refuseBeyondBounds(tx, tenant.id, this.env)
        return { result, caused }
      })
      .catch(explain)
    call.caused.push(...caused)
    if (caused.length > 0)
      this.#committed.emit(
        'committed',
        caused.map((one) => one.environmentId),
      )
    return result
  }

  // The update takes the environment's row lock until commit, so the order of commits is the order of revisions.
  async #advance(
    tx: Prisma.TransactionClient,
    id: string,
    call: Call,
    tenant: Pick<CallTenant, 'id'> | null,
    entries: readonly AuditEntry[],
    config: ConfigNote | undefined,
    hashes: ReadonlySet<string> | undefined,
  ): Promise<Call['caused'][number]> {
    const environment = await tx.environment.update({
      where: { id },
      data: { revision: { increment: config ? 1 : 0 }, accessRevision: { increment: hashes?.size ?? 0 } },
    })
    if (hashes) {
      const first = environment.accessRevision - hashes.size + 1
      await tx.accessChange.createMany({
        data: [...hashes].map((hash, i) => ({ environmentId: id, accessRevision: first + i, hash })),
      })
    }
    if (config) {
      const changes = config.changes.length > 0 ? config.changes : entries.flatMap(entryChanges)
      await tx.revision.create({
        data: {
          environmentId: id,
          number: environment.revision,
          tenantId: tenant?.id ?? null,
          actorId: call.actor.id,
          actorName: call.actor.name,
          action: entries[0]?.action ?? '',
          reason: config.reason,
          changes: JSON.parse(JSON.stringify(changes)),
          ...(tenant ? await stateOf(tx, id, tenant.id) : { deployments: [], policies: [] }),
          createdAt: this.clock.now(),
        },
      })
    }
    return {
      environmentId: id,
      environment: environment.name,
      revision: environment.revision,
      accessRevision: environment.accessRevision,
    }
  }
}

const inside = (
  tx: Transaction & Pick<TenantTransaction, 'auditFor'>,
  tenantId: string,
): TenantTransaction => ({ ...tx, db: tenantDb(tx.everything, tenantId) })

/** A team as another one hears of it. */
const teamOf = (tenant: { readonly id: string; readonly title?: string } | null): Actor => ({
  kind: 'system',
  id: tenant?.id ?? 'platform',
  name: tenant?.title ?? 'Another team',
})

/** A deployment and a tenant policy as a revision remembers them, and as a rollback restores them. */
interface RememberedDeployment {
  readonly versionId: string
  readonly apiRevisionId: string
  readonly groups: readonly string[]
  readonly traffic: Prisma.JsonValue
}
interface RememberedPolicy {
  readonly id: string
  readonly type: string
  readonly name: string
  readonly config: Prisma.JsonValue
  readonly enabled: boolean
}

async function stateOf(tx: Prisma.TransactionClient, environmentId: string, tenantId: string) {
  const deployments: RememberedDeployment[] = await tx.deployment.findMany({
    where: { environmentId, tenantId },
    select: { versionId: true, apiRevisionId: true, groups: true, traffic: true },
    orderBy: { versionId: 'asc' },
  })
  const policies: RememberedPolicy[] = await tx.policyAttachment.findMany({
    where: { tenantId, scope: 'tenant' },
    select: { id: true, type: true, name: true, config: true, enabled: true },
    orderBy: [{ position: 'asc' }, { id: 'asc' }],
  })
  return {
    deployments: deployments as unknown as Prisma.InputJsonValue,
    policies: policies as unknown as Prisma.InputJsonValue,
  }
}

function entryChanges({ resource, before, after }: AuditEntry): Difference[] {
  return diff(before ?? undefined, after ?? undefined, `${resource.kind}/${resource.name}`)
}

function join(one: ConfigNote | undefined, other: ConfigNote): ConfigNote {
  if (!one) return other
  return { reason: one.reason || other.reason, changes: [...one.changes, ...other.changes] }
}

/** What the database said no to, in words of the catalogue. */
function explain(error: unknown): never {
  if (error instanceof Prisma.PrismaClientKnownRequestError) {
    // Somebody else's write came between the read and this update.
    if (error.code === 'P2025')
      refuse('version_stale', 'It was changed or removed at the same moment', { cause: error })
    if (error.code === 'P2002') refuse('already_exists', undefined, { cause: error })
    if (error.code === 'P2003') refuse('in_use', undefined, { cause: error })
    if (error.code === 'P2034')
      refuse('state_conflict', 'Another change ran at the same moment; try again', { cause: error })
  }
  throw error
}
