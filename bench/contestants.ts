// Who takes part: nginx as reverse proxy, the gateway plain, the gateway with key, limit and analytics, its peers; and their upstream.
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { eventStream } from '@gatewright/shared/channels'
import type { CredentialRecord } from '@gatewright/shared/policies/policy'
import type { Snapshot } from '@gatewright/shared/snapshot'
import { Redis } from 'ioredis'
import { freePort } from '../scripts/stack/ports.ts'
import { type RunningProgram, startProgram } from '../scripts/stack/process.ts'
import { requireProgram } from '../scripts/stack/program.ts'
import {
  type GatewayRun,
  type GatewaySettings,
  live,
  type Managed,
  startManaged,
  startPlain,
  startServing,
} from './gateways.ts'
import { type LargeBodies, startLargeBodies } from './large-bodies.ts'
import { otherCore, proxyCore } from './load.ts'
import { proxyToService, serviceAt, startNginx, startUpstream, upstreamBodies } from './nginx.ts'
import { startNodePeers } from './node-peers.ts'
import { startPeers } from './peers.ts'
import { type Contestant, type Keep, paths } from './program.ts'

export interface Stage {
  /** nginx comes first. */
  readonly contestants: readonly Contestant[]
  /** The upstream without anybody between. */
  readonly direct: Contestant
  readonly plain: GatewayRun
  readonly full: Managed
  readonly largeBodies: LargeBodies
  /** A further gateway with everything on. */
  startLarge(environment: string, versions: number, routesPerVersion: number): Promise<Managed>
  /** A further gateway with one snapshot for good. */
  startServing(snapshot: Snapshot, credentials: ReadonlyMap<string, CredentialRecord>): Promise<GatewayRun>
  readonly upstreamUrl: string
  /** Between two measurements: what is left to do is done, and nobody else's turn pays for it. */
  rest(): Promise<void>
  stop(): Promise<void>
}

export interface StageOptions {
  readonly folder: string
  /** Where gateways leave their CPU profiles when they end; undefined: none. */
  readonly profileFolder: string | undefined
  readonly withPeers: boolean
}

export async function startContestants({ folder, profileFolder, withPeers }: StageOptions): Promise<Stage> {
  const started: RunningProgram[] = []
  const keep: Keep = async (program) => {
    const running = await program
    started.push(running)
    return running
  }
  const upstreamPort = await freePort()
  const upstream = await keep(startUpstream(folder, upstreamPort))
  const upstreamUrl = `http://127.0.0.1:${upstreamPort}`
  const largeBodies = await startLargeBodies()

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

  const gateways: GatewaySettings = { folder, profileFolder, keep }
  const managed = { ...gateways, redis, redisUrl, upstreamUrl }
  const few = { versions: 1, routesPerVersion: 7 }
  const plain = await startPlain(gateways, upstreamUrl, largeBodies.url)
  const full = await startManaged({ ...managed, ...few, environment: 'full', mode: 'leased' })
  const strict = await startManaged({ ...managed, ...few, environment: 'strict', mode: 'strict' })

  const peers = withPeers
    ? [
        ...(await startPeers({ folder, upstreamPort, keep })),
        ...(await startNodePeers({ folder, upstreamUrl, keep })),
      ]
    : []
  const contestants: Contestant[] = [
    {
      name: 'nginx',
      what: 'nginx as reverse proxy, one worker, kept-alive connections to the upstream',
      origin: `http://127.0.0.1:${nginxPort}`,
      headers: [],
      pids: [nginx.pid],
    },
    {
      name: 'gateway-plain',
      what: 'standalone, one worker, a public route without policies, nobody to send analytics to',
      origin: plain.origin,
      headers: [],
      pids: [plain.pid],
    },
    asContestant(
      'gateway-full',
      'managed, one worker, API key checked, rate limit counted across gateways (leased), metrics, an event per request sent to Redis',
      full,
    ),
    asContestant(
      'gateway-full-strict',
      'the same, each call counted in Redis before it goes on (strict)',
      strict,
    ),
    ...peers,
  ]
  for (const contestant of contestants) await answers(contestant)
  return {
    contestants,
    direct: {
      name: 'direct',
      what: 'the upstream with nobody between',
      origin: upstreamUrl,
      headers: [],
      pids: [upstream.pid],
    },
    plain,
    full,
    largeBodies,
    upstreamUrl,
    async startServing(snapshot, credentials) {
      const gateway = await startServing({ ...gateways, redis, redisUrl }, snapshot, credentials)
      await live(gateway, 1)
      return gateway
    },
    startLarge: (environment, versions, routesPerVersion) =>
      startManaged({
        ...managed,
        environment,
        mode: 'leased',
        versions,
        routesPerVersion,
        cacheSize: 200_000,
      }),
    async rest() {
      await pause(250)
      // Nobody reads the events here, and a Redis that swaps would be measured instead of us.
      await redis.del(eventStream)
    },
    async stop() {
      redis.disconnect()
      largeBodies.close()
      for (const program of started.reverse()) await program.stop()
    },
  }
}

export function asContestant(name: string, what: string, { gateway, key }: Managed): Contestant {
  return { name, what, origin: gateway.origin, headers: [`X-API-Key: ${key}`], pids: [gateway.pid] }
}

/** Resolves when both replies come through as the upstream sends them. */
export async function answers({ origin, headers }: Contestant): Promise<void> {
  const fields = Object.fromEntries(headers.map((header) => header.split(': ') as [string, string]))
  for (const path of [paths.small, paths.medium] as const) {
    for (let attempt = 0; ; attempt++) {
      // A gateway listens when it has something to serve.
      const response = await fetch(`${origin}${path}`, { headers: fields }).catch(() => null)
      if (response?.ok && (await response.text()) === upstreamBodies[path]) break
      if (attempt === 200) throw new Error(`${origin}${path} does not give the upstream's reply`)
      await pause(50)
    }
  }
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
