// Keys: issued once, stored as a hash, rotated with overlap, revoked everywhere within two seconds.
import { createHash } from 'node:crypto'
import type { contract } from '@gatewright/shared/contract/index'
import { createId } from '@gatewright/shared/ids'
import { createKey, keyHint } from '@gatewright/shared/key'
import { Injectable } from '@nestjs/common'
import { causedRevisions, signedIn, type TenantCall } from '../call.ts'
import type { Prisma } from '../generated/prisma/client.ts'
import type { InputOf, Service } from '../http/serve.ts'
import { Clock } from '../infra/clock.ts'
import { Database, type TenantDb } from '../infra/database.ts'
import { Changes, type TenantTransaction } from '../publishing/change.ts'
import { refuse, refuseField } from '../refusal.ts'
import {
  type ApplicationRow,
  findApplication,
  findOwnApplication,
  holdOwner,
  lockApplication,
} from './application-view.ts'

type Noun = typeof contract.credentials

const rows = { environment: { select: { id: true, name: true } } } satisfies Prisma.CredentialInclude
type CredentialRow = Prisma.CredentialGetPayload<{ include: typeof rows }>

// Bounds what one application can make of the gateways' caches.
const activeKeysPerApplication = 100

@Injectable()
export class CredentialsService implements Service<Noun> {
  constructor(
    private readonly database: Database,
    private readonly changes: Changes,
    private readonly clock: Clock,
  ) {}

