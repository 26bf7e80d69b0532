// The process around the workers: configuration in, reports and events out, health and metrics, an orderly end.

import { randomBytes, randomInt } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { createServer, type Server } from 'node:net'
import type { Head } from '@gatewright/shared/snapshot'
import { pino } from 'pino'
import { createEventSink } from './analytics/sink.ts'
import { openSpool } from './analytics/spool.ts'
import { createLastGood } from './config/last-good.ts'
import { createManifestSource } from './config/manifest-source.ts'
import { createReporter } from './config/report.ts'
import { createRollout, type Rollout } from './config/rollout.ts'
import { type ConfigSource, createConfigSource } from './config/source.ts'
import { createCrew } from './crew.ts'
import { openDataDir } from './data-dir.ts'
import { type Env, operationsAddress, UsageError } from './env.ts'
import type { FromWorker, ToWorker } from './messages.ts'
import { createOperations } from './ops/operations.ts'
import { createConnectionMemory, readConnectionCounts } from './request/connection-table.ts'
import { createAccessFollower } from './runtime/access.ts'
import { openBlockRecords } from './runtime/blocks/block-records.ts'
import { createFlightDesk } from './runtime/in-flight.ts'
import { openKnownKeys } from './runtime/known-keys.ts'
import { createMemoryStore } from './runtime/limits/memory-store.ts'
import type { OutageLog } from './runtime/outage.ts'
import { createOutbound } from './runtime/outbound.ts'
import { followDatabaseFiles } from './runtime/places/database-files.ts'
import { connectRedis, isReady } from './runtime/redis.ts'
import { followListFolder } from './runtime/reputation/list-folder.ts'
import { createVaultClient } from './runtime/vault/client.ts'
import { createVaultDesk, type VaultDesk } from './runtime/vault/desk.ts'
import { createGuardRecord, createKeptTrips } from './traffic/guard-record.ts'
import { createGuardWatch } from './traffic/guard-watch.ts'
import { createDiscoverers } from './upstream/discovery/discoverers.ts'
import { createDiscoveryHub } from './upstream/discovery/hub.ts'
import { createDiscoveryDesk } from './upstream/discovery/line.ts'
import { createBlockList } from './upstream/forbidden.ts'

export interface Gateway {
  readonly gatewayId: string
  readonly port: number
  /** Of the port for https; null = there is none. */
  readonly tlsPort: number | null
  readonly opsPort: number
  /** Finishes what runs and ends; nothing is lost. */
  stop(): Promise<void>
}

const { version } = createRequire(import.meta.url)('../package.json') as { version: string }
const sweepEveryMs = 5_000
const lookAtSecretsEveryMs = 1_000
/** Whoever learns the keys of sessions can read what was said in them: they are of this process alone, and for half a day. */
const ticketKeysEveryMs = 12 * 3_600_000
const ticketKeysLength = 48

