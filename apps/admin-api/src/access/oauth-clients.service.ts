// OAuth clients of applications: registered and removed, and true everywhere within two seconds, as keys are.
import { createHash } from 'node:crypto'
import type { contract } from '@gatewright/shared/contract/index'
import { oauthClientText } from '@gatewright/shared/oauth-client'
import { Injectable } from '@nestjs/common'
import { BuiltInClients, newClientId } from '../authorisation/built-in-clients.ts'
import { causedRevisions, type TenantCall } from '../call.ts'
import type { InputOf, Service } from '../http/serve.ts'
import type { TenantTransaction } from '../publishing/change.ts'
import { findEnvironment } from '../publishing/environments.ts'
import { refuse, refuseField } from '../refusal.ts'
import { type ApplicationRow, holdOwner } from './application-view.ts'
import { credentialNamed, NamedCredentials, type NamedRow } from './named-credentials.ts'

type Noun = typeof contract.oauthClients

export interface ClientWish {
  readonly issuer: string
  readonly clientId: string
  readonly name: string
  readonly expiresAt: Date | null
}

@Injectable()
export class OauthClientsService implements Service<Noun> {
  constructor(
    private readonly named: NamedCredentials,
    private readonly builtIn: BuiltInClients,
  ) {}

  async list(call: TenantCall, { application }: InputOf<Noun['list']>) {
    const found = await this.named.list(call, application, 'oauth_client')
    return { data: found.map((row) => this.#show(row)) }
  }

  async register(
    call: TenantCall,
    { application: reference, environment, issuer, clientId, name, expiresAt }: InputOf<Noun['register']>,
  ) {
    const end = this.named.endOf(expiresAt)
    // Who a token of ours is for is not for somebody to say who only knows the name of a client.
    if (issuer === this.builtIn.issuer(call))
      refuseField(
        'invalid_input',
        '/issuer',
        'This is the built-in authorisation server: create a client there',
      )
    const registered = await this.named.inOwn(call, reference, async (tx, application) => {
      const stage = await findEnvironment(tx.platform, environment)
      const row = await this.add(call, tx, application, stage, { issuer, clientId, name, expiresAt: end })
      const after = this.#show(row)
      tx.audit({ action: 'oauthClients.register', resource: credentialNamed(row), before: null, after })
      return after
    })
    return { ...registered, revisions: causedRevisions(call) }
  }

  async create(
    call: TenantCall,
    { application: reference, environment, name, isPublic, redirectUris, expiresAt }: InputOf<Noun['create']>,
  ) {
    const end = this.named.endOf(expiresAt)
    if (isPublic && redirectUris.length === 0)
      refuseField(
        'invalid_input',
        '/redirectUris',
        'A public client needs one: it gets tokens of people alone',
      )
    const created = await this.named.inOwn(call, reference, async (tx, application) => {
      const stage = await findEnvironment(tx.platform, environment)
      const [issuer, clientId] = [this.builtIn.issuer(call), newClientId()]
      const { id } = await this.add(call, tx, application, stage, { issuer, clientId, name, expiresAt: end })
      const wish = { clientId, credentialId: id, name, isPublic, redirectUris }
      const secret = await this.builtIn.create(call, tx, wish)
      const row = await this.named.find(tx, application, 'oauth_client', id)
      const after = this.#show(row)
      tx.audit({ action: 'oauthClients.create', resource: credentialNamed(row), before: null, after })
      return { ...after, secret }
    })
    return { ...created, revisions: causedRevisions(call) }
  }

  async renewSecret(call: TenantCall, { application: reference, credential }: InputOf<Noun['renewSecret']>) {
    return this.named.inOwn(call, reference, async (tx, application) => {
      await holdOwner(tx, application)
      const row = await this.named.find(tx, application, 'oauth_client', credential)
      if (row.authorisationClient === null)
        refuse('state_conflict', 'The secret of this client is its own issuer’s to change')
      const secret = await this.builtIn.renew(tx, row.clientId ?? '')
      const shown = this.#show(row)
      tx.audit({
        action: 'oauthClients.renewSecret',
        resource: credentialNamed(row),
        before: null,
        after: shown,
      })
      return { ...shown, secret }
    })
  }

  remove(call: TenantCall, input: InputOf<Noun['remove']>) {
    return this.named.remove(call, input, 'oauth_client', (row) => this.#show(row))
  }

  /** Registers a client inside a running change; the caller writes the audit entry. */
  add(
    call: TenantCall,
    tx: TenantTransaction,
    application: Pick<ApplicationRow, 'id' | 'name' | 'ownerId' | 'tenantId'>,
    environment: { readonly id: string; readonly name: string },
    wish: ClientWish,
  ): Promise<NamedRow> {
    const hash = hashOfClient(call.tenant.id, environment.name, wish.issuer, wish.clientId)
    const known = { kind: 'oauth_client', hash, prefix: wish.clientId } as const
    return this.named.create(call, tx, application, environment, { ...wish, ...known })
  }

  #show(row: NamedRow) {
    const { authorisationClient: known } = row
    return {
      ...this.named.show(row),
      issuer: row.issuer ?? '',
      clientId: row.clientId ?? '',
      builtIn:
        known === null ? null : { isPublic: known.secretHash === null, redirectUris: known.redirectUris },
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
