// Which keys of a JWKS (RFC 7517) verify tokens, and the verification itself: by jose, on the threads of the platform's crypto.
import { type CryptoKey, compactVerify, errors, importJWK, type JWK } from 'jose'
import * as z from 'zod'

/** A key set that is none; the sentence is for the log of the gateway. */
export class KeysRefused extends Error {}

export interface PublicKey {
  readonly kid: string | null
  /** Equal for equal keys. */
  readonly print: string
  fits(alg: string): boolean
  /** False for a token that was not signed with this key. */
  verifies(token: string, alg: string): Promise<boolean>
}

const keysMax = 100

const short = z.string().max(256).optional()
const jwk = z.object({
  kty: z.string(),
  kid: short,
  use: short,
  key_ops: z.array(z.string()).max(20).optional(),
  alg: short,
  crv: short,
  n: z.string().max(2_000).optional(),
  e: z.string().max(2_000).optional(),
  x: z.string().max(2_000).optional(),
  y: z.string().max(2_000).optional(),
})
type Jwk = z.output<typeof jwk>

const jwks = z.object({ keys: z.array(z.unknown()) })

/** The keys that verify tokens; those for anything else are passed over. Throws `KeysRefused` when it is no key set. */
export function readPublicKeys(body: unknown): readonly PublicKey[] {
  const set = jwks.safeParse(body)
  if (!set.success) throw new KeysRefused('The answer is no JWKS')
  if (set.data.keys.length > keysMax) throw new KeysRefused(`The JWKS has more than ${keysMax} keys`)
  return set.data.keys.flatMap((entry) => {
    const parsed = jwk.safeParse(entry)
    return parsed.success && isFit(parsed.data, entry) ? [createPublicKey(parsed.data)] : []
  })
}

/** For signatures, public, and strong enough; a key that says otherwise of itself is believed (RFC 7517 4.2, 4.3). */
function isFit(key: Jwk, entry: unknown): boolean {
  if (key.use !== undefined && key.use !== 'sig') return false
  if (key.key_ops !== undefined && !key.key_ops.includes('verify')) return false
  // Who publishes the private half lets everybody sign.
  if (typeof entry === 'object' && entry !== null && 'd' in entry) return false
  if (key.kty === 'RSA') return isStrongRsa(key)
  return familyOf(key) !== null
}

const rsaBits = { min: 2_048, max: 8_192 }

function isStrongRsa({ n = '', e = '' }: Jwk): boolean {
  const modulus = numberIn(n)
  const exponent = numberIn(e)
  if (modulus === null || exponent === null) return false
  const bits = modulus.toString(2).length
  // An exponent of 1 makes every number its own signature; a long one makes each verification as slow as signing.
  return (
    bits >= rsaBits.min &&
    bits <= rsaBits.max &&
    exponent >= 3n &&
    exponent < 2n ** 33n &&
    exponent % 2n === 1n
  )
}

function numberIn(base64url: string): bigint | null {
  if (!/^[A-Za-z0-9_-]+$/.test(base64url)) return null
  return BigInt(`0x${Buffer.from(base64url, 'base64url').toString('hex') || '0'}`)
}

/** The algorithms that go with a key (RFC 7518 3.1, RFC 8037 3.1). */
function familyOf({ kty, crv }: Jwk): RegExp | null {
  if (kty === 'RSA') return /^(?:RS|PS)(?:256|384|512)$/
  if (kty === 'EC' && crv === 'P-256') return /^ES256$/
  if (kty === 'EC' && crv === 'P-384') return /^ES384$/
  if (kty === 'EC' && crv === 'P-521') return /^ES512$/
  if (kty === 'OKP' && crv === 'Ed25519') return /^EdDSA$/
  return null
}

function createPublicKey(key: Jwk): PublicKey {
  const { kty, crv, n, e, x, y } = key
  // RFC 9864 gives the algorithm of this curve a name of its own; tokens have the old one.
  const own = key.alg === 'Ed25519' ? 'EdDSA' : key.alg
  const material = Object.fromEntries(
    Object.entries({ kty, crv, n, e, x, y }).filter(([, value]) => value !== undefined),
  ) as JWK
  const family = familyOf(key)
  const imported = new Map<string, Promise<CryptoKey | Uint8Array>>()

  function importFor(alg: string) {
    let it = imported.get(alg)
    if (it === undefined) {
      it = importJWK(material, alg)
      imported.set(alg, it)
    }
    return it
  }

  return {
    kid: key.kid ?? null,
    print: JSON.stringify([key.kid, own, material]),
    fits: (alg) => (own === undefined || own === alg) && family?.test(alg) === true,
    async verifies(token, alg) {
      try {
        await compactVerify(token, await importFor(alg), { algorithms: [alg] })
        return true
      } catch (error) {
        if (error instanceof errors.JOSEError || isCryptoError(error)) return false
        throw error
      }
    },
  }
}

/** A point that is not on its curve and the like: the key is none, so nothing was signed with it. */
function isCryptoError(error: unknown): boolean {
  return error instanceof DOMException || (error instanceof Error && 'code' in error)
}
