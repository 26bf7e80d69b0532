// The providers that people sign in with: a platform admin's settings, with client secrets that never come back.
import type { contract } from '@gatewright/shared/contract/index'
import { createId } from '@gatewright/shared/ids'
import { isBuiltInRole } from '@gatewright/shared/model/role'
import { Inject, Injectable } from '@nestjs/common'
import { ENV } from '../../app.tokens.ts'
import { type Call, expectVersion } from '../../call.ts'
import type { Env } from '../../env.ts'
import type { IdentityProvider } from '../../generated/prisma/client.ts'
import type { InputOf, Service } from '../../http/serve.ts'
import { Clock } from '../../infra/clock.ts'
import { Database } from '../../infra/database.ts'
import { given } from '../../infra/given.ts'
import { LOGGER, type Logger } from '../../infra/logger.ts'
import { Sealer } from '../../infra/sealer.ts'
import { Changes, type Transaction } from '../../publishing/change.ts'
import { refuse, refuseField } from '../../refusal.ts'
import { OidcClients, secretPlace } from './clients.ts'
import { mappingsOf, type RoleMapping } from './role-mappings.ts'

type Noun = typeof contract.identityProviders

/** Where a provider sends people back to; it has to know this address. */
export const redirectUriOf = ({ PUBLIC_URL }: Pick<Env, 'PUBLIC_URL'>, name: string) =>
  new URL(`/api/v1/sign-in/providers/${name}/callback`, PUBLIC_URL).href

// Bounds the buttons of the sign-in page too.
const mostProviders = 20

@Injectable()
export class IdentityProvidersService implements Service<Noun> {
  constructor(
    @Inject(ENV) private readonly env: Env,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly changes: Changes,
    private readonly sealer: Sealer,
    private readonly clients: OidcClients,
  ) {}

  async offered() {
    const data = await this.database.platform.identityProvider.findMany({
      where: { enabled: true },
      select: { name: true, title: true },
      orderBy: { createdAt: 'asc' },
    })
    return { data }
  }

  async list() {
    const rows = await this.database.platform.identityProvider.findMany({ orderBy: { createdAt: 'asc' } })
    return { data: rows.map((row) => this.#show(row)) }
  }

  async create(call: Call, { clientSecret, ...input }: InputOf<Noun['create']>) {
    const id = createId('idp')
    const sealed = this.#seal(id, clientSecret)
    await this.#discover(input.issuer, input.clientId)
    return this.changes.onPlatform(call, async (tx) => {
      // Two at once: the second sees the first one's row, because both hold this lock.
      await tx.everything.$queryRaw`SELECT id FROM platform WHERE id = 1 FOR UPDATE`
      if ((await tx.platform.identityProvider.count()) >= mostProviders)
        refuse('limit_reached', `There are ${mostProviders} identity providers, which is the most`)
      if (await tx.platform.identityProvider.findUnique({ where: { name: input.name } }))
        refuseField('already_exists', '/name', `There is an identity provider "${input.name}"`)
      await refuseUnknownPlaces(tx, input.roleMappings)
      const row = await tx.platform.identityProvider.create({
        data: { id, ...input, clientSecret: sealed, createdAt: this.clock.now() },
      })
      tx.audit({
        action: 'identityProviders.create',
        resource: named(row),
        before: null,
        after: this.#show(row),
      })
      return this.#show(row)
    })
  }

  async update(call: Call, { provider, clientSecret, ...change }: InputOf<Noun['update']>) {
    const current = await this.#find(this.database, provider)
    const issuerChanges = change.issuer !== undefined && change.issuer !== current.issuer
    // Else the secret that one provider gave would be sent to another one.
    if (issuerChanges && current.clientSecret !== null && clientSecret === undefined)
      refuseField(
        'invalid_input',
        '/clientSecret',
        'Another issuer needs its own client secret: give it again',
      )
    const sealed = clientSecret === undefined ? undefined : this.#seal(current.id, clientSecret)
    if (change.issuer !== undefined) await this.#discover(change.issuer, change.clientId ?? current.clientId)
    return this.changes.onPlatform(call, async (tx) => {
      const before = await this.#find(tx, current.id)
      expectVersion(call, before)
      await refuseUnknownPlaces(tx, change.roleMappings ?? [])
      const after = await tx.platform.identityProvider.update({
        where: { id: before.id, version: current.version },
        data: { ...given(change), ...given({ clientSecret: sealed }), version: { increment: 1 } },
      })
      // A subject means somebody else there.
      if (issuerChanges) await tx.platform.userIdentity.deleteMany({ where: { providerId: before.id } })
      tx.audit({
        action: 'identityProviders.update',
        resource: named(after),
        before: this.#show(before),
        after: { ...this.#show(after), ...(sealed === undefined ? {} : { clientSecret: 'changed' }) },
      })
      return this.#show(after)
    })
  }

  async remove(call: Call, { provider }: InputOf<Noun['remove']>) {
    await this.changes.onPlatform(call, async (tx) => {
      const before = await this.#find(tx, provider)
      expectVersion(call, before)
      await tx.platform.identityProvider.delete({ where: { id: before.id } })
      tx.audit({
        action: 'identityProviders.remove',
        resource: named(before),
        before: this.#show(before),
        after: null,
      })
    })
    return {}
  }

  async #find({ platform }: Pick<Transaction, 'platform'>, reference: string): Promise<IdentityProvider> {
    const found = await platform.identityProvider.findFirst({
      where: { OR: [{ id: reference }, { name: reference }] },
    })
    return found ?? refuse('not_found', `There is no identity provider "${reference}"`)
  }

  #seal(id: string, secret: string | null): string | null {
    return secret === null ? null : this.sealer.seal(secret, secretPlace(id))
  }

  async #discover(issuer: string, clientId: string): Promise<void> {
    try {
      await this.clients.discover({ issuer, clientId, secret: null })
    } catch (error) {
      this.logger.warn(
        { issuer, reason: reasonOf(error) },
        'An identity provider was not saved: its discovery document was not read',
      )
      refuseField('provider_failed', '/issuer', `No provider answers there: ${reasonOf(error)}`)
    }
  }

