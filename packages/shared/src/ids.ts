// Typed, prefixed, time-sortable identifiers: every row, request and key of the product is named by one.
import * as z from 'zod'

/** Every id prefix and the noun it stands for; ⌘K in the portal routes a pasted id by this table. */
export const idPrefixes = {
  ten: 'tenant',
  usr: 'user',
  mem: 'membership',
  inv: 'invitation',
  rol: 'role of a tenant',
  ses: 'session',
  idp: 'identity provider',
  uid: 'identity of a user',
  pat: 'personal access token',
  otp: 'authenticator app',
  pky: 'passkey',
  mlk: 'mailed link',
  env: 'environment',
  grp: 'gateway group',
  gtw: 'gateway',
  crt: 'certificate of hosts',
  api: 'API',
  shr: 'share of an API',
  ver: 'API version',
  rev: 'API revision',
  dep: 'deployment',
  rte: 'route',
  ups: 'upstream',
  pol: 'policy attachment',
  sec: 'secret of a policy',
  prd: 'product',
  pln: 'plan',
  app: 'application',
  sub: 'subscription',
  key: 'credential',
  ocl: 'OAuth client of the built-in authorisation server',
  ask: 'signing key of the authorisation server',
  aud: 'audit event',
  snk: 'event sink',
  blk: 'block',
  ntc: 'notice',
  fnd: 'finding',
  req: 'request',
} as const

export type IdPrefix = keyof typeof idPrefixes
export type Id<P extends IdPrefix> = `${P}_${string}`

// Crockford base32, lower case: no i, l, o, u, so an id survives being read aloud and double-clicked.
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'
const timeLength = 9
const randomLength = 13

/**
 * A new id: `prefix_` + 9 characters of milliseconds + 13 random characters (65 bits).
 * Ids made in different milliseconds sort by time. `random` fills the array it is given.
 */
export function createId<P extends IdPrefix>(
  prefix: P,
  nowMs: number = Date.now(),
  random: (bytes: Uint8Array) => Uint8Array = fillRandom,
): Id<P> {
  let time = ''
  for (let rest = nowMs, i = 0; i < timeLength; i++, rest = Math.floor(rest / 32)) {
    time = alphabet.charAt(rest % 32) + time
  }
  let tail = ''
  for (const byte of random(new Uint8Array(randomLength))) tail += alphabet.charAt(byte & 31)
  return `${prefix}_${time}${tail}`
}

function fillRandom(bytes: Uint8Array): Uint8Array {
  return globalThis.crypto.getRandomValues(bytes as Uint8Array<ArrayBuffer>)
}

/** The schema of one kind of id. */
export function idSchema<P extends IdPrefix>(prefix: P) {
  return z
    .templateLiteral([`${prefix}_`, z.string().regex(/^[0-9a-hjkmnp-tv-z]{22}$/)])
    .meta({ title: `Id of the ${idPrefixes[prefix]}` })
}

/** Natural keys: lower-case words joined by hyphens, stable across environments and manifests. */
export const slug = z
  .string()
  .regex(
    /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/,
    'Use lower-case letters, digits and inner hyphens, at most 63',
  )
  .meta({ title: 'Name', help: 'Lower-case letters, digits and hyphens; it does not change later' })
