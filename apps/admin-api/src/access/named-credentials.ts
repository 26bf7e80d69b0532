// Credentials that are known by a name which others made, an OAuth client or a certificate: one name belongs to one application.
import { createHash } from 'node:crypto'
import { createId } from '@gatewright/shared/ids'
import { Injectable } from '@nestjs/common'
import { signedIn, type TenantCall } from '../call.ts'
import type { Prisma } from '../generated/prisma/client.ts'
import { Clock } from '../infra/clock.ts'
import type { TenantTransaction } from '../publishing/change.ts'
import { refuse } from '../refusal.ts'
import { type ApplicationRow, holdOwner } from './application-view.ts'

const rows = {
  environment: { select: { id: true, name: true } },
  authorisationClient: { select: { secretHash: true, redirectUris: true } },
} satisfies Prisma.CredentialInclude
export type NamedRow = Prisma.CredentialGetPayload<{ include: typeof rows }>
export type NamedKind = 'oauth_client' | 'client_certificate'

export interface NamedWish {
  readonly kind: NamedKind
  /** Where gateways look for it, as they do for a key by its sha256. */
  readonly hash: string
  /** Who gave it its name, and the name. */
  readonly issuer: string
  readonly clientId: string
  readonly name: string
  readonly expiresAt: Date | null
}

// Bounds what one application can make of the gateways' caches.
const perApplication = 100

const nouns: Record<NamedKind, { readonly one: string; readonly many: string }> = {
  oauth_client: { one: 'OAuth client', many: 'OAuth clients' },
  client_certificate: { one: 'certificate', many: 'certificates' },
}

@Injectable()
export class NamedCredentials {
  constructor(private readonly clock: Clock) {}

  /** Those that were not removed, the newest first. */
  list(db: Pick<TenantTransaction['db'], 'credential'>, applicationId: string, kind: NamedKind) {
    return db.credential.findMany({
      where: { applicationId, kind, state: 'active' },
      include: rows,
      orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    })
  }

  /** Registers one inside a running change; the caller writes the audit entry. */
  async create(
    call: TenantCall,
    tx: TenantTransaction,
    application: Pick<ApplicationRow, 'id' | 'name' | 'ownerId' | 'tenantId'>,
    environment: { readonly id: string },
    wish: NamedWish,
  ): Promise<NamedRow> {
    const { kind, hash, clientId } = wish
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
        ...wish,
        id: createId('key'),
        tenantId: call.tenant.id,
        applicationId: application.id,
        environmentId: environment.id,
        // What is shown of a credential beside a request.
        prefix: clientId,
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

  /** Removes one inside a running change; the caller writes the audit entry. */
  async remove(
    tx: TenantTransaction,
    application: Pick<ApplicationRow, 'id' | 'name'>,
    kind: NamedKind,
    id: string,
  ): Promise<NamedRow> {
    const before = await this.find(tx, application, kind, id)
    await tx.db.credential.update({
      where: { id },
      data: { state: 'revoked', revokedAt: this.clock.now(), version: { increment: 1 } },
    })
    tx.access(before.environmentId, [before.hash])
    return before
  }

  /** A name belongs to one application. One that was removed, or has expired, is history, and its place is free. */
  async #freeName(
    tx: TenantTransaction,
    application: Pick<ApplicationRow, 'id'>,
    { kind, hash, clientId }: NamedWish,
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
          ? `The ${nouns[kind].one} ${clientId} is registered already`
          : `The ${nouns[kind].one} ${clientId} is registered with another application`,
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
