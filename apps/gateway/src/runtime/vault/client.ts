// Talks to HashiCorp Vault over its HTTP API: signs in, keeps the token alive, reads versions of secrets. Nothing of what it sends or
// gets is in its errors (https://developer.hashicorp.com/vault/api-docs).
import { readFile } from 'node:fs/promises'
import type { VaultReference } from '@gatewright/shared/policies/vault-reference'
import * as z from 'zod'
import { type OpenOutbound, OutboundFailure } from '../outbound.ts'
import type { VaultAuth, VaultSettings } from './settings.ts'

/** Why Vault gave no secret; the sentence is for the log of the gateway and for refusals. */
export class VaultFailure extends Error {}

export interface VaultClient {
  /** Throws `VaultFailure`. Questions about one version at the same time are one. */
  read(reference: VaultReference): Promise<string>
  /** Renews the token when it is time to, so that one that nobody reads with lives on. Never throws. */
  keepToken(): Promise<void>
  /** Gives back a token that the gateway signed in for. Never throws. */
  close(): Promise<void>
}

interface Lease {
  readonly token: string
  readonly isRenewable: boolean
  /** Unix milliseconds; Infinity: it does not end. */
  readonly renewAtMs: number
  readonly endsAtMs: number
}

const timeoutMs = 3_000
const answerBytesMax = 2 * 1024 * 1024
const secretLengthMax = 65_536
/** A renewal that failed is tried again after that, as long as the token lives. */
const renewAgainMs = 5_000
/** Wrong words again and again, for each of many secrets, would lock the role out. */
const signInAgainMs = { first: 1_000, max: 30_000 }

const seconds = z.number().min(0)
const signedIn = z.object({
  auth: z.object({ client_token: z.string().min(1), lease_duration: seconds, renewable: z.boolean() }),
})
const lookedUp = z.object({ data: z.object({ ttl: seconds, renewable: z.boolean().optional() }) })
const readVersion = z.object({ data: z.object({ data: z.record(z.string(), z.unknown()) }) })

interface VaultClientDeps {
  readonly settings: VaultSettings
  readonly open: OpenOutbound
  /** Unix milliseconds. */
  readonly now: () => number
}

