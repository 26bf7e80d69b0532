// A code or a refresh token that comes a second time was stolen, or its application is broken: what it stands for has ended, and somebody should know.
import { createId } from '@gatewright/shared/ids'
import { Inject, Injectable } from '@nestjs/common'
import type { KoaContextWithOIDC } from 'oidc-provider'
import type { Call } from '../call.ts'
import { Database } from '../infra/database.ts'
import { LOGGER, type Logger } from '../infra/logger.ts'
import { Changes } from '../publishing/change.ts'

/** As oidc-provider and state-store.ts say it. */
const reuse = /already (?:used|consumed)$/

@Injectable()
export class ReusedTokens {
  constructor(
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly changes: Changes,
    private readonly database: Database,
  ) {}

  /** Writes it into the audit log of the tenant. It is said once: with the grant everything is gone that could come again. */
  async note(tenant: { readonly id: string }, ctx: KoaContextWithOIDC, error: Error): Promise<void> {
    const { error_detail: detail } = error as Error & { error_detail?: string }
    const { client } = ctx.oidc
    if (detail === undefined || !reuse.test(detail) || client === undefined) return
    const call: Call = {
      requestId: createId('req'),
      address: ctx.ip,
      agent: ctx.get('user-agent').slice(0, 200),
      actor: { kind: 'system', id: client.clientId, name: 'Authorisation server' },
      user: null,
      sessionId: null,
      method: null,
      provedAt: null,
      token: null,
      csrfToken: null,
      platform: this.database.platform,
      expectedVersion: null,
      caused: [],
      cookies: [],
    }
    await this.changes
      .forTenant(call, tenant, async (tx) => {
        tx.audit({
          action: 'authorisationServer.reuse',
          resource: { kind: 'oauthClient', id: client.clientId, name: client.clientName ?? client.clientId },
          before: null,
          after: { grantType: ctx.oidc.params?.grant_type ?? null, revoked: true },
        })
      })
      .catch((cause: unknown) =>
        this.logger.error({ tenant: tenant.id, error: cause }, 'The reuse of a token was not written down'),
      )
  }
}
