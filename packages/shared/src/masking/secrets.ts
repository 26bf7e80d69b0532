// Secrets that give themselves away by their form, and the names under which the others travel.
import { withoutKeys } from '../key.ts'

/** Whatever could be a JSON web token: one run of base64url and dots, so that each character is looked at once. */
const runs = /[\w.-]{20,}/g
const credentials =
  /\b(Bearer|Basic|Digest|Negotiate|DPoP|ApiKey|AWS4-HMAC-SHA256)((?:\s|%20|\+)+)[^\s"',;&]+/gi
const privateKeys =
  /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----[\s\S]*?(?:-----END (?:[A-Z]+ )*PRIVATE KEY-----|$)/g
/** `user:password@` of an address. */
const userInfo = /(:\/\/)[^\s/?#@:]*:[^\s/?#@]*@/g
/** `name=value` where the name says that the value is secret. */
const assignments =
  /((?:^|[/?&;\s"'{,])(?:[\w-]*[_-])?(?:access_?token|refresh_?token|id_?token|token|api[_-]?key|secret|passw(?:or)?d|passwd|pwd|signature|sig|session(?:_?id)?|authorization|client_?secret|otp|pin|cvv|cvc|ssn)(?:=|%3[dD]))([^&;\s"'#]+)/gi

/** What is written in place of a secret. */
export const masked = '[masked]'

/** The text without keys, tokens, private keys and passwords in it. */
export function maskSecrets(text: string): string {
  let out = withoutKeys(text)
  if (out.includes('eyJ')) out = out.replace(runs, withoutToken)
  if (out.includes('PRIVATE KEY')) out = out.replace(privateKeys, '[private key]')
  if (out.includes('://')) out = out.replace(userInfo, `$1${masked}@`)
  if (hasScheme.test(out)) out = out.replace(credentials, `$1$2${masked}`)
  if (out.includes('=') || out.includes('%3')) out = out.replace(assignments, `$1${masked}`)
  return out
}

/** RFC 7519: parts between dots, the first of which begins with `{"` in base64url. */
function withoutToken(run: string): string {
  const at = run.indexOf('eyJ')
  return at >= 0 && run.includes('.', at + 8) ? `${run.slice(0, at)}[token]` : run
}

const hasScheme = /bearer|basic|digest|negotiate|dpop|apikey|aws4/i

/** Header fields whose value is a secret, lower case. */
const secretFields = new Set([
  'authorization',
  'proxy-authorization',
  'cookie',
  'set-cookie',
  'www-authenticate',
  'authentication-info',
  'x-api-key',
  'api-key',
  'apikey',
  'x-auth-token',
  'x-access-token',
  'x-csrf-token',
  'x-xsrf-token',
  'x-amz-security-token',
  'x-gatewright-debug',
  'x-forwarded-client-cert',
  'dpop',
  'signature',
])

const secretWords =
  /(?:^|[_-])(?:auth|authorization|token|secret|passw(?:or)?d|pwd|passphrase|credential|api-?key|private-?key|session|cookie|signature)s?(?:$|[_-])/

/** Whether the value of a header field is never shown. `name` in lower case. */
export function isSecretField(name: string): boolean {
  return secretFields.has(name) || secretWords.test(name)
}

/** Names of members of bodies, without case, hyphens and underscores. */
const secretMembers = new Set(
  (
    'password passwd pwd passphrase secret clientsecret apikey token accesstoken refreshtoken idtoken authorization cookie ' +
    'privatekey signature sessionid csrftoken otp totp pin cvv cvc cvv2 cardnumber cardno pan ssn socialsecuritynumber iban'
  ).split(' '),
)

/** Whether a member of a body is never shown, whatever its value looks like. */
export function isSecretMember(name: string): boolean {
  return secretMembers.has(plainName(name))
}

/** Whether the value of a parameter is never shown, wherever it travels: `{token}` of a path, `?api_key=`. */
export function isSecretName(name: string): boolean {
  return isSecretMember(name) || isSecretField(name.toLowerCase())
}

export const plainName = (name: string) => name.toLowerCase().replace(/[_\-\s.]/g, '')
