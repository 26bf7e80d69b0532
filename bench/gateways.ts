// This gateway in its forms: standalone and plain, or managed as the control plane would have set it up, with few routes or many.
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { canonicalJson } from '@gatewright/shared/canonical'
import { credentialsKey, headKey, snapshotKey, wakeChannel } from '@gatewright/shared/channels'
import { createKey } from '@gatewright/shared/key'
import type { ManifestInput } from '@gatewright/shared/manifest'
import { defaultUpstream, upstreamSettings } from '@gatewright/shared/model/upstream'
import type { CredentialRecord } from '@gatewright/shared/policies/policy'
import type {
  PolicyUse,
  RouteDocument,
  Snapshot,
  SnapshotEnvelope,
  VersionDocument,
} from '@gatewright/shared/snapshot'
import type { Redis } from 'ioredis'
import { freePort } from '../scripts/stack/ports.ts'
import { answersOk, type RunningProgram, startProgram } from '../scripts/stack/process.ts'
import { proxyCore } from './load.ts'
import { type Keep, paths } from './program.ts'

const root = join(import.meta.dirname, '..')

export interface GatewayRun extends RunningProgram {
  readonly origin: string
  /** The revision that its workers serve; null before the first. */
  revision(): Promise<number | null>
  /** What its workers hold by themselves, without the rest of the process. */
  workersMb(): Promise<number>
}

export interface GatewaySettings {
  readonly folder: string
  /** Where it leaves its CPU profiles when it ends; undefined: none. */
  readonly profileFolder: string | undefined
  readonly keep: Keep
}

async function startGateway(
  { folder, profileFolder, keep }: GatewaySettings,
  environment: string,
  settings: Readonly<Record<string, string>>,
): Promise<GatewayRun> {
  const port = await freePort()
  const opsPort = await freePort()
  const profile =
    profileFolder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${join(profileFolder, environment)}`]
  const program = await keep(
    startProgram({
      name: `gateway-${environment}`,
      command: 'taskset',
      // As its image starts it (apps/gateway/Dockerfile).
      args: [
        ...['-c', proxyCore, process.execPath, '--no-memory-reducer', ...profile],
        join(root, 'apps/gateway/dist/main.js'),
      ],
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
    }),
  )
  return {
    ...program,
    origin: `http://127.0.0.1:${port}`,
    async revision() {
      const ready = await (await fetch(`http://127.0.0.1:${opsPort}/readyz?verbose`)).text()
      const found = /configuration: revision (\d+)/.exec(ready)
      return found === null ? null : Number(found[1])
    },
    async workersMb() {
      const metrics = await (await fetch(`http://127.0.0.1:${opsPort}/metrics`)).text()
      return Number(/^gw_worker_memory_bytes (\S+)/m.exec(metrics)?.[1]) / 1_048_576
    },
  }
}

/** No control plane, no policies, nobody to send analytics to. `largeUrl`: where bodies of a gigabyte come from and go. */
export function startPlain(
  settings: GatewaySettings,
  upstreamUrl: string,
  largeUrl: string,
): Promise<GatewayRun> {
  const manifest = join(settings.folder, 'plain.json')
  writeFileSync(manifest, JSON.stringify(manifestOf(upstreamUrl, largeUrl)))
  return startGateway(settings, 'plain', { MANIFEST: manifest })
}

export interface Managed {
  readonly gateway: GatewayRun
  readonly key: string
  /** Routes that answer GET, beside those that every contestant has. */
  readonly routePaths: readonly string[]
  /** What the control plane does when someone publishes; with an edition the policies of routes are new ones. */
  publish(edition: number): Promise<number>
  /** Makes keys that the gateway has not seen, each with a plan for ten versions. */
  makeKeys(count: number): Promise<string[]>
}

export interface ManagedSettings extends GatewaySettings {
  readonly environment: string
  readonly redis: Redis
  readonly redisUrl: string
  readonly upstreamUrl: string
  readonly mode: 'leased' | 'strict'
  readonly versions: number
  readonly routesPerVersion: number
  readonly cacheSize?: number
}

