// The product's own cookies: the portal's, and those of logins at gateways. Browsers send cookies to every port of a host, so a
// gateway beside the portal gets them too: it keeps them from APIs, and APIs from setting them.

/** Bound to its very host and https (RFC 6265bis 4.1.3.2); localhost counts as secure. */
export const secureSessionCookie = '__Host-gw_session'
export const plainSessionCookie = 'gw_session'
export const csrfCookie = 'gw_csrf'
/** Binds a sign-in at an identity provider to the browser that began it. */
export const secureAttemptCookie = '__Host-gw_attempt'
export const plainAttemptCookie = 'gw_attempt'
/** Names the requests for consent that a browser began at the authorisation server. */
export const secureAuthoriseCookie = '__Host-gw_authorise'
export const plainAuthoriseCookie = 'gw_authorise'

const names: readonly string[] = [
  secureSessionCookie,
  plainSessionCookie,
  csrfCookie,
  secureAttemptCookie,
  plainAttemptCookie,
  secureAuthoriseCookie,
  plainAuthoriseCookie,
]

/** What names of cookies of logins at gateways begin with (policy oidc-login). */
export const secureLoginPrefix = '__Host-gw_login_'
export const plainLoginPrefix = 'gw_login_'

function isPortalCookie(pair: string): boolean {
  const name = (pair.split('=', 1)[0] ?? '').trim()
  return names.includes(name) || name.startsWith(secureLoginPrefix) || name.startsWith(plainLoginPrefix)
}

/** A `Cookie` value without the product's cookies; empty when nothing is left. */
export function withoutPortalCookies(value: string): string {
  if (!value.includes('gw_')) return value
  return value
    .split(';')
    .filter((pair) => !isPortalCookie(pair))
    .join(';')
    .trim()
}

/** Whether a `Set-Cookie` value sets one of the product's cookies. */
export function setsPortalCookie(value: string): boolean {
  return value.includes('gw_') && isPortalCookie(value)
}