/** Throws `UsageError` when a setting is wrong, a port is taken, or a standalone gateway's manifest is refused. */
export async function startGateway(env: Env, onFatal: (reason: string) => void): Promise<Gateway> {
  const startedAt = Date.now()
  const dataDir = openDataDir(env.DATA_DIR, env.GATEWAY_ID, pino({ level: env.LOG_LEVEL }))
  const { gatewayId } = dataDir
  const log = pino({ level: env.LOG_LEVEL, base: { gatewayId } })
  const isManaged = env.manifest === null
  const workers = canSharePorts ? env.WORKERS : 1
  const port = await findPort(env.GATEWAY_HOST, env.GATEWAY_PORT, 'GATEWAY_PORT')
  const tlsPort = env.TLS_PORT === null ? null : await findPort(env.GATEWAY_HOST, env.TLS_PORT, 'TLS_PORT')

  const redis = isManaged ? connectRedis(env.REDIS_URL, 'supervisor', log) : null
  const subscriber = isManaged ? connectRedis(env.REDIS_URL, 'subscriber', log) : null
  const known = openKnownKeys(env.DATA_DIR, log)
  const blocks = redis && openBlockRecords(redis, env.ENVIRONMENT, env.DATA_DIR, log)
  const spool = openSpool(env.DATA_DIR, env.SPOOL_LIMIT_BYTES, log)
  const sink = createEventSink(redis, spool)
  const lastGood = createLastGood(env.DATA_DIR, log)
  const counters = createMemoryStore()
  const flights = createFlightDesk()
  const forbidden = createBlockList(env.FORBIDDEN_UPSTREAMS)
  const discoveries = createDiscoveryHub({
    create: createDiscoverers({ forbidden, dnsServers: env.DNS_SERVERS, registries: env.REGISTRIES }),
    forbidden,
    log,
  })
  const desk = createDiscoveryDesk(discoveries)
  const vault = openVault(env, log)
  const vaultTimer = setInterval(() => void vault.look(), lookAtSecretsEveryMs)
  const sweeper = setInterval(() => counters.sweep(), sweepEveryMs)

  function onMessage(message: FromWorker, reply: (message: ToWorker) => void) {
    switch (message.kind) {
      case 'take': {
        const grants = message.batch.items.map(({ bucket, ask }) => counters.take(bucket, ask))
        reply({ kind: 'granted', id: message.batch.id, grants })
        return
      }
      case 'in-flight':
        reply({ kind: 'flights', id: message.batch.id, admitted: flights.take(reply, message.batch) })
        return
      case 'give-back':
        counters.giveBack(message.bucket, message.ticket, message.amount)
        return
      case 'recall':
        reply({ kind: 'recalled', id: message.id, text: known.recall(message.sha256) })
        return
      case 'saw':
        known.saw(message.sha256, message.text)
        return
      case 'events':
        void sink.accept(message.batch).then(() => reply({ kind: 'events-taken' }))
        return
      case 'guard-counts':
        guards.hear(message.reports)
        return
      case 'events-dropped':
        sink.countDropped(message.count)
        return
      case 'discover':
        desk.follow(message, reply)
        return
      case 'discover-end':
        desk.end(message.id, reply)
        return
      case 'secret':
        vault.follow(message.reference, reply)
        return
      case 'secret-end':
        vault.end(message.reference, reply)
        return
      default:
        return
    }
  }

  const connectionMemory = createConnectionMemory(workers, randomInt(2 ** 31))
  const crew = createCrew({
    size: workers,
    workerData: {
      env,
      gatewayId,
      port,
      tlsPort,
      sharesPort: workers > 1,
      sharesCounters: workers > 1,
      connectionMemory,
    },
    drainMs: env.DRAIN_DELAY_MS + env.DRAIN_TIMEOUT_MS,
    accessPosition: known.position,
    blocks: blocks?.all ?? null,
    log,
    onMessage,
    onEnd(worker) {
      desk.forget(worker)
      vault.forget(worker)
      flights.forget(worker)
    },
    onFailure: onFatal,
  })
  const renewTicketKeys = () => crew.setTicketKeys(randomBytes(ticketKeysLength))
  const ticketTimer = tlsPort === null ? undefined : setInterval(renewTicketKeys, ticketKeysEveryMs)
  if (tlsPort !== null) renewTicketKeys()
  const guards = createGuardWatch({
    shared: redis && {
      record: createGuardRecord(redis, env.ENVIRONMENT, log),
      kept: createKeptTrips(env.DATA_DIR, log),
    },
    announce: (ids) => crew.setTripped(ids),
    nowMs: Date.now,
    log,
  })
  const rollout: Rollout = createRollout(crew, log, () => reporter?.changed())
  const access =
    redis && blocks && createAccessFollower(redis, env.ENVIRONMENT, known, blocks, crew.forget, log)
  let isListening = false
  let isDraining = false
  const operations = await createOperations({
    env,
    crew,
    rollout,
    isListening: () => isListening,
    isDraining: () => isDraining,
    redisIsReady: () => redis === null || isReady(redis),
    guards,
    counts: () => ({
      events: sink.counts,
      spoolBytes: spool.bytes,
      lastGoodFailures: lastGood.failures,
      discoveries: discoveries.counts,
      vault: vault.counts,
      knownKeys: known.size,
      accessRevision: access?.position ?? 0,
      connections: readConnectionCounts(connectionMemory),
    }),
  })

  const reporter =
    redis &&
    createReporter(redis, env.ENVIRONMENT, () => ({
      gatewayId,
      group: env.GATEWAY_GROUP,
      version,
      address: operationsAddress(env, operations.port),
      startedAt,
      at: Date.now(),
      workers: crew.living,
      revision: rollout.live?.revision ?? 0,
      hash: rollout.live?.hash ?? null,
      accessRevision: access?.position ?? 0,
      refusal: rollout.refusal,
      events: sink.counts,
    }))

  async function onHead(head: Head) {
    const before = access?.position
    const compared = guards.sync()
    await access?.follow(head)
    if (access?.position !== before) reporter?.changed()
    // Before a snapshot is pulled, so that no canary of it has a moment that another gateway denied it.
    await compared
  }

  const source: ConfigSource =
    env.manifest !== null
      ? createManifestSource({ path: env.manifest, environmentName: env.ENVIRONMENT, rollout, log })
      : createConfigSource({
          redis: present(redis),
          subscriber: present(subscriber),
          environmentName: env.ENVIRONMENT,
          rollout,
          lastGood,
          onHead,
          intervalMs: env.SYNC_INTERVAL_MS,
          log,
        })

  async function stop() {
    isDraining = true
    log.info('draining')
    source.stop()
    await crew.drain()
    clearInterval(sweeper)
    clearInterval(ticketTimer)
    databases.close()
    lists?.close()
    discoveries.close()
    clearInterval(vaultTimer)
    await vault.close()
    await reporter?.close()
    await sink.close()
    known.close()
    await operations.close()
    redis?.disconnect()
    subscriber?.disconnect()
    dataDir.release()
    log.info('stopped')
  }

  const databases = await followDatabaseFiles(
    { countries: env.COUNTRY_DATABASE, networks: env.NETWORK_DATABASE },
    (states) => crew.setPlaces(states),
    log,
  )
  const lists =
    env.ADDRESS_LISTS === null
      ? null
      : await followListFolder(env.ADDRESS_LISTS, (named) => crew.setAddressLists(named), log)
  crew.start(rollout)
  try {
    await source.start()
  } catch (error) {
    await stop()
    throw new UsageError((error as Error).message)
  }
  await crew.listen()
  isListening = true
  log.info(
    {
      host: env.GATEWAY_HOST,
      port,
      tlsPort,
      opsPort: operations.port,
      workers,
      revision: rollout.live?.revision ?? null,
    },
    rollout.live ? 'serving' : 'serving nothing yet: no configuration in Redis or on disk',
  )
  return { gatewayId, port, tlsPort, opsPort: operations.port, stop }
}