/** With a key that is checked, a limit that is counted, and an event per request sent to Redis. */
export async function startManaged(settings: ManagedSettings): Promise<Managed> {
  const { environment, redis, redisUrl, cacheSize = 20_000 } = settings
  let revision = 0
  async function publish(edition: number) {
    revision++
    await publishSnapshot(redis, environment, snapshotOf(settings, edition), revision)
    return revision
  }
  async function makeKeys(count: number, versionIds: readonly string[]) {
    const keys = Array.from({ length: count }, () => createKey(environment))
    for (let from = 0; from < count; from += 1_000) {
      const records = keys
        .slice(from, from + 1_000)
        .flatMap((key, i) => [sha256(key), JSON.stringify(credentialOf(from + i, versionIds))])
      await redis.hset(credentialsKey(environment), ...records)
    }
    await redis.hset(credentialsKey(environment), 'revision', '1')
    return keys
  }
  const [key = ''] = await makeKeys(1, versionIdsOf(settings))
  await publish(0)
  const gateway = await startGateway(settings, environment, {
    REDIS_URL: redisUrl,
    CREDENTIAL_CACHE_SIZE: String(cacheSize),
  })
  return {
    gateway,
    key,
    routePaths: routePathsOf(settings),
    publish,
    makeKeys: (count) => makeKeys(count, versionIdsOf(settings).slice(0, 10)),
  }
}

/** With one snapshot for good, and credentials by the text whose sha256 they are found by. */
export async function startServing(
  settings: Pick<ManagedSettings, 'folder' | 'profileFolder' | 'keep' | 'redis' | 'redisUrl'>,
  snapshot: Snapshot,
  credentials: ReadonlyMap<string, CredentialRecord>,
): Promise<GatewayRun> {
  const { redis, redisUrl } = settings
  const environment = snapshot.environment.name
  const records = [...credentials].flatMap(([text, record]) => [sha256(text), JSON.stringify(record)])
  await redis.hset(credentialsKey(environment), ...records, 'revision', '1')
  await publishSnapshot(redis, environment, snapshot, 1)
  return startGateway(settings, environment, { REDIS_URL: redisUrl })
}

/** Resolves when all workers serve the revision. */
export async function live(gateway: GatewayRun, revision: number): Promise<void> {
  for (let attempt = 0; attempt < 600; attempt++) {
    if ((await gateway.revision()) === revision) return
    await pause(50)
  }
  throw new Error(`${gateway.name} does not serve revision ${revision}; its log is ${gateway.logPath}`)
}

export const tenant = { id: 'ten_bench', name: 'bench', timeZone: 'UTC', policies: [] }

/** What a person writes for the smallest gateway. */
function manifestOf(upstreamUrl: string, largeUrl: string): ManifestInput {
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
            upstreams: {
              [defaultUpstream]: { targets: [{ url: upstreamUrl }] },
              large: { targets: [{ url: largeUrl }] },
            },
            routes: [
              { method: 'GET', path: paths.small },
              { method: 'POST', path: paths.small },
              { method: 'GET', path: paths.medium },
              { method: 'GET', path: paths.large, upstream: 'large' },
              { method: 'POST', path: paths.large, upstream: 'large' },
            ],
            deployments: { plain: {} },
          },
        ],
      },
    ],
  }
}

type Shape = Pick<ManagedSettings, 'environment' | 'upstreamUrl' | 'mode' | 'versions' | 'routesPerVersion'>

const versionIdsOf = ({ versions }: Shape) =>
  Array.from({ length: versions + 1 }, (_, i) => (i === 0 ? 'ver_bench' : `ver_bench_${i}`))

