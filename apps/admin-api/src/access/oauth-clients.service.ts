// OAuth clients of applications: registered and removed, and true everywhere within two seconds, as keys are.
import { createHash } from 'node:crypto'
import type { contract } from '@gatewright/shared/contract/index'
import { createId } from '@gatewright/shared/ids'
import { oauthClientText } from '@gatewright/shared/oauth-client'
import { Injectable } from '@nestjs/common'
import { causedRevisions, signedIn, type TenantCall } from '../call.ts'
import type { Prisma } from '../generated/prisma/client.ts'
import type { InputOf, Service } from '../http/serve.ts'
import { Clock } from '../infra/clock.ts'
import { Changes, type TenantTransaction } from '../publishing/change.ts'
import { findEnvironment } from '../publishing/environments.ts'
import { refuse, refuseField } from '../refusal.ts'
import {
  type ApplicationRow,
  findApplication,
  findOwnApplication,
  holdOwner,
  lockApplication,
} from './application-view.ts'

type Noun = typeof contract.oauthClients

const rows = { environment: { select: { id: true, name: true } } } satisfies Prisma.CredentialInclude
type Row = Prisma.CredentialGetPayload<{ include: typeof rows }>

// Bounds what one application can make of the gateways' caches.
const clientsPerApplication = 100

export interface ClientWish {
  readonly issuer: string
  readonly clientId: string
  readonly name: string
  readonly expiresAt: Date | null
}

@Injectable()
export class OauthClientsService implements Service<Noun> {
  constructor(
    private readonly changes: Changes,
    private readonly clock: Clock,
  ) {}

  async list(call: TenantCall, { application }: InputOf<Noun['list']>) {
    const { id } = await findApplication(call, call.db, application)
    const found = await call.db.credential.findMany({
      where: { applicationId: id, kind: 'oauth_client', state: 'active' },
      include: rows,
      orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    })
    return { data: found.map((row) => this.#show(row)) }
  }

  async register(
    call: TenantCall,
    { application: reference, environment, issuer, clientId, name, expiresAt }: InputOf<Noun['register']>,
  ) {
    const end = expiresAt === null ? null : new Date(expiresAt)
    if (end !== null && end <= this.clock.now())
      refuseField('invalid_input', '/expiresAt', 'Use a time that is still to come')
    const registered = await this.changes.inTenant(call, async (tx) => {
      const application = await findOwnApplication(call, tx.db, reference)
      await lockApplication(tx, application)
      const stage = await findEnvironment(tx.platform, environment)
      const row = await this.create(call, tx, application, stage, { issuer, clientId, name, expiresAt: end })
      const after = this.#show(row)
      tx.audit({ action: 'oauthClients.register', resource: clientNamed(row), before: null, after })
      return after
    })
    return { ...registered, revisions: causedRevisions(call) }
  }

  async remove(call: TenantCall, { application: reference, credential }: InputOf<Noun['remove']>) {
    await this.changes.inTenant(call, async (tx) => {
      const application = await findOwnApplication(call, tx.db, reference)
      await lockApplication(tx, application)
      const before = await tx.db.credential.findFirst({
        where: { id: credential, applicationId: application.id, kind: 'oauth_client', state: 'active' },
        include: rows,
      })
      if (before === null)
        return refuse('not_found', `The application ${application.name} has no such OAuth client`)
      await tx.db.credential.update({
        where: { id: before.id },
        data: { state: 'revoked', revokedAt: this.clock.now(), version: { increment: 1 } },
      })
      tx.access(before.environmentId, [before.hash])
      tx.audit({
        action: 'oauthClients.remove',
        resource: clientNamed(before),
        before: this.#show(before),
        after: null,
      })
    })
    return { revisions: causedRevisions(call) }
  }

  /** Registers a client inside a running change; the caller writes the audit entry. */
  async create(
    call: TenantCall,
    tx: TenantTransaction,
    application: Pick<ApplicationRow, 'id' | 'name' | 'ownerId' | 'tenantId'>,
    environment: { readonly id: string; readonly name: string },
    { issuer, clientId, name, expiresAt }: ClientWish,
  ): Promise<Row> {
    await holdOwner(tx, application)
    const held = await tx.db.credential.count({
      where: { applicationId: application.id, kind: 'oauth_client', state: 'active' },
    })
    if (held >= clientsPerApplication) {
      refuse(
        'limit_reached',
        `The application has ${clientsPerApplication} OAuth clients, which is the most it may have`,
      )
    }
    const hash = hashOfClient(call.tenant.id, environment.name, issuer, clientId)
    await this.#freeName(tx, application, hash, clientId)
    const row = await tx.db.credential.create({
      data: {
        id: createId('key'),
        tenantId: call.tenant.id,
        applicationId: application.id,
        environmentId: environment.id,
        kind: 'oauth_client',
        name,
        hash,
        issuer,
        clientId,
        // What is shown of a credential beside a request.
        prefix: clientId,
        last4: '',
        expiresAt,
        createdBy: signedIn(call).id,
        createdAt: this.clock.now(),
      },
      include: rows,
    })
    tx.access(environment.id, [hash])
    return row
  }

  /** A client belongs to one application. One that was removed, or has expired, is history, and its place is free. */
  async #freeName(
    tx: TenantTransaction,
    application: Pick<ApplicationRow, 'id'>,
    hash: string,
    clientId: string,
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
          ? `The OAuth client ${clientId} is registered already`
          : `The OAuth client ${clientId} is registered with another application`,
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

  #show(row: Row) {
    const isOver = row.expiresAt !== null && row.expiresAt <= this.clock.now()
    return {
      id: row.id,
      name: row.name,
      environment: row.environment.name,
      issuer: row.issuer ?? '',
      clientId: row.clientId ?? '',
      state: isOver ? ('expired' as const) : ('active' as const),
      expiresAt: row.expiresAt?.toISOString() ?? null,
      lastUsedAt: row.lastUsedAt?.toISOString() ?? null,
      createdAt: row.createdAt.toISOString(),
    }
  }
}

/** Where gateways look for a client, as they do for a key by its sha256. */
export function hashOfClient(
  tenantId: string,
  environment: string,
  issuer: string,
  clientId: string,
): string {
  return createHash('sha256')
    .update(oauthClientText({ environment, tenantId, issuer, clientId }))
    .digest('hex')
}

const clientNamed = ({ id, prefix }: Row) => ({ kind: 'credential', id, name: prefix })