  async list(call: TenantCall, { application }: InputOf<Noun['list']>) {
    const { id } = await findApplication(call, call.db, application)
    const found = await call.db.credential.findMany({
      where: { applicationId: id, kind: 'key', tryIt: false },
      include: rows,
      orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    })
    return { data: found.map((row) => this.#show(row)) }
  }

  async issue(
    call: TenantCall,
    { application: reference, environment, name, expiresAt }: InputOf<Noun['issue']>,
  ) {
    if (expiresAt !== null && Date.parse(expiresAt) <= this.clock.now().getTime()) {
      refuseField('invalid_input', '/expiresAt', 'Use a time that is still to come')
    }
    const stage = await this.#environment(environment)
    const issued = await this.changes.inTenant(call, async (tx) => {
      const application = await findOwnApplication(call, tx.db, reference)
      await lockApplication(tx, application)
      const made = await this.create(call, tx, application, stage, {
        name,
        expiresAt: expiresAt === null ? null : new Date(expiresAt),
      })
      const after = this.#show(made.row)
      tx.audit({ action: 'credentials.issue', resource: credentialNamed(made.row), before: null, after })
      return { ...after, key: made.key }
    })
    return { ...issued, revisions: causedRevisions(call) }
  }

  async rotate(
    call: TenantCall,
    { application: reference, credential, overlapSeconds }: InputOf<Noun['rotate']>,
  ) {
    const issued = await this.changes.inTenant(call, async (tx) => {
      const application = await findOwnApplication(call, tx.db, reference)
      await lockApplication(tx, application)
      const before = await this.#find(tx.db, application, credential)
      this.#refuseUnusable(before)
      if (before.replacedById !== null) refuse('state_conflict', 'The key was rotated already')
      // The successor inherits the expiry: rotating must not make a key that was to end live on.
      const made = await this.create(call, tx, application, before.environment, {
        name: before.name,
        expiresAt: before.expiresAt,
      })
      const overlapEnds = this.clock.in(overlapSeconds)
      const after = await tx.db.credential.update({
        where: { id: before.id },
        data: {
          replacedById: made.row.id,
          expiresAt:
            before.expiresAt !== null && before.expiresAt < overlapEnds ? before.expiresAt : overlapEnds,
          version: { increment: 1 },
        },
        include: rows,
      })
      tx.access(before.environmentId, [before.hash])
      tx.audit({
        action: 'credentials.rotate',
        resource: credentialNamed(before),
        before: this.#show(before),
        after: { ...this.#show(after), successor: this.#show(made.row) },
      })
      return { ...this.#show(made.row), key: made.key }
    })
    return { ...issued, revisions: causedRevisions(call) }
  }

  async revoke(call: TenantCall, { application: reference, credential, note }: InputOf<Noun['revoke']>) {
    const revoked = await this.changes.inTenant(call, async (tx) => {
      const application = await findOwnApplication(call, tx.db, reference)
      await lockApplication(tx, application)
      const before = await this.#find(tx.db, application, credential)
      if (before.state === 'revoked') refuse('state_conflict', 'The key was revoked already')
      const after = await tx.db.credential.update({
        where: { id: before.id },
        data: { state: 'revoked', revokedAt: this.clock.now(), version: { increment: 1 } },
        include: rows,
      })
      tx.access(before.environmentId, [before.hash])
      tx.audit({
        action: 'credentials.revoke',
        resource: credentialNamed(before),
        before: this.#show(before),
        after: this.#show(after),
        reason: note,
      })
      return this.#show(after)
    })
    return { ...revoked, revisions: causedRevisions(call) }
  }

  /** Makes a key inside a running change. The caller writes the audit entry; the key itself must go nowhere but to its owner. */
  async create(
    call: TenantCall,
    tx: TenantTransaction,
    application: ApplicationRow,
    environment: { readonly id: string; readonly name: string },
    {
      name,
      expiresAt,
      tryIt = false,
    }: { readonly name: string; readonly expiresAt: Date | null; readonly tryIt?: boolean },
  ): Promise<{ key: string; row: CredentialRow }> {
    await holdOwner(tx, application)
    const held = await tx.db.credential.count({
      where: {
        applicationId: application.id,
        kind: 'key',
        tryIt: false,
        state: 'active',
        OR: [{ expiresAt: null }, { expiresAt: { gt: this.clock.now() } }],
      },
    })
    if (!tryIt && held >= activeKeysPerApplication) {
      refuse(
        'limit_reached',
        `The application has ${activeKeysPerApplication} active keys, which is the most it may have`,
      )
    }
    const key = createKey(environment.name)
    const hash = createHash('sha256').update(key).digest('hex')
    const row = await tx.db.credential.create({
      data: {
        id: createId('key'),
        tenantId: call.tenant.id,
        applicationId: application.id,
        environmentId: environment.id,
        name,
        hash,
        ...keyHint(key),
        tryIt,
        expiresAt,
        createdBy: signedIn(call).id,
        createdAt: this.clock.now(),
      },
      include: rows,
    })
    tx.access(environment.id, [hash])
    return { key, row }
  }

  async #environment(reference: string) {
    const where = { OR: [{ id: reference }, { name: reference }] }
    const row = await this.database.platform.environment.findFirst({
      where,
      select: { id: true, name: true },
    })
    return row ?? refuse('not_found', `There is no environment "${reference}"`)
  }

  async #find(db: TenantDb, application: ApplicationRow, id: string): Promise<CredentialRow> {
    const row = await db.credential.findFirst({
      where: { id, applicationId: application.id, kind: 'key' },
      include: rows,
    })
    return row ?? refuse('not_found', `The application ${application.name} has no key ${id}`)
  }

  #refuseUnusable(row: CredentialRow): void {
    if (row.state === 'revoked') refuse('state_conflict', 'The key was revoked')
    if (row.expiresAt !== null && row.expiresAt <= this.clock.now())
      refuse('state_conflict', 'The key has expired')
  }

  #show(row: CredentialRow) {
    const expired = row.expiresAt !== null && row.expiresAt <= this.clock.now()
    return {
      id: row.id,
      name: row.name,
      environment: row.environment.name,
      prefix: row.prefix,
      last4: row.last4,
      state: row.state === 'active' && expired ? ('expired' as const) : row.state,
      expiresAt: row.expiresAt?.toISOString() ?? null,
      rotatedTo: row.replacedById,
      lastUsedAt: row.lastUsedAt?.toISOString() ?? null,
      createdAt: row.createdAt.toISOString(),
      revokedAt: row.revokedAt?.toISOString() ?? null,
    }
  }
}

const credentialNamed = ({ id, prefix }: CredentialRow) => ({ kind: 'credential', id, name: prefix })
