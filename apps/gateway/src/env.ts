// The gateway's surroundings, read once at start: every environment variable and flag it knows, and their limits.
import { isIP } from 'node:net'
import { availableParallelism, hostname } from 'node:os'
import { resolve } from 'node:path'
import { metadataServices, parseCidr } from '@gatewright/shared/cidr'
import { slug } from '@gatewright/shared/ids'
import { Keyring } from '@gatewright/shared/sealing/keyring'
import * as z from 'zod'
import { readVaultSettings, type VaultSettings, vaultVariables } from './runtime/vault/settings.ts'

const port = z.coerce.number().int().min(0).max(65_535)
const durationMs = z.coerce.number().int().min(0).max(86_400_000)
const bytes = z.coerce.number().int().min(0)
/** A path, taken from where the gateway is started; null = there is none. */
const file = z
  .string()
  .optional()
  .transform((path) => (path === undefined ? null : resolve(path)))
const listOf = (text: string) =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
/** Addresses and ranges, separated by commas. */
const ranges = (fallback: string) =>
  z
    .string()
    .default(fallback)
    .transform((text) => listOf(text))
    .refine(
      (parts) => parts.every((part) => parseCidr(part)),
      'Use addresses and CIDR ranges, separated by commas',
    )

// Transforms are welcome here: this is read from the process, never stored.
const envSchema = z.object({
  REDIS_URL: z.url({ protocol: /^rediss?$/ }).default('redis://127.0.0.1:6379'),
  ENVIRONMENT: slug.default('prod').describe('Name of the environment this gateway serves'),
  GATEWAY_GROUP: slug.default('default'),
  REGION: slug
    .nullable()
    .default(null)
    .describe('Where this gateway runs: it prefers targets of the same region'),
  GATEWAY_ID: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,64}$/, 'Use letters, digits, dots, hyphens and underscores, at most 64')
    .optional()
    .describe('Default: made at the first start and kept in DATA_DIR'),
  GATEWAY_HOST: z.string().default('0.0.0.0'),
  GATEWAY_PORT: port.default(8000),
  TLS_PORT: port.nullable().default(null).describe('Where callers come in over https; default: nowhere'),
  TLS_CERTIFICATES: file.describe('Folder of certificates that are shown to callers, see docs/guides/tls.md'),
  TLS_MIN_VERSION: z.enum(['TLSv1.2', 'TLSv1.3']).default('TLSv1.2'),
  TLS_HANDSHAKE_TIMEOUT_MS: durationMs.min(100).default(10_000),
  TLS_HANDSHAKES_MAX: z.coerce
    .number()
    .int()
    .min(4)
    .max(100_000)
    .default(1_000)
    .describe('Under way at a time, per worker; one address has a quarter of them'),
  OPS_HOST: z.string().default('127.0.0.1').describe('Metrics and health; never exposed to callers'),
  OPS_PORT: port.default(8001),
  ADVERTISED_ADDRESS: z
    .string()
    .max(255)
    .optional()
    .describe(
      'host:port at which the admin API reaches the operations port; default: OPS_HOST, or the host name',
    ),
  DATA_DIR: z
    .string()
    .default('data/gateway')
    .transform((path) => resolve(path)),
  WORKERS: z.coerce.number().int().min(1).max(256).default(availableParallelism()),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  DOCS_URL: z
    .union([z.literal(''), z.url({ protocol: /^https?$/ })])
    .default('')
    .describe('Where /errors/<code> is served; stands before the type of each problem'),
  TRUSTED_PROXIES: ranges('').describe('Peers whose X-Forwarded-* and Forwarded are believed'),
  CLIENT_CERT_FIELD: z
    .enum(['none', 'client-cert', 'x-client-cert'])
    .default('none')
    .describe('In which field TRUSTED_PROXIES tell of the certificate of their client'),
  FORBIDDEN_UPSTREAMS: ranges(metadataServices.join()).describe('Where no API may send its requests'),
  DNS_SERVERS: z
    .string()
    .default('')
    .transform((text) => listOf(text))
    .refine(
      (parts) => parts.every((part) => isNameServer(part)),
      'Use addresses of name servers, with a port where it is not 53, separated by commas',
    )
    .describe('Whom discovery by DNS asks; default: the resolvers of the system'),
  REGISTRIES: file.describe('JSON: what is shown to which registry, see docs/guides/discovery.md'),
  UPSTREAM_IDENTITIES: file.describe('Folder of client certificates, see docs/guides/upstream-tls.md'),
  SECRETS_KEY: z
    .string()
    .optional()
    .describe(
      'Opens secrets of policies: the key of the admin API; several, comma-separated, while keys change',
    ),
  SECRETS_KEY_FILE: z.string().optional().describe('File with that key, or with several, a line each'),
  SECRETS_DIR: file.describe('Folder of the files that policies may name as secrets'),
  ...vaultVariables,
  WAF_RULES: file.describe('Folder of a Core Rule Set 4, see docs/guides/protection.md; default: Debian’s'),
  COUNTRY_DATABASE: file.describe(
    'Where addresses are, in MaxMind’s format (.mmdb), see docs/guides/places.md',
  ),
  NETWORK_DATABASE: file.describe('Whose networks addresses belong to, in the same format'),
  ADDRESS_LISTS: file.describe('Folder of lists of attackers, see docs/guides/protection.md'),
  DEBUG_SECRET: z
    .string()
    .min(16)
    .optional()
    .describe('Signs X-Gatewright-Debug; without it there is no debug header'),
  SYNC_INTERVAL_MS: durationMs
    .min(100)
    .default(1_000)
    .describe('How often positions are compared with Redis'),
  CREDENTIAL_CACHE_SIZE: z.coerce
    .number()
    .int()
    .min(100)
    .max(10_000_000)
    .default(20_000)
    .describe('Keys per worker'),
  SPOOL_LIMIT_BYTES: bytes.default(512 * 1024 * 1024).describe('Disk for events while Redis is away'),
  DRAIN_TIMEOUT_MS: durationMs.default(30_000).describe('How long SIGTERM waits for requests in flight'),
  DRAIN_DELAY_MS: durationMs
    .default(300)
    .describe(
      'How long new connections are still taken after SIGTERM, while balancers notice that /ready says no',
    ),
  OVERLOAD_DELAY_MS: durationMs
    .default(100)
    .describe('How late a worker may be for long before it refuses requests, by priority; 0 = never'),
  HEADERS_TIMEOUT_MS: durationMs.min(100).default(10_000),
  REQUEST_TIMEOUT_MS: durationMs.default(0).describe('Whole request to arrive; 0 = no limit, for uploads'),
  KEEP_ALIVE_TIMEOUT_MS: durationMs.default(65_000).describe('Longer than that of the balancer in front'),
  MAX_HEADER_BYTES: bytes.min(1024).max(1_048_576).default(32_768),
  MAX_URL_BYTES: bytes.min(256).max(1_048_576).default(16_384),
  MAX_CONNECTIONS_PER_ADDRESS: z.coerce
    .number()
    .int()
    .min(0)
    .max(1_000_000)
    .default(20_000)
    .describe('Open at a time, over all workers; 0 = no limit; TRUSTED_PROXIES have none'),
  MIN_BODY_BYTES_PER_SECOND: bytes
    .default(100)
    .describe('A body that comes more slowly for 10 s is given up; 0 = any pace'),
})

