// Everything the admin API can be told from outside: parsed once at start; no other file reads the environment.
import { slug } from '@gatewright/shared/ids'
import * as z from 'zod'

const flag = z.enum(['true', 'false']).transform((value) => value === 'true')
const list = z.string().transform((value) =>
  value
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== ''),
)

function splitPair(pair: string): [name: string, url: string] {
  const at = pair.indexOf('=')
  return [pair.slice(0, at), pair.slice(at + 1)]
}

const schema = z.object({
  HOST: z.string().default('0.0.0.0').describe('Address to listen on'),
  PORT: z.coerce
    .number()
    .int()
    .min(0)
    .max(65_535)
    .default(8080)
    .describe('Port to listen on; 0 = any free one'),
  DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/ })
    .describe('Postgres, such as postgres://user:password@host:5432/gatewright'),
  DATABASE_POOL: z.coerce.number().int().min(1).max(500).default(10).describe('Connections to Postgres'),
  REDIS_URL: z
    .url({ protocol: /^rediss?$/ })
    .default('redis://127.0.0.1:6379')
    .describe('Redis, which carries configuration to the gateways and events back'),
  PUBLIC_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('Where browsers reach this process; default http://localhost:PORT'),
  ALLOWED_ORIGINS: list.default([]).describe('Further origins whose pages may write, comma-separated'),
  PORTAL_DIR: z.string().optional().describe('Folder of the built portal; without it only the API is served'),
  ERROR_PAGES_DIR: z.string().optional().describe('Folder with one Markdown page per error code'),
  SECURE_COOKIES: flag
    .default(true)
    .describe(
      'Session in a `__Host-` Secure cookie; false only for plain http on a name other than localhost',
    ),
  SESSION_HOURS: z.coerce.number().min(0.001).max(8760).default(72).describe('Life of a session'),
  SESSION_IDLE_HOURS: z.coerce
    .number()
    .min(0.001)
    .max(8760)
    .default(12)
    .describe('A session unused for so long ends'),
  GROUP_ROLES_HOURS: z.coerce
    .number()
    .min(0.001)
    .max(87_600)
    .default(168)
    .describe(
      'A role that a provider’s groups gave is good for so long after a sign-in there, for sessions and access tokens',
    ),
  SMTP_URL: z
    .url({ protocol: /^smtps?$/ })
    .optional()
    .describe('Mail server, such as smtps://user:password@smtp.example.com; without it no mail is sent'),
  MAIL_FROM: z
    .string()
    .max(320)
    .regex(/^[^\r\n]+@[^\r\n]+$/, 'Use an address, such as Gatewright <no-reply@example.com>')
    .optional()
    .describe('Sender of mail; needed with SMTP_URL'),
  ADMIN_NETWORKS_IGNORED: flag
    .default(false)
    .describe(
      'Lets admins in from everywhere, whatever the platform’s list of networks says: the way back in',
    ),
  TRUST_PROXY: list
    .default([])
    .describe('Addresses or CIDR ranges of proxies whose X-Forwarded-For is believed'),
  SECRETS_KEY: z
    .string()
    .optional()
    .describe(
      'Key that secrets in Postgres are sealed under; several, comma-separated: the first one seals, all open',
    ),
  SECRETS_KEY_FILE: z.string().optional().describe('File with that key, or with several, a line each'),
  TENANT_SIGN_UP: flag.default(true).describe('Whether anyone may sign up with a tenant of their own'),
  ADMIN_EMAIL: z
    .email()
    .toLowerCase()
    .optional()
    .describe('Platform admin that is created when there is no user yet'),
  ADMIN_PASSWORD: z.string().min(12).optional().describe('Password of that platform admin'),
  FIRST_ENVIRONMENT: z
    .string()
    .transform(splitPair)
    .pipe(z.tuple([slug.max(32), z.url({ protocol: /^https?$/ })]))
    .optional()
    .describe('Environment that is created with that platform admin, as name=public URL of its gateways'),
  BODY_LIMIT_BYTES: z.coerce.number().int().min(1024).default(1_048_576).describe('Largest request body'),
  DOCUMENT_LIMIT_BYTES: z.coerce
    .number()
    .int()
    .min(1024)
    .default(45_000_000)
    .describe('Largest body of an import or a manifest'),
  REQUESTS_PER_MINUTE: z.coerce
    .number()
    .int()
    .min(1)
    .default(3000)
    .describe('Requests that one signed-in person may send to this process in a minute, tokens included'),
  TOKEN_REQUESTS_PER_MINUTE: z.coerce
    .number()
    .int()
    .min(1)
    .default(600)
    .describe(
      'Requests that one address, and tokens that one client, may have from the authorisation servers of this process in a minute',
    ),
  TENANT_API_LIMIT: z.coerce.number().int().min(1).default(1000).describe('Most API versions of a tenant'),
  TENANT_ROUTE_LIMIT: z.coerce.number().int().min(1).default(50_000).describe('Most routes of a tenant'),
  TENANT_DOCUMENT_LIMIT_BYTES: z.coerce
    .number()
    .int()
    .min(1024)
    .default(1_000_000_000)
    .describe(
      'Most bytes of a tenant’s API documents, routes and upstreams, published copies included, as Postgres stores them',
    ),
  IMPORT_PRIVATE_ADDRESSES: flag
    .default(false)
    .describe(
      'Whether documents and identity providers may be fetched from addresses inside a private network',
    ),
  GATEWAY_INTERNAL_URLS: list
    .transform((pairs) => new Map(pairs.map(splitPair)))
    .pipe(z.map(z.string(), z.url({ protocol: /^https?$/ })))
    .default(new Map())
    .describe(
      'Where this process reaches the gateways of an environment, as name=url, comma-separated; default their public URL',
    ),
  BACKGROUND_JOBS: flag
    .default(true)
    .describe('Whether this process also publishes, takes in events and rolls them up, besides answering'),
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
    .default('info')
    .describe('Log level'),
})

export type Env = Readonly<Omit<z.output<typeof schema>, 'PUBLIC_URL'> & { PUBLIC_URL: string }>

/** Names of the variables that `parseEnv` reads; the container files are checked against it. */
export const envNames = Object.keys(schema.shape)

/** Parses the environment; the error names every variable that is wrong, at once. */
export function parseEnv(source: Record<string, string | undefined>): Env {
  // A variable set to nothing is a variable not set: compose files write `NAME: ${NAME:-}`.
  const given = Object.fromEntries(
    Object.entries(source).filter(([, value]) => value !== undefined && value !== ''),
  )
  const parsed = schema.safeParse(given)
  if (!parsed.success) {
    const lines = parsed.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`)
    throw new Error(`The environment is not usable:\n${lines.join('\n')}`)
  }
  if (parsed.data.SMTP_URL !== undefined && parsed.data.MAIL_FROM === undefined)
    throw new Error(
      'The environment is not usable:\n  MAIL_FROM: needed with SMTP_URL, as the sender of mail',
    )
  return { ...parsed.data, PUBLIC_URL: parsed.data.PUBLIC_URL ?? `http://localhost:${parsed.data.PORT}` }
}
