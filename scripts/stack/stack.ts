// The whole product on one machine: PostgreSQL, Redis, admin API with portal, gateways and the sample upstream.
// `npm start`, `npm run smoke`, and the end-to-end tests all stand on it.
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { migrate } from '../../prisma/migrate.ts'
import { startBalancer } from './balancer.ts'
import {
  endLeftovers,
  holdFolder,
  keepPreviousLogs,
  readSecrets,
  releaseFolder,
  rememberProgram,
  type Secrets,
} from './data-folder.ts'
import { choosePorts, type GatewayPorts } from './ports.ts'
import { type Postgres, startPostgres, usePostgres } from './postgres.ts'
import { answersAnything, answersOk, logTail, type RunningProgram, startProgram } from './process.ts'
import { type RedisServer, startRedis, useRedis } from './redis.ts'

export const root = join(import.meta.dirname, '../..')

export type StackOptions = {
  /** Everything the stack keeps: databases, logs, secrets. One stack per folder. */
  dataDir: string
  /** `fixed`: the documented ports, or those of PORT, GATEWAY_PORT, OPS_PORT, UPSTREAM_PORT. `free`: any. */
  ports: 'fixed' | 'free'
  gateways?: number
  /** A round-robin balancer before the gateways; its address is then the public one. */
  balancer?: boolean
  /** False for data that nobody will miss: faster. */
  durable?: boolean
  adminEnv?: Record<string, string>
  gatewayEnv?: Record<string, string>
  say?: (line: string) => void
}

export type StackProgram = {
  id: string
  url: string
  logPath: string
  stop(): Promise<void>
  kill(): Promise<void>
  /** Again on the same port, with the same data. */
  start(): Promise<void>
}

export type StackGateway = StackProgram & { opsUrl: string; dataDir: string }

export type Stack = AsyncDisposable & {
  dataDir: string
  adminUrl: string
  /** Where callers go: the balancer when there is one, else the first gateway. */
  gatewayUrl: string
  gatewayUrls: string[]
  gateways: StackGateway[]
  admin: StackProgram
  balancerUrl?: string
  upstreamUrl: string
  databaseUrl: string
  redisUrl: string
  environment: string
  platformAdmin: { email: string; password: string }
  /** Resolves when a program ends that nobody stopped; with its name and its last words. */
  broken: Promise<string>
  /** As a crash would, and back on the same port; `empty` brings it back without its data. */
  killRedis(): Promise<void>
  /** As a restart does it: what it counted is on disk before it ends. */
  stopRedis(): Promise<void>
  startRedis(options?: { empty: boolean }): Promise<void>
  killPostgres(): Promise<void>
  startPostgres(): Promise<void>
  stop(): Promise<void>
}

/** The environment that the stack's gateways serve. */
const environment = 'prod'

/** HOST: the address to listen on. */
const host = process.env.HOST || '127.0.0.1'
// How this machine reaches what listens there; all addresses are reached by the nearest.
const reachable = ['0.0.0.0', '::'].includes(host) ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host
// Browsers take pages of localhost for safe without TLS.
const named = reachable === '127.0.0.1' ? 'localhost' : reachable

export async function startStack(options: StackOptions): Promise<Stack> {
  const { dataDir, durable = true, say = () => undefined } = options
  holdFolder(dataDir)
  const stops: (() => Promise<void>)[] = []
  try {
    return await start(options, { dataDir, durable, say, stops })
  } catch (error) {
    await stopAll(stops)
    releaseFolder(dataDir)
    throw error
  }
}

type Surroundings = {
  dataDir: string
  durable: boolean
  say: (line: string) => void
  stops: (() => Promise<void>)[]
}