export const variableNames = Object.keys(envSchema.shape)

export type Env = z.output<typeof envSchema> & {
  /** Path of the manifest of a standalone gateway; null in managed mode. */
  readonly manifest: string | null
  /** null = there is none. */
  readonly vault: VaultSettings | null
}

export class UsageError extends Error {}

/** Throws a `UsageError` that names each wrong variable. Variables of other programs are not ours to judge. */
export function readEnv(variables: NodeJS.ProcessEnv, args: readonly string[]): Env {
  const { manifest } = readFlags(args, variables)
  const given = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ''))
  const parsed = envSchema.safeParse(given)
  if (!parsed.success) {
    const lines = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`)
    throw new UsageError(`The gateway cannot start with these settings:\n  ${lines.join('\n  ')}`)
  }
  try {
    Keyring.from(parsed.data)
    return { ...parsed.data, manifest, vault: readVaultSettings(parsed.data) }
  } catch (error) {
    throw new UsageError(`The gateway cannot start with these settings:\n  ${(error as Error).message}`)
  }
}

/** As `Resolver.setServers` takes it: an address, `address:port` or `[address]:port`. */
function isNameServer(text: string): boolean {
  const [, address = text, number = '53'] = /^\[?([^\]]+?)\]?:(\d+)$/.exec(isIP(text) === 0 ? text : '') ?? []
  return isIP(address) !== 0 && Number(number) >= 1 && Number(number) <= 65_535
}

/** Where the control plane reaches the operations port of this gateway. */
export function operationsAddress(env: Env, port: number): string {
  if (env.ADVERTISED_ADDRESS !== undefined) return env.ADVERTISED_ADDRESS
  const isAnywhere = env.OPS_HOST === '0.0.0.0' || env.OPS_HOST === '::'
  return `${isAnywhere ? hostname() : env.OPS_HOST}:${port}`
}

function readFlags(args: readonly string[], variables: NodeJS.ProcessEnv): { manifest: string | null } {
  let manifest = variables.MANIFEST || null
  for (let i = 0; i < args.length; i++) {
    const [flag, inline] = (args[i] ?? '').split(/=(.*)/s)
    if (flag !== '--manifest')
      throw new UsageError(`Unknown argument "${args[i]}". Usage: gateway [--manifest file.yaml]`)
    manifest = inline ?? args[++i] ?? null
    if (!manifest) throw new UsageError('--manifest needs the path of a file')
  }
  return { manifest: manifest && resolve(manifest) }
}
