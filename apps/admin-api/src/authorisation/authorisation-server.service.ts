// The authorisation server of a tenant as its owner sees it: settings, keys, and the resource servers that may ask about tokens.
import type { contract } from '@gatewright/shared/contract/index'
import { createId } from '@gatewright/shared/ids'
import { authorisationScope } from '@gatewright/shared/model/authorisation'
import { Inject, Injectable } from '@nestjs/common'
import * as z from 'zod'
import { ENV } from '../app.tokens.ts'
import { expectVersion, signedIn, type TenantCall } from '../call.ts'
import type { Env } from '../env.ts'
import type { InputOf, Service } from '../http/serve.ts'
import { Clock } from '../infra/clock.ts'
import type { TenantDb } from '../infra/database.ts'
import { given } from '../infra/given.ts'
import { Sealer } from '../infra/sealer.ts'
import { Changes, type TenantTransaction } from '../publishing/change.ts'
import { refuse, refuseField } from '../refusal.ts'
import { newSecret } from './built-in-clients.ts'
import { audienceOf, issuerOf } from './issuer.ts'
import { keptSeconds, newPrivateKey, publishedAheadSeconds, publishedKeys, stateOf } from './keys.ts'
import { hashOfSecret, privateKeyPlace } from './providers.ts'

type Noun = typeof contract.authorisationServer

const resourceServersMax = 50

const defaults = {
  enabled: false,
  tokenFormat: 'jwt',
  accessTokenSeconds: 600,
  refreshTokenDays: 30,
  scopes: [],
} as const

@Injectable()
export class AuthorisationServerService implements Service<Noun> {
  constructor(
    @Inject(ENV) private readonly env: Env,
    private readonly changes: Changes,
    private readonly clock: Clock,
    private readonly sealer: Sealer,
  ) {}

  get(call: TenantCall) {
    return this.#show(call, call.db)
  }

  async update(call: TenantCall, { tenant: _, ...wish }: InputOf<Noun['update']>) {
    // Made before the transaction: it takes a while, and locks nothing meanwhile.
    const isFirst = wish.enabled === true && (await call.db.authorisationKey.count()) === 0
    const key = isFirst ? await this.#newKey(this.clock.now()) : null
    return this.changes.inTenant(call, async (tx) => {
      await lock(tx, call.tenant.id)
      const before = await this.#show(call, tx.db)
      expectVersion(call, before)
      const { enabled, tokenFormat, accessTokenSeconds, refreshTokenDays, scopes } = {
        ...before,
        ...given(wish),
      }
      await refuseUnknownProducts(tx.db, scopes)
      const row = { enabled, tokenFormat, accessTokenSeconds, refreshTokenDays, scopes }
      await tx.db.authorisationServer.upsert({
        where: { tenantId: call.tenant.id },
        create: { tenantId: call.tenant.id, ...row, createdAt: this.clock.now() },
        update: { ...row, version: { increment: 1 } },
      })
      if (key !== null && before.keys.length === 0)
        await tx.db.authorisationKey.create({ data: { ...key, tenantId: call.tenant.id } })
      const after = await this.#show(call, tx.db)
      tx.audit({ action: 'authorisationServer.update', resource: named(call), before, after })
      return after
    })
  }

  async rotateKeys(call: TenantCall, { now: isNow }: InputOf<Noun['rotateKeys']>) {
    const now = this.clock.now()
    const signsFrom = isNow ? now : this.clock.in(publishedAheadSeconds)
    const key = await this.#newKey(signsFrom)
    return this.changes.inTenant(call, async (tx) => {
      await lock(tx, call.tenant.id)
      const before = await this.#show(call, tx.db)
      if (before.version === 0) refuse('state_conflict', 'Enable the authorisation server first')
      if (!isNow && before.keys.some(({ state }) => state === 'next'))
        refuse('state_conflict', 'A new key is published already, and signs in some minutes')
      if (isNow) await tx.db.authorisationKey.deleteMany()
      else
        await tx.db.authorisationKey.updateMany({
          where: { endsAt: null },
          data: { endsAt: new Date(signsFrom.getTime() + keptSeconds * 1000) },
        })
      await tx.db.authorisationKey.create({ data: { ...key, tenantId: call.tenant.id } })
      const after = await this.#show(call, tx.db)
      tx.audit({ action: 'authorisationServer.rotateKeys', resource: named(call), before, after })
      return after
    })
  }

