// Where the authorisation server of a tenant is, and whom its access tokens are for.
import type { Env } from '../env.ts'

/** Below it everything of the authorisation servers: `/oauth/{tenant}/token` and so on. */
export const oauthPrefix = '/oauth'

export const issuerOf = ({ PUBLIC_URL }: Pick<Env, 'PUBLIC_URL'>, tenantName: string) =>
  `${new URL(PUBLIC_URL).origin}${oauthPrefix}/${tenantName}`

/** The APIs of the tenant, as one resource (RFC 8707): which of them a token opens is up to scopes and subscriptions. */
export const audienceOf = (issuer: string) => `${issuer}/apis`