  #show(row: IdentityProvider) {
    return {
      id: row.id,
      name: row.name,
      title: row.title,
      issuer: row.issuer,
      clientId: row.clientId,
      hasSecret: row.clientSecret !== null,
      scopes: row.scopes,
      emailDomains: row.emailDomains,
      admission: row.admission,
      groupsClaim: row.groupsClaim,
      roleMappings: mappingsOf(row),
      enabled: row.enabled,
      redirectUri: redirectUriOf(this.env, row.name),
      version: row.version,
      createdAt: row.createdAt.toISOString(),
    }
  }
}

/** Refuses lines whose tenant or role there is not, and keeps the roles until the end of `tx`: one that a group gives is not deleted. */
async function refuseUnknownPlaces(tx: Transaction, mappings: readonly RoleMapping[]): Promise<void> {
  const names = mappings.map(({ tenant }) => tenant)
  const known = await tx.platform.tenant.findMany({ where: { name: { in: names } }, select: { name: true } })
  const roles = await tx.everything.$queryRaw<{ tenant: string; role: string }[]>`
    SELECT tenant.name AS tenant, custom_role.name AS role
    FROM custom_role JOIN tenant ON tenant.id = custom_role.tenant_id
    WHERE tenant.name = ANY(${names}) ORDER BY custom_role.id FOR SHARE OF custom_role`
  for (const [at, { tenant, role }] of mappings.entries()) {
    if (known.every(({ name }) => name !== tenant))
      refuseField('not_found', `/roleMappings/${at}/tenant`, `There is no tenant "${tenant}"`)
    const isKnown = isBuiltInRole(role) || roles.some((own) => own.tenant === tenant && own.role === role)
    if (!isKnown)
      refuseField('not_found', `/roleMappings/${at}/role`, `There is no role "${role}" in ${tenant}`)
  }
}

const named = ({ id, name }: IdentityProvider) => ({ kind: 'identityProvider', id, name })

/** The innermost message: libraries wrap what happened in what they were doing. */
export function reasonOf(error: unknown): string {
  let reason = String(error)
  for (let cause = error; cause instanceof Error; cause = cause.cause) reason = cause.message || reason
  return reason.slice(0, 300)
}
