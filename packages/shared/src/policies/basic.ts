// basic: who is calling, proved by a key in the form that every old client knows: user name and password (RFC 7617).
import * as z from 'zod'
import { parseKey } from '../key.ts'
import { createCallerGate, unlessPublic } from './caller.ts'
import { definePolicy, defineSpec, type Refusal, refuse } from './policy.ts'

export const spec = defineSpec({
  type: 'basic',
  stage: 'identify',
  title: 'Basic authentication',
  summary:
    'Takes a key as user name and password, for clients that can send nothing else, and finds the application behind it.',
  scopes: ['global', 'tenant', 'version', 'route'],
  config: z.strictObject({
    realm: z
      .string()
      .max(100)
      .regex(/^[\x20\x21\x23-\x5b\x5d-\x7e]+$/, 'Use visible characters without quotes')
      .default('gatewright')
      .meta({ title: 'Realm', help: 'Browsers show it when they ask for the password' }),
    consumerHeaders: z.boolean().default(true).meta({
      title: 'Tell the upstream who calls',
      help: 'Sends X-Consumer-Application, -Application-Id, -Plan, -Subscription-Id and -Credential-Id',
    }),
  }),
  example: { realm: 'books' },
})

const basic = /^basic(?: |$)/i
/** Credentials anywhere in the field: among several fields of that name, or behind what only some servers take for a space. */
const anyBasic = /(?:^|,)[\t ]*basic(?:[\t ,]|$)/i
const token68 = /^[A-Za-z0-9+/]+={0,2}$/
const lengthMax = 1_000

export const policy = definePolicy(spec, (config, { credentials, environment }) => {
  // RFC 7617 2.1: the only charset there is, so that clients need not guess.
  const headers = ['WWW-Authenticate', `Basic realm="${config.realm}", charset="UTF-8"`]
  const absent = refuse('credential_missing', {
    detail: 'Send the beginning of your key (gw_…_…) as user name and the whole key as password.',
    headers,
  })
  const invalid = (detail: string): Refusal => refuse('credential_invalid', { detail, headers })
  const unreadable = invalid(
    'Send one Authorization field: Basic, a space, and user name and password in base64 of UTF-8.',
  )
  const noKey = invalid('The password is no key, or is mistyped.')
  const otherUser = invalid('The user name is not the beginning of the key that was sent as password.')
  const otherEnvironment = refuse('credential_other_environment', {
    detail: `This gateway serves “${environment}”.`,
  })
  const admit = createCallerGate(
    {
      unknown: invalid('The key does not exist.'),
      revoked: refuse('credential_revoked', { headers }),
      expired: refuse('credential_expired', { headers }),
    },
    config.consumerHeaders,
  )

  /** The key, when the form of everything is right. It is looked up by its digest: no secret is compared with another. */
  function keyIn(field: string): string | Refusal {
    const pair = basic.test(field) && field.length <= lengthMax ? decode(field.slice('basic '.length)) : null
    const colon = pair?.indexOf(':') ?? -1
    if (pair === null || colon < 0) return unreadable
    const key = pair.slice(colon + 1)
    const parts = parseKey(key)
    if (parts === null) return noKey
    if (parts.environment !== environment) return otherEnvironment
    // Of a name that nobody checked, logs of clients would say that it was them.
    return pair.slice(0, colon) === `gw_${parts.environment}_${parts.id}` ? key : otherUser
  }

  return {
    absent,
    sent: (ctx) => basic.test(ctx.header('authorization') ?? ''),
    request(ctx) {
      const field = ctx.header('authorization')
      if (field === undefined || !anyBasic.test(field)) return undefined
      ctx.upstreamHeaders.remove('authorization')
      const key = keyIn(field)
      if (typeof key !== 'string') return unlessPublic(ctx, key)
      const sha256 = ctx.digest(key)
      const found = credentials.known(sha256) ?? credentials.find(sha256)
      if (found instanceof Promise) return found.then((result) => unlessPublic(ctx, admit(ctx, result)))
      return unlessPublic(ctx, admit(ctx, found))
    },
  }
})

/** Base64 in its one spelling, of UTF-8 without control characters (RFC 7617 2); null when it is something else. */
function decode(text: string): string | null {
  if (!token68.test(text) || text.length % 4 !== 0) return null
  try {
    const binary = atob(text)
    if (btoa(binary) !== text) return null
    const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0))
    const pair = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    return /\p{Cc}/u.test(pair) ? null : pair
  } catch {
    return null
  }
}
