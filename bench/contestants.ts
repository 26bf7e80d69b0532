// Who takes part: nginx as reverse proxy, the gateway plain, the gateway with key, limit and analytics; and their upstream.
import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
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
import { otherCore, type Target } from './load.ts'

const root = join(import.meta.dirname, '..')
const proxyCore = '0'
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

export async function startContestants(folder: string, profileFolder?: string): Promise<Stage> {
  const started: RunningProgram[] = []
  const keep = async <Program extends RunningProgram>(program: Promise<Program>): Promise<Program> => {
    const running = await program
    started.push(running)
    return running
  }
  const upstreamPort = await freePort()
  await keep(startNginx(folder, 'upstream', otherCore, upstreamPort, `return 200 '${body}';`))
  const upstreamUrl = `http://127.0.0.1:${upstreamPort}`

  const nginxPort = await freePort()
  const nginx = await keep(
    startNginx(
      folder,
      'nginx',
      proxyCore,
      nginxPort,
      `proxy_pass http://service; proxy_http_version 1.1; proxy_set_header Connection "";
       proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
       proxy_set_header X-Forwarded-Proto $scheme; proxy_set_header X-Request-Id $request_id;`,
      `upstream service { server 127.0.0.1:${upstreamPort}; keepalive 128; keepalive_requests 1000000000; }`,
    ),
  )

  const redisPort = await freePort()
  await keep(startRedis(folder, redisPort))
  const redis = new Redis(`redis://127.0.0.1:${redisPort}`)
  const manifest = join(folder, 'plain.json')
  writeFileSync(manifest, JSON.stringify(manifestOf(upstreamUrl)))
  const plain = await keep(startGateway(folder, 'plain', { MANIFEST: manifest }, profileFolder))
  const full = await keep(
    startGateway(folder, 'full', { REDIS_URL: `redis://127.0.0.1:${redisPort}` }, profileFolder),
  )
  const key = createKey('full')
  await publish(redis, 'full', snapshotOf('full', upstreamUrl), key)

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
      target: { url: `http://127.0.0.1:${full.port}/bench`, headers: [`X-API-Key: ${key}`] },
      pids: [full.pid],
      rest,
    },
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

function startNginx(
  folder: string,
  name: string,
  core: string,
  port: number,
  location: string,
  more = '',
): Promise<RunningProgram> {
  const command = requireProgram(
    {
      title: 'nginx',
      names: ['nginx', '/usr/sbin/nginx'],
      aptPackage: 'nginx-light',
      alternative: 'The bench compares with it.',
    },
    (line) => process.stdout.write(`${line}\n`),
  )
  const home = join(folder, name)
  mkdirSync(join(home, 'logs'), { recursive: true })
  const config = join(home, 'nginx.conf')
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  writeFileSync(
    config,
    `worker_processes 1; daemon off; pid ${home}/pid; error_log ${home}/logs/error.log;
     events { worker_connections 1024; }
     http {
       access_log off; keepalive_requests 1000000000; keepalive_timeout 600s; default_type application/json;
       ${paths.map((path) => `${path}_temp_path ${home}/${path};`).join(' ')}
       ${more}
       server { listen 127.0.0.1:${port}; location / { ${location} } }
     }`,
  )
  return startProgram({
    name,
    command: 'taskset',
    args: ['-c', core, command, '-p', home, '-c', config, '-e', `${home}/logs/error.log`],
    logPath: join(home, 'logs/out.log'),
    isReady: () => answersOk(`http://127.0.0.1:${port}/`),
  })
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
function snapshotOf(environment: string, upstreamUrl: string): Snapshot {
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
          use('rate-limit', { limit: 100_000_000, windowMs: 60_000, by: 'application', mode: 'leased' }),
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
