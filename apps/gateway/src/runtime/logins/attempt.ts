// A sign-in that is under way, kept by nobody but the browser: its `state` is sealed with what the browser's cookie holds, and so are the
// nonce and the code verifier that belong to it. Without that cookie nothing of it can be made or read.
import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto'
import * as z from 'zod'

const attempt = z.strictObject({
  /** Path and query. */
  to: z.string(),
  /** To which address the provider was told to send the browser. */
  uri: z.string(),
  /** Unix milliseconds. */
  at: z.int(),
})

export interface Attempt {
  readonly returnTo: string
  readonly redirectUri: string
  /** Unix milliseconds. */
  readonly begunAtMs: number
}

export interface AttemptSecrets {
  /** For the id token (OpenID Connect Core 1.0, 3.1.2.1). */
  readonly nonce: string
  /** RFC 7636 4.1. */
  readonly verifier: string
}

const nonceBytes = 12
const tagBytes = 16
const stateLengthMax = 8_192

export const createBrowserKey = () => randomBytes(32).toString('base64url')

/** `realm`: whose sign-in it is; a state of one login is none of another. */
export function sealAttempt(
  browserKey: string,
  realm: string,
  { returnTo, redirectUri, begunAtMs }: Attempt,
): AttemptSecrets & { readonly state: string } {
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv('aes-256-gcm', derive(browserKey, realm, 'state', nonce), nonce)
  const text = JSON.stringify({ to: returnTo, uri: redirectUri, at: begunAtMs } satisfies z.input<
    typeof attempt
  >)
  const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  const state = Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64url')
  return { state, ...secretsOf(browserKey, realm, nonce) }
}

/** null: this browser did not begin it. */
export function openAttempt(
  browserKey: string,
  realm: string,
  state: string,
): (Attempt & AttemptSecrets) | null {
  if (state.length > stateLengthMax) return null
  const bytes = Buffer.from(state, 'base64url')
  if (bytes.length <= nonceBytes + tagBytes) return null
  const nonce = bytes.subarray(0, nonceBytes)
  try {
    const decipher = createDecipheriv('aes-256-gcm', derive(browserKey, realm, 'state', nonce), nonce, {
      authTagLength: tagBytes,
    })
    decipher.setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes))
    const text = Buffer.concat([decipher.update(bytes.subarray(nonceBytes + tagBytes)), decipher.final()])
    const { to, uri, at } = attempt.parse(JSON.parse(text.toString('utf8')))
    return { returnTo: to, redirectUri: uri, begunAtMs: at, ...secretsOf(browserKey, realm, nonce) }
  } catch {
    // GCM opens nothing that was not sealed with this very key.
    return null
  }
}

/** One name for every spelling of the same state. */
export const attemptName = (state: string) =>
  createHash('sha256').update(Buffer.from(state, 'base64url')).digest('hex')

function secretsOf(browserKey: string, realm: string, nonce: Buffer): AttemptSecrets {
  return {
    nonce: derive(browserKey, realm, 'nonce', nonce).toString('base64url'),
    verifier: derive(browserKey, realm, 'verifier', nonce).toString('base64url'),
  }
}

/** RFC 5869: keys that say nothing of each other. */
function derive(browserKey: string, realm: string, purpose: string, salt: Buffer): Buffer {
  const info = `gatewright login ${purpose} ${realm}`
  return Buffer.from(hkdfSync('sha256', Buffer.from(browserKey, 'base64url'), salt, info, 32))
}