function openVault({ vault }: Env, log: OutageLog): VaultDesk {
  const now = Date.now
  // Where Vault is, the operator says: whatever is forbidden to teams is not to them.
  const open = createOutbound(createBlockList([]), async () => ({
    token: null,
    ca: vault === null || vault.caFile === null ? null : await readFile(vault.caFile, 'utf8'),
  }))
  const client = vault === null ? null : createVaultClient({ settings: vault, open, now })
  return createVaultDesk({
    client,
    refreshMs: vault?.refreshMs ?? 60_000,
    keepMs: vault?.keepMs ?? 0,
    log,
    now,
  })
}

// Where the kernel does not spread connections over sockets of one port, one worker serves.
const canSharePorts = ['linux', 'freebsd', 'dragonfly', 'aix', 'sunos'].includes(process.platform)

/**
 * The port that workers will share. Sharing would hide that another program has it, so it is asked for alone first.
 */
async function findPort(host: string, port: number, variable: string): Promise<number> {
  const server: Server = createServer()
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const reason =
        error.code === 'EADDRINUSE' ? 'is in use by another program' : `cannot be opened: ${error.message}`
      reject(new UsageError(`${variable}: ${host}:${port} ${reason}`))
    })
    server.listen({ host, port, exclusive: true }, () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : port))
    })
  })
}

function present<T>(value: T | null): T {
  if (value === null) throw new Error('a managed gateway has its connections')
  return value
}