  async listResourceServers(call: TenantCall) {
    const data = await call.db.authorisationClient.findMany({
      where: { credentialId: null },
      orderBy: { id: 'desc' },
    })
    return { data: data.map(showResourceServer) }
  }

  async addResourceServer(call: TenantCall, { name }: InputOf<Noun['addResourceServer']>) {
    const secret = newSecret()
    return this.changes.inTenant(call, async (tx) => {
      await lock(tx, call.tenant.id)
      const held = await tx.db.authorisationClient.count({ where: { credentialId: null } })
      if (held >= resourceServersMax)
        refuse('limit_reached', `There are ${held} resource servers, which is the most there may be`)
      const row = await tx.db.authorisationClient.create({
        data: {
          id: createId('ocl'),
          tenantId: call.tenant.id,
          name,
          secretHash: hashOfSecret(secret),
          redirectUris: [],
          createdBy: signedIn(call).id,
          createdAt: this.clock.now(),
        },
      })
      const after = showResourceServer(row)
      tx.audit({
        action: 'authorisationServer.addResourceServer',
        resource: { kind: 'resourceServer', id: row.id, name },
        before: null,
        after,
      })
      return { ...after, secret }
    })
  }

  async removeResourceServer(
    call: TenantCall,
    { resourceServer: id }: InputOf<Noun['removeResourceServer']>,
  ) {
    await this.changes.inTenant(call, async (tx) => {
      const row = await tx.db.authorisationClient.findFirst({ where: { id, credentialId: null } })
      if (row === null) return refuse('not_found', 'There is no such resource server')
      await tx.db.authorisationClient.delete({ where: { id } })
      tx.audit({
        action: 'authorisationServer.removeResourceServer',
        resource: { kind: 'resourceServer', id, name: row.name },
        before: showResourceServer(row),
        after: null,
      })
    })
    return {}
  }

  async #newKey(signsFrom: Date) {
    const id = createId('ask')
    const privateKey = this.sealer.seal(JSON.stringify(await newPrivateKey()), privateKeyPlace(id))
    return { id, privateKey, signsFrom, endsAt: null, createdAt: this.clock.now() }
  }

  async #show({ tenant }: TenantCall, db: TenantDb) {
    const now = this.clock.now()
    const row = await db.authorisationServer.findFirst()
    const all = await db.authorisationKey.findMany({ select: { id: true, signsFrom: true, endsAt: true } })
    const issuer = issuerOf(this.env, tenant.name)
    const { enabled, tokenFormat, accessTokenSeconds, refreshTokenDays, scopes } = row ?? defaults
    return {
      issuer,
      audience: audienceOf(issuer),
      enabled,
      tokenFormat,
      accessTokenSeconds,
      refreshTokenDays,
      scopes: z.array(authorisationScope).parse(scopes),
      keys: publishedKeys(all, now).map((key) => ({
        id: key.id,
        state: stateOf(key, all, now),
        signsFrom: key.signsFrom.toISOString(),
        endsAt: key.endsAt?.toISOString() ?? null,
      })),
      version: row?.version ?? 0,
    }
  }
}

/** Two owners at once: the second sees what the first has made. */
const lock = (tx: TenantTransaction, tenantId: string) =>
  tx.everything.$queryRaw`SELECT id FROM tenant WHERE id = ${tenantId} FOR NO KEY UPDATE`

async function refuseUnknownProducts(
  db: TenantDb,
  scopes: readonly { readonly product: string | null }[],
): Promise<void> {
  const names = scopes.map(({ product }) => product)
  const known = await db.product.findMany({
    where: { name: { in: names.filter((name) => name !== null) } },
    select: { name: true },
  })
  const wrong = names.findIndex((name) => name !== null && !known.some((it) => it.name === name))
  if (wrong >= 0)
    refuseField('invalid_input', `/scopes/${wrong}/product`, `There is no product "${names[wrong]}"`)
}

const showResourceServer = ({ id, name, createdAt }: { id: string; name: string; createdAt: Date }) => ({
  id,
  name,
  createdAt: createdAt.toISOString(),
})

const named = ({ tenant }: TenantCall) => ({ kind: 'authorisationServer', id: tenant.id, name: tenant.name })
