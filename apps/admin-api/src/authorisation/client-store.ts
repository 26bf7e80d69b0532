// The clients of an authorisation server, as oidc-provider asks for them: one that may not act any more is not there.
import type { Adapter, AdapterPayload } from 'oidc-provider'
import type { Clock } from '../infra/clock.ts'
import type { TenantDb } from '../infra/database.ts'

export class ClientStore implements Adapter {
  constructor(
    private readonly db: TenantDb,
    private readonly clock: Clock,
  ) {}

  async find(id: string): Promise<AdapterPayload | undefined> {
    const row = await this.db.authorisationClient.findFirst({
      where: { id },
      include: { credential: { select: { state: true, expiresAt: true } } },
    })
    if (row === null) return undefined
    const { credential, secretHash, redirectUris } = row
    const isOver =
      credential !== null &&
      (credential.state !== 'active' ||
        (credential.expiresAt !== null && credential.expiresAt <= this.clock.now()))
    if (isOver) return undefined
    const signsPeopleIn = redirectUris.length > 0
    return {
      client_id: id,
      client_name: row.name,
      // Its hash stands for it: `compareClientSecret` hashes what is sent.
      ...(secretHash === null ? {} : { client_secret: secretHash }),
      token_endpoint_auth_method: secretHash === null ? 'none' : 'client_secret_basic',
      redirect_uris: [...redirectUris],
      response_types: signsPeopleIn ? ['code'] : [],
      grant_types: [
        ...(signsPeopleIn ? ['authorization_code', 'refresh_token'] : []),
        // A resource server asks about tokens and gets none; whoever has no secret proves nothing by its id.
        ...(credential === null || secretHash === null ? [] : ['client_credentials']),
      ],
    }
  }

  /** Clients are made in the portal, never here. */
  async upsert(): Promise<never> {
    throw new Error('clients are not written by the authorisation server')
  }
  readonly consume = this.upsert
  readonly destroy = this.upsert
  readonly revokeByGrantId = this.upsert

  async findByUid(): Promise<undefined> {
    return undefined
  }

  async findByUserCode(): Promise<undefined> {
    return undefined
  }
}
