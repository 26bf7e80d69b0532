// What an OAuth client is found by: the text whose sha256 stands where that of a key would.

export interface OauthClientName {
  /** Name of the environment. */
  readonly environment: string
  readonly tenantId: string
  /** Value of `iss`, to the letter. */
  readonly issuer: string
  readonly clientId: string
}

/** One text per client of a tenant in an environment, and never the same for two: the parts cannot run into each other. */
export function oauthClientText({ environment, tenantId, issuer, clientId }: OauthClientName): string {
  return JSON.stringify(['oauth-client', environment, tenantId, issuer, clientId])
}
