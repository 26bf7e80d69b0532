// Who takes part: nginx as reverse proxy, the gateway plain, the gateway with key, limit and analytics, its peers; and their upstream.
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { canonicalJson } from '@gatewright/shared/canonical'
import { credentialsKey, eventStream, headKey, snapshotKey } from '@gatewright/shared/channels'
import { createKey } from '@gatewright/shared/key'
import type { ManifestInput } from '@gatewright/shared/manifest'
import type { CredentialRecord } from '@gatewright/shared/policies/policy'
import type { Snapshot, SnapshotEnvelope } from '@gatewright/shared/snapshot'
import { Redis } from 'ioredis'
import { freePort } from '../scripts/stack/ports.ts'
import { answersOk, type RunningProgram, startProgram } from '../scripts/stack/process.ts'
import { requireProgram } from '../scripts/stack/program.ts'
import { otherCore, proxyCore, type Target } from './load.ts'
import { proxyToService, serviceAt, startNginx } from './nginx.ts'
import { startPeers } from './peers.ts'

const root = join(import.meta.dirname, '..')
const body = JSON.stringify({ data: 'x'.repeat(462 - JSON.stringify({ data: '' }).length) })

export interface Contestant {
  readonly name: string
  readonly what: string
  readonly target: Target
  readonly pids: readonly number[]
  /** Between two measurements: what is left to do is done, and nobody else's turn pays for it. */
  rest(): Promise<void>
}

export interface Stage {
  readonly contestants: readonly Contestant[]
  stop(): Promise<void>
}

interface StageOptions {
  /** Where gateways leave their CPU profiles when they end; undefined: none. */
  readonly profileFolder: string | undefined
  readonly withPeers: boolean
}

export async function startContestants(
  folder: string,
  { profileFolder, withPeers }: StageOptions,
): Promise<Stage> {
  const started: RunningProgram[] = []
  const keep = async <Program extends RunningProgram>(program: Promise<Program>): Promise<Program> => {
    const running = await program
    started.push(running)
    return running
  }
  const upstreamPort = await freePort()
  await keep(
    startNginx({
      folder,
      name: 'upstream',
      core: otherCore,
      port: upstreamPort,
      location: `return 200 '${body}';`,
    }),
  )
  const upstreamUrl = `http://127.0.0.1:${upstreamPort}`

  const nginxPort = await freePort()
  const nginx = await keep(
    startNginx({
      folder,
      name: 'nginx',
      core: proxyCore,
      port: nginxPort,
      location: proxyToService,
      http: serviceAt(upstreamPort),
    }),
  )

  const redisPort = await freePort()
  const redisUrl = `redis://127.0.0.1:${redisPort}`
  await keep(startRedis(folder, redisPort))
  const redis = new Redis(redisUrl)

  /** A gateway with a key that is checked and a limit that is counted, as the control plane would have set it up. */
  async function startManaged(environment: string, mode: LimitMode) {
    const program = await keep(startGateway(folder, environment, { REDIS_URL: redisUrl }, profileFolder))
    const key = createKey(environment)
    await publish(redis, environment, snapshotOf(environment, upstreamUrl, mode), key)
    const target = { url: `http://127.0.0.1:${program.port}/bench`, headers: [`X-API-Key: ${key}`] }
    return { target, pids: [program.pid] }
  }

  const manifest = join(folder, 'plain.json')
  writeFileSync(manifest, JSON.stringify(manifestOf(upstreamUrl)))
  const plain = await keep(startGateway(folder, 'plain', { MANIFEST: manifest }, profileFolder))
  const full = await startManaged('full', 'leased')
  const strict = await startManaged('strict', 'strict')

  const peers = withPeers ? await startPeers({ folder, upstreamPort, keep }) : []
  const rest = async () => {
    await pause(500)
    // Nobody reads the events here, and a Redis that swaps would be measured instead of us.
    await redis.del(eventStream)
  }
  const contestants = [
    {
      name: 'nginx',
      what: 'nginx as reverse proxy, one worker, kept-alive connections to the upstream',
      target: { url: `http://127.0.0.1:${nginxPort}/bench`, headers: [] },
      pids: [nginx.pid],
      rest,
    },
    {
      name: 'gateway-plain',
      what: 'standalone, one worker, a public route without policies, nobody to send analytics to',
      target: { url: `http://127.0.0.1:${plain.port}/bench`, headers: [] },
      pids: [plain.pid],
      rest,
    },
    {
      name: 'gateway-full',
      what: 'managed, one worker, API key checked, rate limit counted across gateways (leased), analytics events sent to Redis',
      ...full,
      rest,
    },
    {
      name: 'gateway-full-strict',
      what: 'the same, each call counted in Redis before it goes on (strict)',
      ...strict,
      rest,
    },
    ...peers.map((peer) => ({ ...peer, rest })),
  ]
  for (const { target } of contestants) await answers(target)
  return {
    contestants,
    async stop() {
      redis.disconnect()
      for (const program of started.reverse()) await program.stop()
    },
  }
}

async function answers({ url, headers }: Target): Promise<void> {
  const fields = Object.fromEntries(headers.map((header) => header.split(': ') as [string, string]))
  for (let attempt = 0; attempt < 200; attempt++) {
    // A gateway listens when it has something to serve.
    const response = await fetch(url, { headers: fields }).catch(() => null)
    if (response?.ok && (await response.text()) === body) return
    await pause(50)
  }
  throw new Error(`${url} does not give the upstream's reply`)
}