export function createVaultClient({ settings, open, now }: VaultClientDeps): VaultClient {
  const { auth, address, namespace } = settings
  const outbound = open()
  const reading = new Map<string, Promise<Readonly<Record<string, unknown>>>>()
  let lease: Lease | null = null
  let leasing: Promise<Lease> | null = null
  let refused = { failure: null as Error | null, untilMs: 0, times: 0 }

  async function call(path: string, token: string | null, body?: object) {
    const url = new URL(`${address}/v1/${path}`)
    try {
      const answer = await outbound.call({
        url,
        method: body === undefined ? 'GET' : 'POST',
        headers: {
          'X-Vault-Request': 'true',
          ...(token === null ? {} : { 'X-Vault-Token': token }),
          ...(namespace === null ? {} : { 'X-Vault-Namespace': namespace }),
          ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        timeoutMs,
        bytesMax: answerBytesMax,
      })
      return { ...answer, host: url.host }
    } catch (error) {
      throw new VaultFailure(error instanceof OutboundFailure ? error.message : 'Vault cannot be asked')
    }
  }

  /** As far as an answer of status 200 says so; without what it says instead, which may be anything. */
  function parse<T>({ status, body, host }: Answer, schema: z.ZodType<T>, what: string): T {
    if (status !== 200) throw new VaultFailure(`${host} ${meaningOf(status, what)}`)
    try {
      return schema.parse(JSON.parse(body))
    } catch {
      throw new VaultFailure(`${host} does not answer as Vault does`)
    }
  }

  function leaseFor(token: string, durationSeconds: number, isRenewable: boolean): Lease {
    const ms = durationSeconds === 0 ? Number.POSITIVE_INFINITY : durationSeconds * 1_000
    // Two thirds leave time for a Vault that is away for a while.
    return { token, isRenewable, renewAtMs: now() + (ms * 2) / 3, endsAtMs: now() + ms }
  }

  /** With a token that works, as far as anybody can tell. */
  function holdLease(): Promise<Lease> {
    leasing ??= findLease().finally(() => {
      leasing = null
    })
    return leasing
  }

  async function findLease(): Promise<Lease> {
    const token = auth.method === 'token' ? await readSecretFile(auth.tokenFile, 'VAULT_TOKEN_FILE') : null
    if (lease !== null && token !== null && lease.token !== token) lease = null
    if (lease?.isRenewable && now() >= lease.renewAtMs && now() < lease.endsAtMs) lease = await renew(lease)
    if (lease !== null && now() >= lease.endsAtMs) lease = null
    lease ??= token === null ? await signIn() : await lookUp(token)
    return lease
  }

  async function renew(held: Lease): Promise<Lease> {
    try {
      const { auth: renewed } = parse(
        await call('auth/token/renew-self', held.token, {}),
        signedIn,
        'renewal',
      )
      const next = leaseFor(renewed.client_token, renewed.lease_duration, renewed.renewable)
      // At the end of its longest life a renewal gives no more time: another token is due before that.
      return next.endsAtMs > held.endsAtMs ? next : { ...held, isRenewable: false, ...endSoon(held) }
    } catch {
      return { ...held, renewAtMs: now() + renewAgainMs }
    }
  }

  /** Who can sign in does that before the end; a token of a file is good until then. */
  const endSoon = (held: Lease) =>
    auth.method === 'token' ? {} : { endsAtMs: Math.min(held.endsAtMs, now()) }

  async function lookUp(token: string): Promise<Lease> {
    const answer = await call('auth/token/lookup-self', token)
    // It may lack the policy for that, and read all the same.
    if (answer.status === 403) return leaseFor(token, 0, false)
    const { data } = parse(answer, lookedUp, 'its token')
    return leaseFor(token, data.ttl, data.renewable ?? false)
  }

  async function signIn(): Promise<Lease> {
    if (auth.method === 'token') throw new VaultFailure('a token of a file is not signed in for')
    if (now() < refused.untilMs && refused.failure !== null) throw refused.failure
    try {
      const answer = await call(`auth/${auth.mount}/login`, null, await proofOf(auth))
      const { auth: given } = parse(answer, signedIn, 'the sign-in')
      refused = { failure: null, untilMs: 0, times: 0 }
      return leaseFor(given.client_token, given.lease_duration, given.renewable)
    } catch (error) {
      const pauseMs = Math.min(signInAgainMs.max, signInAgainMs.first * 2 ** refused.times)
      refused = { failure: error as Error, untilMs: now() + pauseMs, times: refused.times + 1 }
      throw error
    }
  }

  async function ask(path: string): Promise<Readonly<Record<string, unknown>>> {
    const held = await holdLease()
    let answer = await call(path, held.token)
    if (answer.status === 403) {
      const other = await leaseAfterRefusal(held)
      if (other !== null) answer = await call(path, other.token)
    }
    return parse(answer, readVersion, 'the secret').data.data
  }

  /** Another lease, where the token was taken back or another one lies in the file by now; null: the secret is what is not allowed. */
  async function leaseAfterRefusal({ token }: Lease): Promise<Lease | null> {
    // A sign-in for each refused secret would use up SecretIDs, and leave a token behind each time.
    if (auth.method !== 'token' && (await call('auth/token/lookup-self', token)).status !== 403) return null
    if (lease?.token === token) lease = null
    const next = await holdLease()
    if (next.token !== token) return next
    lease = null
    return null
  }

  return {
    async read({ segments, version, key }) {
      const query = version === null ? '' : `?version=${version}`
      const path = segments.map(encodeURIComponent).join('/') + query
      let asked = reading.get(path)
      if (asked === undefined) {
        asked = ask(path).finally(() => reading.delete(path))
        reading.set(path, asked)
      }
      const data = await asked
      if (!Object.hasOwn(data, key)) throw new VaultFailure('there is no such key in the secret')
      const text = data[key]
      if (typeof text !== 'string' || text === '' || text.length > secretLengthMax)
        throw new VaultFailure(`its value is no text of 1 to ${secretLengthMax} characters`)
      return text
    },
    async keepToken() {
      if (lease?.isRenewable && now() >= lease.renewAtMs && now() < lease.endsAtMs)
        await holdLease().catch(() => undefined)
    },
    async close() {
      if (auth.method === 'token' || lease === null) return
      const { token } = lease
      lease = null
      await call('auth/token/revoke-self', token, {}).catch(() => undefined)
    },
  }
}

interface Answer {
  readonly status: number
  readonly body: string
  readonly host: string
}

async function proofOf(auth: Exclude<VaultAuth, { method: 'token' }>): Promise<object> {
  if (auth.method === 'kubernetes')
    return { role: auth.role, jwt: await readSecretFile(auth.jwtFile, 'VAULT_KUBERNETES_TOKEN_FILE') }
  const { roleId, secretIdFile } = auth
  if (secretIdFile === null) return { role_id: roleId }
  return { role_id: roleId, secret_id: await readSecretFile(secretIdFile, 'VAULT_SECRET_ID_FILE') }
}

async function readSecretFile(path: string, variable: string): Promise<string> {
  let text: string
  try {
    text = (await readFile(path, 'utf8')).trim()
  } catch (error) {
    throw new VaultFailure(`the file ${variable} cannot be read (${(error as NodeJS.ErrnoException).code})`)
  }
  // It becomes a header field: what is in the file must not become several.
  if (!/^[\x21-\x7e]{1,16384}$/.test(text)) throw new VaultFailure(`the file ${variable} holds no token`)
  return text
}

/** Statuses of Vault's API; 404 is that of a version that was deleted or destroyed, too. */
function meaningOf(status: number, what: string): string {
  if (status >= 300 && status < 400)
    return `answers with a redirect (${status}), which is not followed: name in VAULT_ADDR what answers itself`
  switch (status) {
    case 400:
      return `refuses ${what} (400)`
    case 403:
      return `does not allow ${what} (403)`
    case 404:
      return `does not have ${what}, or it was deleted (404)`
    case 503:
      return 'is sealed or not ready (503)'
    default:
      return `answers ${what} with ${status}`
  }
}