async function start(options: StackOptions, { dataDir, durable, say, stops }: Surroundings): Promise<Stack> {
  await endLeftovers(dataDir)
  const secrets = readSecrets(dataDir)
  const ports = await choosePorts(options)
  keepPreviousLogs(dataDir)
  const watch = watchPrograms()

  let postgres = await openPostgres(dataDir, durable)
  stops.unshift(() => postgres.stop())
  let redis = await openRedis(dataDir, durable, say)
  stops.unshift(() => redis.stop())
  await migrate(postgres.url)

  const gatewayUrls = ports.gateways.map(({ port }) => `http://${reachable}:${port}`)
  const balancer = options.balancer ? await startBalancer(gatewayUrls) : undefined
  if (balancer) stops.unshift(balancer.stop)
  const adminUrl = `http://${named}:${ports.admin}`
  const gatewayUrl = balancer?.url ?? `http://${named}:${ports.gateways[0]?.port}`

  const launch = createLauncher(dataDir, watch, stops)
  const upstreamUrl = `http://127.0.0.1:${ports.upstream}`
  const upstream = launch({
    id: 'bookstore',
    entry: 'examples/bookstore/src/main.ts',
    url: upstreamUrl,
    isReady: () => answersOk(`${upstreamUrl}/health`),
    env: { PORT: String(ports.upstream), HOST: '127.0.0.1', DATA_FILE: join(dataDir, 'bookstore.json') },
  })
  const admin = launch({
    id: 'admin-api',
    entry: 'apps/admin-api/dist/main.js',
    url: adminUrl,
    isReady: () => answersOk(`http://${reachable}:${ports.admin}/readyz`),
    env: {
      ...adminEnvironment(options, postgres.url, redis.url, secrets),
      PORT: String(ports.admin),
      PUBLIC_URL: process.env.PUBLIC_URL || adminUrl,
    },
  })
  const gateways = ports.gateways.map((gatewayPorts, i) =>
    launchGateway(launch, `gateway-${i + 1}`, gatewayPorts, {
      options,
      redisUrl: redis.url,
      adminUrl,
      dataDir,
      secrets,
    }),
  )
  // Each start is waited for, also when another failed: what is still starting could not be stopped.
  const starts = await Promise.allSettled([upstream, admin, ...gateways].map((program) => program.start()))
  const failure = starts.find((result) => result.status === 'rejected')
  if (failure) throw failure.reason
  await firstUserExists(postgres.url)

  return {
    dataDir,
    adminUrl,
    gatewayUrl,
    gatewayUrls,
    gateways,
    admin,
    ...(balancer && { balancerUrl: balancer.url }),
    upstreamUrl,
    databaseUrl: postgres.url,
    redisUrl: redis.url,
    environment,
    platformAdmin: { email: secrets.adminEmail, password: secrets.adminPassword },
    broken: watch.broken,
    async killRedis() {
      await redis.program?.kill()
    },
    async stopRedis() {
      await redis.stop()
    },
    async startRedis({ empty } = { empty: false }) {
      redis = await openRedis(dataDir, durable, say, { port: Number(new URL(redis.url).port), empty })
    },
    async killPostgres() {
      await postgres.program?.kill()
    },
    async startPostgres() {
      postgres = await openPostgres(dataDir, durable, Number(new URL(postgres.url).port))
    },
    stop,
    [Symbol.asyncDispose]: stop,
  }

  async function stop(): Promise<void> {
    watch.end()
    await stopAll(stops)
    releaseFolder(dataDir)
  }
}

// ── Programs ──────────────────────────────────────────────────────────────────────────────────────────────────────

type AppSpec = {
  id: string
  entry: string
  url: string
  isReady: () => Promise<boolean>
  env: Record<string, string>
  nodeFlags?: string[]
}
type Launch = (spec: AppSpec) => StackProgram

function createLauncher(
  dataDir: string,
  watch: ReturnType<typeof watchPrograms>,
  stops: (() => Promise<void>)[],
): Launch {
  return ({ id, entry, url, isReady, env, nodeFlags = [] }) => {
    const logPath = join(dataDir, 'logs', `${id}.log`)
    let running: RunningProgram | undefined
    const end = async (how: 'stop' | 'kill') => {
      const program = running
      running = undefined
      await program?.[how]()
    }
    const stop = () => end('stop')
    stops.unshift(stop)
    return {
      id,
      url,
      logPath,
      stop,
      kill: () => end('kill'),
      async start() {
        const program = await startProgram({
          name: id,
          command: process.execPath,
          args: [...nodeFlags, '--enable-source-maps', join(root, entry)],
          cwd: root,
          env: { ...process.env, NODE_ENV: 'production', ...env },
          logPath,
          isReady,
        })
        running = program
        const forget = rememberProgram(dataDir, id, program.pid)
        void program.exited.then((reason) => {
          forget()
          if (running === program) watch.report(id, reason, logPath)
        })
      },
    }
  }
}