function startRedis(folder: string, port: number): Promise<RunningProgram> {
  const command = requireProgram(
    {
      title: 'Redis',
      names: ['redis-server', 'valkey-server'],
      aptPackage: 'redis-server',
      alternative: 'The bench counts limits in it.',
    },
    (line) => process.stdout.write(`${line}\n`),
  )
  const url = `redis://127.0.0.1:${port}`
  return startProgram({
    name: 'redis',
    command: 'taskset',
    args: ['-c', otherCore, command, '-'],
    input: `port ${port}\nbind 127.0.0.1\nsave ""\nappendonly no\ndir ${folder}\n`,
    logPath: join(folder, 'redis.log'),
    async isReady() {
      const probe = new Redis(url, { lazyConnect: true, retryStrategy: () => null })
      probe.on('error', () => undefined)
      try {
        await probe.connect()
        return (await probe.ping()) === 'PONG'
      } catch {
        return false
      } finally {
        probe.disconnect()
      }
    },
  })
}

async function startGateway(
  folder: string,
  environment: string,
  settings: Readonly<Record<string, string>>,
  profileFolder: string | undefined,
): Promise<RunningProgram & { readonly port: number }> {
  const port = await freePort()
  const opsPort = await freePort()
  const profile =
    profileFolder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${join(profileFolder, environment)}`]
  const program = await startProgram({
    name: `gateway-${environment}`,
    command: 'taskset',
    args: ['-c', proxyCore, process.execPath, ...profile, join(root, 'apps/gateway/dist/main.js')],
    env: {
      ...process.env,
      ENVIRONMENT: environment,
      ...settings,
      DATA_DIR: join(folder, `gateway-${environment}`),
      GATEWAY_HOST: '127.0.0.1',
      GATEWAY_PORT: String(port),
      OPS_PORT: String(opsPort),
      WORKERS: '1',
      LOG_LEVEL: 'warn',
    },
    logPath: join(folder, `gateway-${environment}.log`),
    isReady: () => answersOk(`http://127.0.0.1:${opsPort}/livez`),
  })
  return { ...program, port }
}

type LimitMode = 'leased' | 'strict'

const tenant = { id: 'ten_bench', name: 'bench', timeZone: 'UTC', policies: [] }

/** What a person writes for the smallest gateway. */
function manifestOf(upstreamUrl: string): ManifestInput {
  return {
    gatewright: 1,
    apis: [
      {
        name: 'bench',
        title: 'Bench',
        versions: [
          {
            name: 'v1',
            basePath: '/',
            public: true,
            upstream: { targets: [{ url: upstreamUrl }] },
            routes: [{ method: 'GET', path: '/bench' }],
            deployments: { plain: {} },
          },
        ],
      },
    ],
  }
}

/** The same route with a key and a limit. */
function snapshotOf(environment: string, upstreamUrl: string, mode: LimitMode): Snapshot {
  const use = (type: string, config: Record<string, unknown>) => ({
    id: `pol_${type}`,
    type,
    name: type,
    config,
  })
  return {
    format: 1,
    environment: { id: `env_${environment}`, name: environment },
    policies: [],
    tenants: [tenant],
    versions: [
      {
        id: 'ver_bench',
        tenantId: tenant.id,
        apiId: 'api_bench',
        apiName: 'bench',
        name: 'v1',
        apiRevision: 1,
        hosts: [],
        basePath: '/',
        groups: [],
        lifecycle: { state: 'published', deprecatedAt: null, sunsetAt: null, successorPath: null },
        upstream: {
          id: 'ups_bench',
          targets: [{ url: upstreamUrl, weight: 1 }],
          hostHeader: 'upstream',
          connectTimeoutMs: 5_000,
          firstByteTimeoutMs: 30_000,
          idleTimeoutMs: 30_000,
          totalTimeoutMs: 0,
          tlsVerify: true,
        },
        policies: [
          use('api-key', { header: 'X-API-Key' }),
          use('rate-limit', { limit: 100_000_000, windowMs: 60_000, by: 'application', mode }),
        ],
        routes: [
          {
            id: 'rte_bench',
            method: 'GET',
            path: '/bench',
            operationId: null,
            public: false,
            policies: [],
            mocks: [],
          },
        ],
      },
    ],
    plans: [{ id: 'pln_bench', tenantId: tenant.id, name: 'bench', versionIds: ['ver_bench'], policies: [] }],
  }
}

/** What the control plane does when someone publishes. */
async function publish(redis: Redis, environment: string, snapshot: Snapshot, key: string): Promise<void> {
  const document = canonicalJson(snapshot)
  const hash = createHash('sha256').update(document).digest('hex')
  const envelope: SnapshotEnvelope = { revision: 1, hash, publishedAt: Date.now(), document }
  const record: CredentialRecord = {
    credentialId: 'key_bench',
    tenantId: tenant.id,
    applicationId: 'app_bench',
    applicationName: 'bench',
    state: 'active',
    expiresAt: null,
    tryIt: false,
    subscriptions: [
      {
        subscriptionId: 'sub_bench',
        planId: 'pln_bench',
        planName: 'bench',
        state: 'active',
        versionIds: ['ver_bench'],
      },
    ],
  }
  await redis.hset(
    credentialsKey(environment),
    createHash('sha256').update(key).digest('hex'),
    JSON.stringify(record),
  )
  await redis.hset(credentialsKey(environment), 'revision', '1')
  await redis.set(snapshotKey(environment), JSON.stringify(envelope))
  await redis.set(headKey(environment), JSON.stringify({ revision: 1, hash, accessRevision: 1 }))
}
