// The question that the authorisation server puts to a person, and their answer: given in the portal, in the session that they have there.
import type { contract } from '@gatewright/shared/contract/index'
import { personScopes } from '@gatewright/shared/model/authorisation'
import { Inject, Injectable } from '@nestjs/common'
import type Provider from 'oidc-provider'
import { ENV } from '../app.tokens.ts'
import { type Call, signedIn } from '../call.ts'
import type { Env } from '../env.ts'
import { currentExchange } from '../http/exchange.ts'
import type { InputOf, Service } from '../http/serve.ts'
import { Clock } from '../infra/clock.ts'
import { Database } from '../infra/database.ts'
import { Changes } from '../publishing/change.ts'
import { refuse } from '../refusal.ts'
import { hasBegun } from './interaction-cookie.ts'
import { AuthorisationProviders } from './providers.ts'

type Noun = typeof contract.authorisations
type Interaction = InstanceType<Provider['Interaction']>

@Injectable()
export class AuthorisationsService implements Service<Noun> {
  constructor(
    @Inject(ENV) private readonly env: Env,
    private readonly providers: AuthorisationProviders,
    private readonly changes: Changes,
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  async get(call: Call, { server: tenant, authorisation }: InputOf<Noun['get']>) {
    const { client, interaction, asked, scopes } = await this.#find(call, tenant, authorisation)
    const { application } = client.credential
    return {
      client: client.name,
      application: application.title,
      owner: application.owner.name,
      returnsTo: new URL(String(interaction.params.redirect_uri)).host,
      personScopes: personScopes.filter((name) => asked.includes(name)),
      scopes: scopes.map(({ name, title }) => ({ name, title })),
    }
  }

  async decide(call: Call, { server: tenant, authorisation, decision }: InputOf<Noun['decide']>) {
    const { server, client, interaction, asked, scopes } = await this.#find(call, tenant, authorisation)
    const accountId = signedIn(call).id
    if (decision === 'allow') this.#refuseOldProof(call, interaction)
    const [ofPerson, ofApis] = [personScopes.filter((it) => asked.includes(it)), scopes.map((it) => it.name)]
    await this.changes.forTenant(call, server.tenant, async (tx) => {
      tx.audit({
        action: 'authorisations.decide',
        resource: { kind: 'oauthClient', id: client.id, name: client.name },
        before: null,
        after: { decision, scopes: [...ofPerson, ...ofApis] },
      })
    })
    if (decision === 'deny') {
      interaction.result = { error: 'access_denied', error_description: 'the person did not agree' }
    } else {
      const grant = new server.provider.Grant({ accountId, clientId: client.id })
      if (ofPerson.length > 0) grant.addOIDCScope(ofPerson.join(' '))
      if (ofApis.length > 0) grant.addResourceScope(server.audience, ofApis.join(' '))
      const provedAt = call.provedAt ?? this.clock.now()
      interaction.result = {
        login: { accountId, remember: false, ts: Math.floor(provedAt.getTime() / 1000) },
        consent: { grantId: await grant.save() },
      }
    }
    // As `interactionFinished` does; the cookie that it looks for is our own (interaction-cookie.ts).
    await interaction.save(interaction.exp - Math.floor(Date.now() / 1000))
    return { location: interaction.returnTo }
  }

  /** A request of this browser, with what is asked of a person and may be given. To whom has no place in the tenant it is not there. */
  async #find(call: Call, tenantName: string, uid: string) {
    const ended = 'This request has ended, or was begun in another browser: go back to the application'
    const server = await this.providers.find(tenantName)
    if (server === null || !hasBegun(this.env, currentExchange().request.headers.cookie, uid))
      return refuse('not_found', ended)
    const db = this.database.tenant(server.tenant.id)
    const place = await db.membership.findFirst({ where: { userId: signedIn(call).id } })
    if (place === null)
      refuse(
        'not_found',
        `You are no member of ${server.tenant.title}, so its applications cannot sign you in`,
      )
    const interaction = await server.provider.Interaction.find(uid)
    const client = await db.authorisationClient.findFirst({
      where: { id: String(interaction?.params.client_id) },
      include: {
        credential: { include: { application: { include: { owner: { select: { name: true } } } } } },
      },
    })
    if (!interaction || !client?.credential) return refuse('not_found', ended)
    const asked = String(interaction.params.scope ?? '').split(' ')
    const granted = await this.providers.scopesOf(server, client.id)
    const scopes = granted.filter(({ name }) => asked.includes(name))
    return { server, interaction, client: { ...client, credential: client.credential }, asked, scopes }
  }

  /** An application may want to be told of a fresh sign-in (OpenID Connect Core 3.1.2.1: prompt=login, max_age). */
  #refuseOldProof({ provedAt }: Call, { params, iat }: Interaction): void {
    const { prompt, max_age: maxAge } = params
    const wantsLogin = String(prompt ?? '')
      .split(' ')
      .includes('login')
    const since = Math.max(
      wantsLogin ? (iat ?? 0) : 0,
      maxAge === undefined ? 0 : this.clock.now().getTime() / 1000 - Number(maxAge),
    )
    if (provedAt === null || provedAt.getTime() / 1000 < since) refuse('proof_required')
  }
}
