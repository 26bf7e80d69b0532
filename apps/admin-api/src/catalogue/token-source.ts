// Whether a published route asks for an access token, and where callers get one, read from the version's own policies.
import type { TokenSource } from '../catalog/openapi/sample-request.ts'
import type { FrozenVersion } from '../publishing/version-document.ts'

type Policies = FrozenVersion['policies']

/** Null when no policy of the route takes tokens. `ownIssuer` is the tenant's authorisation server: of others only their clients know the address. */
export function tokenSource(
  version: { readonly policies: Policies },
  route: { readonly policies: Policies },
  ownIssuer: string,
): TokenSource | null {
  const configs = [...version.policies, ...route.policies]
    .filter(({ type }) => type === 'jwt' || type === 'oauth2-introspection')
    .map(({ config }) => config)
  if (configs.length === 0) return null
  const issuers = configs.flatMap(({ issuer, issuers: several }) => [
    issuer,
    ...(Array.isArray(several) ? several.map((it: { issuer?: unknown } | null) => it?.issuer) : []),
  ])
  const scopes = configs.flatMap(({ scopesRequired: required }) =>
    Array.isArray(required) ? required.filter((it) => typeof it === 'string') : [],
  )
  return {
    tokenUrl: issuers.includes(ownIssuer) ? `${ownIssuer}/token` : null,
    scopes: [...new Set(scopes)],
  }
}
