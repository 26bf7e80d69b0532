// Where Vault is and as whom a gateway comes to it, from the gateway's own surroundings.
import { resolve } from 'node:path'
import * as z from 'zod'

const path = z.string().transform((text) => resolve(text))
const mount = z
  .string()
  .regex(/^[A-Za-z0-9_-]+(?:\/[A-Za-z0-9_-]+)*$/, 'Use the path of an auth method, without auth/ before it')
const durationMs = z.coerce.number().int().max(86_400_000)

export const vaultVariables = {
  VAULT_ADDR: z.url({ protocol: /^https?$/ }).optional(),
  VAULT_NAMESPACE: z
    .string()
    .regex(/^[\x21-\x7e]{1,255}$/)
    .optional(),
  VAULT_CACERT: path
    .optional()
    .describe('PEM of the authority that vouches for it; default: the public ones'),
  VAULT_TOKEN_FILE: path
    .optional()
    .describe('File with a token, such as a Vault Agent writes; read anew each time'),
  VAULT_ROLE_ID: z.string().min(1).max(4_096).optional().describe('Sign-in with AppRole'),
  VAULT_SECRET_ID_FILE: path.optional().describe('File with the SecretID of that role, where it has one'),
  VAULT_KUBERNETES_ROLE: z.string().min(1).max(255).optional().describe('Sign-in as a service account'),
  VAULT_KUBERNETES_TOKEN_FILE: path.default('/var/run/secrets/kubernetes.io/serviceaccount/token'),
  VAULT_AUTH_MOUNT: mount
    .optional()
    .describe('Where the auth method is mounted; default: approle, kubernetes'),
  VAULT_REFRESH_MS: durationMs.min(1_000).default(60_000).describe('How often secrets are read again'),
  VAULT_KEEP_MS: durationMs
    .min(0)
    .default(86_400_000)
    .describe('How long the last value of a secret is good that cannot be read again'),
}

type VaultEnv = z.output<z.ZodObject<typeof vaultVariables>>

export type VaultAuth =
  | { readonly method: 'token'; readonly tokenFile: string }
  | {
      readonly method: 'approle'
      readonly mount: string
      readonly roleId: string
      readonly secretIdFile: string | null
    }
  | { readonly method: 'kubernetes'; readonly mount: string; readonly role: string; readonly jwtFile: string }

/** Plain values: workers get them, too. */
export interface VaultSettings {
  readonly address: string
  readonly namespace: string | null
  readonly caFile: string | null
  readonly auth: VaultAuth
  readonly refreshMs: number
  readonly keepMs: number
}

const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/

/**
 * null: nobody said how to sign in, so there is none; `VAULT_ADDR` alone is in the surroundings of many people. Throws a sentence that
 * names the variable.
 */
export function readVaultSettings(env: VaultEnv): VaultSettings | null {
  const ways = [env.VAULT_TOKEN_FILE, env.VAULT_ROLE_ID, env.VAULT_KUBERNETES_ROLE]
  const named = ways.filter((way) => way !== undefined).length
  if (named === 0) return null
  if (named > 1)
    throw new Error('VAULT_TOKEN_FILE, VAULT_ROLE_ID, VAULT_KUBERNETES_ROLE: set one of them, the others not')
  if (env.VAULT_ADDR === undefined)
    throw new Error('VAULT_ADDR: where Vault is, such as https://vault.example:8200')
  const { protocol, hostname, username, search, hash } = new URL(env.VAULT_ADDR)
  if (protocol === 'http:' && !loopback.test(hostname))
    throw new Error('VAULT_ADDR: use https: tokens and secrets would cross the network in clear')
  if (username !== '' || search !== '' || hash !== '')
    throw new Error('VAULT_ADDR: use an address and nothing more')
  return {
    address: env.VAULT_ADDR.replace(/\/+$/, ''),
    namespace: env.VAULT_NAMESPACE ?? null,
    caFile: env.VAULT_CACERT ?? null,
    auth: authOf(env),
    refreshMs: env.VAULT_REFRESH_MS,
    keepMs: env.VAULT_KEEP_MS,
  }
}

function authOf(env: VaultEnv): VaultAuth {
  if (env.VAULT_TOKEN_FILE !== undefined) return { method: 'token', tokenFile: env.VAULT_TOKEN_FILE }
  if (env.VAULT_ROLE_ID !== undefined) {
    return {
      method: 'approle',
      mount: env.VAULT_AUTH_MOUNT ?? 'approle',
      roleId: env.VAULT_ROLE_ID,
      secretIdFile: env.VAULT_SECRET_ID_FILE ?? null,
    }
  }
  return {
    method: 'kubernetes',
    mount: env.VAULT_AUTH_MOUNT ?? 'kubernetes',
    role: env.VAULT_KUBERNETES_ROLE ?? '',
    jwtFile: env.VAULT_KUBERNETES_TOKEN_FILE,
  }
}
