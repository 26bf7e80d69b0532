// Credentials that are known by a name: an OAuth client, a certificate, a signing key. One name belongs to one application, and what
// was registered or removed is true everywhere within two seconds, as keys are.
import { createHash } from 'node:crypto'
import { createId } from '@gatewright/shared/ids'
import { Injectable } from '@nestjs/common'
import { causedRevisions, signedIn, type TenantCall } from '../call.ts'
import type { Prisma } from '../generated/prisma/client.ts'
import { Clock } from '../infra/clock.ts'
import { Changes, type TenantTransaction } from '../publishing/change.ts'
import { refuse, refuseField } from '../refusal.ts'
import {
  type ApplicationRow,
  findApplication,
  findOwnApplication,
  holdOwner,
  lockApplication,
} from './application-view.ts'

const rows = {
  environment: { select: { id: true, name: true } },
  authorisationClient: { select: { secretHash: true, redirectUris: true } },
} satisfies Prisma.CredentialInclude
export type NamedRow = Prisma.CredentialGetPayload<{ include: typeof rows }>
export type NamedKind = 'oauth_client' | 'client_certificate' | 'signing_key'

type Stored = Prisma.CredentialUncheckedCreateInput

/** What a kind has beside its name. */
type OfKind = Pick<Stored, 'issuer' | 'clientId' | 'algorithm' | 'publicKey' | 'secret'>

export interface NamedWish extends OfKind {
  /** Where a secret is sealed for it, it is known beforehand. */
  readonly id?: string
  readonly kind: NamedKind
  /** Where gateways look for it, as they do for a key by its sha256. */
  readonly hash: string
  /** What it is known by, shown beside requests. */
  readonly prefix: string
  readonly name: string
  readonly expiresAt: Date | null
}

// Bounds what one application can make of the gateways' caches.
const perApplication = 100

const nouns: Record<NamedKind, { readonly one: string; readonly many: string; readonly removal: string }> = {
  oauth_client: { one: 'OAuth client', many: 'OAuth clients', removal: 'oauthClients.remove' },
  client_certificate: { one: 'certificate', many: 'certificates', removal: 'clientCertificates.remove' },
  signing_key: { one: 'signing key', many: 'signing keys', removal: 'signingKeys.remove' },
}

@Injectable()
export class NamedCredentials {
  constructor(
    private readonly changes: Changes,
    private readonly clock: Clock,
  ) {}

  /** Those of an application that were not removed, the newest first. */
  async list(call: TenantCall, application: string, kind: NamedKind): Promise<NamedRow[]> {
    const { id: applicationId } = await findApplication(call, call.db, application)
    return call.db.credential.findMany({
      where: { applicationId, kind, state: 'active' },
      include: rows,
      orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    })
  }

  /** A change to what hangs on an application of the caller's; nobody else changes it meanwhile. */
  inOwn<T>(
    call: TenantCall,
    application: string,
    work: (tx: TenantTransaction, own: ApplicationRow) => Promise<T>,
  ): Promise<T> {
    return this.changes.inTenant(call, async (tx) => {
      const own = await findOwnApplication(call, tx.db, application)
      await lockApplication(tx, own)
      return work(tx, own)
    })
  }

  /** When it is to end; refuses a time that has passed. */
  endOf(expiresAt: string | null): Date | null {
    const end = expiresAt === null ? null : new Date(expiresAt)
    if (end !== null && end <= this.clock.now())
      refuseField('invalid_input', '/expiresAt', 'Use a time that is still to come')
    return end
  }