type GatewayPlace = {
  options: StackOptions
  redisUrl: string
  adminUrl: string
  dataDir: string
  secrets: Secrets
}

function launchGateway(
  launch: Launch,
  id: string,
  { port, opsPort }: GatewayPorts,
  { options, redisUrl, adminUrl, dataDir, secrets }: GatewayPlace,
): StackGateway {
  const gatewayDir = join(dataDir, id)
  const opsUrl = `http://127.0.0.1:${opsPort}`
  const program = launch({
    id,
    entry: 'apps/gateway/dist/main.js',
    // As its image does (apps/gateway/Dockerfile).
    nodeFlags: ['--no-memory-reducer'],
    url: `http://${reachable}:${port}`,
    isReady: () => answersAnything(`http://${reachable}:${port}/`),
    env: {
      REDIS_URL: redisUrl,
      ENVIRONMENT: environment,
      GATEWAY_ID: id,
      GATEWAY_HOST: host,
      GATEWAY_PORT: String(port),
      OPS_PORT: String(opsPort),
      DATA_DIR: gatewayDir,
      DOCS_URL: adminUrl,
      MANIFEST: '',
      ...secretsKey(secrets),
      ...options.gatewayEnv,
    },
  })
  return { ...program, opsUrl, dataDir: gatewayDir }
}

/** Says when a program ended that nobody asked to end. */
function watchPrograms() {
  const { promise: broken, resolve } = Promise.withResolvers<string>()
  let ended = false
  return {
    broken,
    end() {
      ended = true
    },
    report(id: string, reason: string, logPath: string) {
      if (!ended) resolve(`${id} ended by itself (${reason}). The end of ${logPath}:\n${logTail(logPath)}`)
    },
  }
}

/** Whoever brings a key of their own brings their own secrets too. */
function secretsKey({ secretsKey }: Secrets): Record<string, string> {
  return process.env.SECRETS_KEY || process.env.SECRETS_KEY_FILE ? {} : { SECRETS_KEY: secretsKey }
}

function adminEnvironment(
  options: StackOptions,
  databaseUrl: string,
  redisUrl: string,
  secrets: Secrets,
): Record<string, string> {
  return {
    HOST: host,
    // A person who sets this one runs a control plane of several processes; here there is one.
    BACKGROUND_JOBS: 'true',
    DATABASE_URL: databaseUrl,
    REDIS_URL: redisUrl,
    PORTAL_DIR: join(root, 'apps/portal/dist'),
    ERROR_PAGES_DIR: join(root, 'docs/errors'),
    ADMIN_EMAIL: secrets.adminEmail,
    ADMIN_PASSWORD: secrets.adminPassword,
    ...secretsKey(secrets),
    // The sample upstream, whose document the tour imports, is on this machine.
    IMPORT_PRIVATE_ADDRESSES: 'true',
    ...options.adminEnv,
  }
}

async function openPostgres(dataDir: string, durable: boolean, port = 54_329): Promise<Postgres> {
  const given = process.env.DATABASE_URL
  if (given) return usePostgres(given)
  return startPostgres({ dataDir, preferredPort: port, database: 'gatewright', durable })
}

async function openRedis(
  dataDir: string,
  durable: boolean,
  say: (line: string) => void,
  { port = 54_379, empty = false } = {},
): Promise<RedisServer> {
  const given = process.env.REDIS_URL
  if (given) return useRedis(given)
  return startRedis({ dataDir, preferredPort: port, durable, empty, say })
}

/** The admin API answers before it has made the platform admin of an empty installation. */
async function firstUserExists(databaseUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    const deadline = Date.now() + 15_000
    for (;;) {
      const { rowCount } = await client.query('SELECT 1 FROM app_user LIMIT 1')
      if (rowCount === 1) return
      if (Date.now() > deadline) throw new Error('The admin API did not create its first user.')
      await delay(20)
    }
  } finally {
    await client.end()
  }
}

/** In the reverse order of their start: what others need ends last. A failure stops no other stop. */
async function stopAll(stops: (() => Promise<void>)[]): Promise<void> {
  const failures: unknown[] = []
  for (const stop of stops.splice(0)) await stop().catch((error) => failures.push(error))
  if (failures.length > 0) throw new AggregateError(failures, 'Parts of the stack could not be stopped.')
}
