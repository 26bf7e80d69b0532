// What an authorisation server remembers between requests, in Postgres: the adapter of oidc-provider, for one kind of thing of one tenant.
import { createHash } from 'node:crypto'
import { type Adapter, type AdapterPayload, errors } from 'oidc-provider'
import type { Prisma } from '../generated/prisma/client.ts'
import type { Clock } from '../infra/clock.ts'
import type { TenantDb } from '../infra/database.ts'

/** Their names are what their bearers show: who reads Postgres must not be able to show them. */
const bearerKinds = new Set(['AccessToken', 'AuthorizationCode', 'ClientCredentials', 'RefreshToken'])

export class StateStore implements Adapter {
  constructor(
    private readonly db: TenantDb,
    private readonly tenantId: string,
    private readonly kind: string,
    private readonly clock: Clock,
  ) {}

  async upsert(name: string, payload: AdapterPayload, expiresIn: number): Promise<void> {
    const { jti, ...rest } = payload
    const row = {
      kind: this.kind,
      uid: payload.uid === undefined ? null : this.#hash(payload.uid),
      grantId: payload.grantId ?? null,
      payload: JSON.parse(
        JSON.stringify(bearerKinds.has(this.kind) ? rest : payload),
      ) as Prisma.InputJsonValue,
      expiresAt: this.clock.in(expiresIn),
    }
    const id = this.#hash(name)
    await this.db.authorisationState.upsert({
      where: { id },
      create: { id, tenantId: this.tenantId, ...row },
      update: row,
    })
  }

  async find(name: string): Promise<AdapterPayload | undefined> {
    const row = await this.db.authorisationState.findFirst({
      where: { id: this.#hash(name), kind: this.kind, expiresAt: { gt: this.clock.now() } },
    })
    if (row === null) return undefined
    const payload = row.payload as AdapterPayload
    return {
      ...payload,
      ...(bearerKinds.has(this.kind) ? { jti: name } : {}),
      ...(row.consumedAt === null ? {} : { consumed: Math.floor(row.consumedAt.getTime() / 1000) }),
    }
  }

  async findByUid(uid: string): Promise<AdapterPayload | undefined> {
    const row = await this.db.authorisationState.findFirst({
      where: { uid: this.#hash(uid), kind: this.kind, expiresAt: { gt: this.clock.now() } },
    })
    return row === null ? undefined : (row.payload as AdapterPayload)
  }

  /** Of no flow that is served here. */
  async findByUserCode(): Promise<undefined> {
    return undefined
  }

  /** Used up once and never again: of two requests at the same moment the second ends the grant, as one that comes later does. */
  async consume(name: string): Promise<void> {
    const id = this.#hash(name)
    const { count } = await this.db.authorisationState.updateMany({
      where: { id, consumedAt: null },
      data: { consumedAt: this.clock.now() },
    })
    if (count === 1) return
    const row = await this.db.authorisationState.findFirst({ where: { id } })
    if (row?.grantId) {
      await this.revokeByGrantId(row.grantId)
      await this.db.authorisationState.deleteMany({
        where: { id: hashOf(this.tenantId, 'Grant', row.grantId) },
      })
    }
    throw new errors.InvalidGrant('already used')
  }

  async destroy(name: string): Promise<void> {
    await this.db.authorisationState.deleteMany({ where: { id: this.#hash(name) } })
  }

  async revokeByGrantId(grantId: string): Promise<void> {
    await this.db.authorisationState.deleteMany({ where: { grantId } })
  }

  #hash(name: string): string {
    return hashOf(this.tenantId, this.kind, name)
  }
}

const hashOf = (tenantId: string, kind: string, name: string) =>
  createHash('sha256')
    .update(JSON.stringify([tenantId, kind, name]))
    .digest('hex')