  /** Registers one inside a running change; the caller writes the audit entry. */
  async create(
    call: TenantCall,
    tx: TenantTransaction,
    application: Pick<ApplicationRow, 'id' | 'name' | 'ownerId' | 'tenantId'>,
    environment: { readonly id: string },
    wish: NamedWish,
  ): Promise<NamedRow> {
    const { kind, hash } = wish
    await holdOwner(tx, application)
    const held = await tx.db.credential.count({
      where: { applicationId: application.id, kind, state: 'active' },
    })
    if (held >= perApplication) {
      refuse(
        'limit_reached',
        `The application has ${perApplication} ${nouns[kind].many}, which is the most it may have`,
      )
    }
    await this.#freeName(tx, application, wish)
    const row = await tx.db.credential.create({
      data: {
        id: createId('key'),
        ...wish,
        tenantId: call.tenant.id,
        applicationId: application.id,
        environmentId: environment.id,
        last4: '',
        createdBy: signedIn(call).id,
        createdAt: this.clock.now(),
      },
      include: rows,
    })
    tx.access(environment.id, [hash])
    return row
  }

  /** One of an application that was not removed. */
  async find(
    tx: TenantTransaction,
    application: Pick<ApplicationRow, 'id' | 'name'>,
    kind: NamedKind,
    id: string,
  ): Promise<NamedRow> {
    const row = await tx.db.credential.findFirst({
      where: { id, applicationId: application.id, kind, state: 'active' },
      include: rows,
    })
    return row ?? refuse('not_found', `The application ${application.name} has no such ${nouns[kind].one}`)
  }

  /** Removes one; `show` says how it looks in the audit log. */
  async remove(
    call: TenantCall,
    { application, credential: id }: { readonly application: string; readonly credential: string },
    kind: NamedKind,
    show: (row: NamedRow) => object,
  ) {
    await this.inOwn(call, application, async (tx, own) => {
      const before = await this.find(tx, own, kind, id)
      await tx.db.credential.update({
        where: { id },
        // A secret that nothing opens any more need not be kept.
        data: { state: 'revoked', secret: null, revokedAt: this.clock.now(), version: { increment: 1 } },
      })
      tx.access(before.environmentId, [before.hash])
      const action = nouns[kind].removal
      tx.audit({ action, resource: credentialNamed(before), before: show(before), after: null })
    })
    return { revisions: causedRevisions(call) }
  }

  /** A name belongs to one application. One that was removed, or has expired, is history, and its place is free. */
  async #freeName(
    tx: TenantTransaction,
    application: Pick<ApplicationRow, 'id'>,
    { kind, hash, prefix }: NamedWish,
  ): Promise<void> {
    const holder = await tx.everything.credential.findUnique({ where: { hash } })
    if (holder === null) return
    // Nobody has a key with the hash of such a text, which is no secret: a manifest brought it, of whichever team, to keep the place.
    const isOver =
      holder.kind === 'key' ||
      holder.state === 'revoked' ||
      (holder.expiresAt !== null && holder.expiresAt <= this.clock.now())
    if (!isOver) {
      refuse(
        'already_exists',
        holder.applicationId === application.id
          ? `The ${nouns[kind].one} ${prefix} is registered already`
          : `The ${nouns[kind].one} ${prefix} is registered with another application`,
      )
    }
    await tx.everything.credential.update({
      where: { id: holder.id },
      data: {
        hash: createHash('sha256').update(`ended ${holder.id}`).digest('hex'),
        state: 'revoked',
        revokedAt: holder.revokedAt ?? this.clock.now(),
        version: { increment: 1 },
      },
    })
  }

  /** What every kind shows of itself. */
  show(row: NamedRow) {
    const isOver = row.expiresAt !== null && row.expiresAt <= this.clock.now()
    return {
      id: row.id,
      name: row.name,
      environment: row.environment.name,
      state: isOver ? ('expired' as const) : ('active' as const),
      expiresAt: row.expiresAt?.toISOString() ?? null,
      lastUsedAt: row.lastUsedAt?.toISOString() ?? null,
      createdAt: row.createdAt.toISOString(),
    }
  }
}

export const credentialNamed = ({ id, prefix }: NamedRow) => ({ kind: 'credential', id, name: prefix })