/** One version with the routes of all contestants, and others as APIs have them: collections, items, some with a limit of their own. */
function snapshotOf(shape: Shape, edition: number): Snapshot {
  const { environment, upstreamUrl, mode, routesPerVersion } = shape
  const benchRoutes = [
    routeOf('bench_get', 'GET', paths.small),
    routeOf('bench_post', 'POST', paths.small),
    routeOf('bench_medium', 'GET', paths.medium),
  ]
  const routesOf = (version: number) =>
    Array.from({ length: routesPerVersion }, (_, i) => {
      const id = `${version}_${i}`
      const path = `/things-${i >> 1}/{id}`
      // Writing is limited route by route: half of the routes have a policy of their own.
      return i % 2 === 0
        ? routeOf(id, 'GET', path)
        : routeOf(id, 'POST', path, [
            useOf(`${id}_limit`, 'rate-limit', { limit: 1_000_000 + edition, windowMs: 60_000, mode }),
          ])
    })
  return {
    format: 1,
    environment: { id: `env_${environment}`, name: environment },
    policies: [],
    tenants: [tenant],
    versions: versionIdsOf(shape).map((id, i) =>
      versionOf({
        id,
        basePath: i === 0 ? '/' : `/api-${i}`,
        upstreamUrl,
        policies: [
          useOf(`key_${i}`, 'api-key', { header: 'X-API-Key' }),
          useOf(`limit_${i}`, 'rate-limit', {
            limit: 100_000_000,
            windowMs: 60_000,
            by: 'application',
            mode,
          }),
        ],
        routes: i === 0 ? benchRoutes : routesOf(i),
      }),
    ),
    plans: [
      {
        id: 'pln_bench',
        tenantId: tenant.id,
        name: 'bench',
        versionIds: versionIdsOf(shape),
        policies: [],
      },
    ],
  }
}

export function useOf(id: string, type: string, config: Record<string, unknown>): PolicyUse {
  return { id: `pol_${id}`, type, name: type, config }
}

export function routeOf(
  id: string,
  method: string,
  path: string,
  policies: PolicyUse[] = [],
  more: Partial<RouteDocument> = {},
): RouteDocument {
  return {
    id: `rte_${id}`,
    method,
    path,
    operationId: null,
    public: false,
    when: null,
    upstream: null,
    policies,
    mocks: [],
    ...more,
  }
}

interface VersionShape extends Pick<VersionDocument, 'id' | 'basePath' | 'policies' | 'routes'> {
  readonly upstreamUrl: string
}

export function versionOf({ upstreamUrl, ...version }: VersionShape): VersionDocument {
  return {
    ...version,
    tenantId: tenant.id,
    apiId: `api_of_${version.id}`,
    apiName: version.id,
    name: 'v1',
    apiRevision: 1,
    hosts: [],
    groups: [],
    lifecycle: { state: 'published', deprecatedAt: null, sunsetAt: null, successorPath: null },
    selector: null,
    upstreams: [
      {
        id: `ups_of_${version.id}`,
        name: defaultUpstream,
        ...upstreamSettings.parse({ targets: [{ url: upstreamUrl }] }),
      },
    ],
    traffic: null,
  }
}

function routePathsOf({ versions, routesPerVersion }: Shape): string[] {
  const collections = Math.ceil(routesPerVersion / 2)
  return Array.from({ length: versions }, (_, v) =>
    Array.from({ length: collections }, (_, i) => `/api-${v + 1}/things-${i}/42`),
  ).flat()
}

export function credentialOf(index: number, versionIds: readonly string[]): CredentialRecord {
  return {
    credentialId: `key_bench_${index}`,
    tenantId: tenant.id,
    applicationId: `app_bench_${index}`,
    applicationName: 'bench',
    state: 'active',
    expiresAt: null,
    tryIt: false,
    subscriptions: [
      {
        subscriptionId: `sub_bench_${index}`,
        planId: 'pln_bench',
        planName: 'bench',
        state: 'active',
        versionIds,
      },
    ],
  }
}

async function publishSnapshot(
  redis: Redis,
  environment: string,
  snapshot: Snapshot,
  revision: number,
): Promise<void> {
  const document = canonicalJson(snapshot)
  const hash = sha256(document)
  const envelope: SnapshotEnvelope = { revision, hash, publishedAt: Date.now(), document }
  await redis.set(snapshotKey(environment), JSON.stringify(envelope))
  const head = JSON.stringify({ revision, hash, accessRevision: 1 })
  await redis.set(headKey(environment), head)
  await redis.publish(wakeChannel(environment), head)
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
