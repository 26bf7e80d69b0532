// Clients that the built-in authorisation server knows: made with an application's OAuth client, and gone with it.
import { randomBytes } from 'node:crypto'
import { createId } from '@gatewright/shared/ids'
import { Inject, Injectable } from '@nestjs/common'
import { ENV } from '../app.tokens.ts'
import { signedIn, type TenantCall } from '../call.ts'
import type { Env } from '../env.ts'
import { Clock } from '../infra/clock.ts'
import type { TenantTransaction } from '../publishing/change.ts'
import { refuse } from '../refusal.ts'
import { issuerOf } from './issuer.ts'
import { hashOfSecret } from './providers.ts'

/** 256 random bits. */
export const newSecret = () => `gwo_${randomBytes(32).toString('base64url')}`

export const newClientId = () => createId('ocl')

@Injectable()
export class BuiltInClients {
  constructor(
    @Inject(ENV) private readonly env: Env,
    private readonly clock: Clock,
  ) {}

  issuer(call: TenantCall): string {
    return issuerOf(this.env, call.tenant.name)
  }

  /** Makes what the server knows of a client, inside a running change, and answers its secret. */
  async create(
    call: TenantCall,
    tx: TenantTransaction,
    wish: {
      readonly clientId: string
      readonly credentialId: string
      readonly name: string
      readonly isPublic: boolean
      readonly redirectUris: readonly string[]
    },
  ): Promise<string | null> {
    const server = await tx.db.authorisationServer.findFirst()
    if (!server?.enabled) refuse('state_conflict', `${call.tenant.title} issues no access tokens of its own`)
    const secret = wish.isPublic ? null : newSecret()
    await tx.db.authorisationClient.create({
      data: {
        id: wish.clientId,
        tenantId: call.tenant.id,
        credentialId: wish.credentialId,
        name: wish.name,
        secretHash: secret === null ? null : hashOfSecret(secret),
        redirectUris: [...wish.redirectUris],
        createdBy: signedIn(call).id,
        createdAt: this.clock.now(),
      },
    })
    return secret
  }

  /** Another secret in place of the one that a client has. */
  async renew(tx: TenantTransaction, clientId: string): Promise<string> {
    const secret = newSecret()
    const { count } = await tx.db.authorisationClient.updateMany({
      where: { id: clientId, secretHash: { not: null } },
      data: { secretHash: hashOfSecret(secret) },
    })
    if (count === 0) refuse('state_conflict', 'This client has no secret of ours')
    return secret
  }
}
