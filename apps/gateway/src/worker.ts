// One thread that serves: policies, upstream pools, caches and the compiled configuration, told what to do by the supervisor.
import type { Server } from 'node:net'
import { getHeapStatistics } from 'node:v8'
import { parentPort, workerData } from 'node:worker_threads'
import { createCedarEngine } from '@gatewright/shared/cedar/engine'
import { createAddressSet } from '@gatewright/shared/cidr'
import { Keyring } from '@gatewright/shared/sealing/keyring'
import { isbot } from 'isbot'
import { pino } from 'pino'
import { createEventBuffer } from './analytics/buffer.ts'
import { createDriftReports } from './analytics/drift-reports.ts'
import { buildEvent } from './analytics/event.ts'
import { type CompiledGeneration, compileSnapshot, type Identity } from './config/compile.ts'
import { SnapshotRefused, unpackSnapshot } from './config/parts.ts'
import type { FromWorker, Question, StaticCredentials, ToWorker, WorkerData } from './messages.ts'
import { explain } from './ops/explain.ts'
import { WorkerMetrics } from './ops/metrics.ts'
import { drain } from './ops/shutdown.ts'
import { ConnectionTable } from './request/connection-table.ts'
import type { RequestContext } from './request/context.ts'
import { createDebugGate } from './request/debug-gate.ts'
import { createHandler } from './request/handle.ts'
import { GatewayServer } from './request/server.ts'
import { createAuthorizers } from './runtime/authorizers/authorizers.ts'
import { createFunctions } from './runtime/authorizers/functions.ts'
import { blockSteps } from './runtime/blocks/block-steps.ts'
import { Blocklist } from './runtime/blocks/blocklist.ts'
import { createCertificateTrusts } from './runtime/certificates/certificate-trusts.ts'
import { createRevocationFeeds } from './runtime/certificates/revocation-feeds.ts'
import { createCounters } from './runtime/counters.ts'
import { createCredentialCache } from './runtime/credentials.ts'
import { createFirewalls, firewallSamples } from './runtime/firewall/firewalls.ts'
import { createInFlight, createRemoteInFlight } from './runtime/in-flight.ts'
import { createIntrospection } from './runtime/introspection/introspection.ts'
import { createKeyReader } from './runtime/keys/key-reader.ts'
import { createKeySets } from './runtime/keys/key-sets.ts'
import { createMemoryStore } from './runtime/limits/memory-store.ts'
import { createRedisStore } from './runtime/limits/redis-store.ts'
import { createRemoteStore } from './runtime/limits/remote-store.ts'
import { createLogins } from './runtime/logins/logins.ts'
import { createOutbound } from './runtime/outbound.ts'
import { createPacer } from './runtime/pacer.ts'
import { createPlaces } from './runtime/places/places.ts'
import { createRecallLine } from './runtime/recall-line.ts'
import { attempted, connectRedis } from './runtime/redis.ts'
import { createRedisCredentials } from './runtime/redis-credentials.ts'
import { createAddressLists } from './runtime/reputation/address-lists.ts'
import { createCodeMaker } from './runtime/schemas/code-maker.ts'
import { createDriftLog } from './runtime/schemas/drift.ts'
import { forms } from './runtime/schemas/multipart.ts'
import { createSchemaChecks } from './runtime/schemas/schema-checks.ts'
import { createSecrets } from './runtime/secrets.ts'
import { createSigning } from './runtime/signing/signing.ts'
import { createStaticCredentials } from './runtime/static-credentials.ts'
import { createTokenMemory } from './runtime/token-memory.ts'
import { createVaultLine } from './runtime/vault/line.ts'
import { createScanners } from './runtime/virus-scanners/scanners.ts'
import { createCertificateOpener } from './tls/central-certificates.ts'
import { followCertificateFolder } from './tls/certificate-folder.ts'
import { CertificateShelf } from './tls/certificate-shelf.ts'
import { TlsListener } from './tls/listener.ts'
import { tlsSamples } from './tls/samples.ts'
import { createGuards } from './traffic/guards.ts'
import { MirrorCounts } from './traffic/mirror.ts'
import { overloadSamples, watchEventLoop } from './traffic/overload.ts'
import { createRegistryAccess } from './upstream/discovery/access.ts'
import { createDiscoveryLine } from './upstream/discovery/line.ts'
import { createRegistryClient } from './upstream/discovery/registry-client.ts'
import { createBlockList } from './upstream/forbidden.ts'
import { createIdentities } from './upstream/identities.ts'
import { createUpstreamPools } from './upstream/pools.ts'

const port = parentPort
if (port === null) throw new Error('worker.ts is started by the supervisor')
const {
  env,
  gatewayId,
  index,
  sharesPort,
  port: listenPort,
  tlsPort,
  sharesCounters,
  connectionMemory,
} = workerData as WorkerData
const say = (message: FromWorker) => port.postMessage(message)
const log = pino({ level: env.LOG_LEVEL, base: { gatewayId, worker: index } })

// A policy that does not await what it starts fails alone: this thread has the requests of others.
process.on('unhandledRejection', (error) => log.error({ err: error }, 'a promise failed unheard'))
const sweepEveryMs = 1_000
const driftEveryMs = 5_000
/** What is remembered of tokens of identity providers. */
const tokenBytesMax = 64 * 1024 * 1024
const lookAtBodiesEveryMs = 5_000

const redis = env.manifest === null ? connectRedis(env.REDIS_URL, `worker-${index}`, log) : null

// Counters.
const remote = sharesCounters
  ? createRemoteStore({
      ask: (batch) => say({ kind: 'take', batch }),
      giveBack: (bucket, ticket, amount) => say({ kind: 'give-back', bucket, ticket, amount }),
    })
  : null
const remoteInFlight = sharesCounters
  ? createRemoteInFlight((batch) => say({ kind: 'in-flight', batch }))
  : null
const memory = createMemoryStore()
const counters = createCounters({
  shared: redis && createRedisStore(redis),
  own: remote ?? memory,
  ownIsHere: remote === null,
})
const inFlight = remoteInFlight ?? createInFlight()
setInterval(() => {
  counters.sweep()
  memory.sweep()
}, sweepEveryMs).unref()

// Credentials.
let accessPosition = 0
const recallLine = createRecallLine(say)
const staticKeys = createStaticCredentials()
const credentials = createCredentialCache(
  redis === null
    ? staticKeys
    : createRedisCredentials(redis, env.ENVIRONMENT, recallLine, () => accessPosition),
  env.CREDENTIAL_CACHE_SIZE,
)

// Tokens of identity providers.
const forbidden = createBlockList(env.FORBIDDEN_UPSTREAMS)
const accessTo = createRegistryAccess(env.REGISTRIES)
const keySets = createKeySets({ read: createKeyReader(createRegistryClient(forbidden), accessTo), log })
const outbound = createOutbound(forbidden, accessTo)
const introspection = createIntrospection({ open: outbound, log })
const logins = createLogins({ redis, environment: env.ENVIRONMENT, open: outbound, keySets, log })
const tokens = createTokenMemory({ entries: env.CREDENTIAL_CACHE_SIZE, bytes: tokenBytesMax })
const cedar = createCedarEngine()

// Secrets of configurations, and keys that requests are signed with.
const keyring = Keyring.from(env)
const vault = createVaultLine(say, log)
const secrets = createSecrets({ keys: keyring, folder: env.SECRETS_DIR, variables: process.env, vault })
const signing = createSigning({ keys: keyring, log })
const openCertificates = createCertificateOpener(keyring)
// Certificates of clients.
const revocationFeeds = createRevocationFeeds(createRegistryClient(forbidden), log)
const certificateTrusts = createCertificateTrusts(revocationFeeds, log)

// Attacks.
/** Nobody could tell a standalone gateway whom to block. */
const blocklist = redis === null ? null : new Blocklist()
const scanners = createScanners(forbidden, log)
const firewalls = createFirewalls({ rules: env.WAF_RULES, log })
const places = createPlaces()
const addressLists = createAddressLists()

// What documents say of messages.
const schemas = createSchemaChecks(createCodeMaker(log))
const drift = createDriftLog()

// What teams judge requests by.
const decisionBytesMax = 8 * 1024 * 1024
const functions = createFunctions()
const authorizers = createAuthorizers(outbound, functions, log)
const decisions = createTokenMemory({
  entries: Math.ceil(env.CREDENTIAL_CACHE_SIZE / 4),
  bytes: decisionBytesMax,
})

// Events.
const events = createEventBuffer((batch) => {
  port.postMessage({ kind: 'events', batch } satisfies FromWorker, [batch.json.buffer])
})
let eventsDropped = 0
setInterval(reportDropped, sweepEveryMs).unref()
const driftReports = createDriftReports(drift, events, () => live.current?.environmentId ?? null)
setInterval(() => driftReports.send(), driftEveryMs).unref()

function reportDropped() {
  if (events.dropped === eventsDropped) return
  say({ kind: 'events-dropped', count: events.dropped - eventsDropped })
  eventsDropped = events.dropped
}

const mirrors = new MirrorCounts()
const overload = watchEventLoop(env.OVERLOAD_DELAY_MS)

// Configuration: what serves, and what is ready to.
const discovery = createDiscoveryLine(say)
const pools = createUpstreamPools({
  forbidden: env.FORBIDDEN_UPSTREAMS,
  region: env.REGION,
  discovery,
  identities: createIdentities(env.UPSTREAM_IDENTITIES, log),
})
const guards = createGuards((reports) => say({ kind: 'guard-counts', reports }))
const live: { current: CompiledGeneration | null } = { current: null }
let prepared: { generation: CompiledGeneration; credentials: StaticCredentials | null } | null = null
let preparing: Promise<void> = Promise.resolve()
let aborted: Identity | null = null

async function prepare({ parcel, credentials: keys }: Extract<ToWorker, { kind: 'prepare' }>): Promise<void> {
  const identity: Identity = { revision: parcel.revision, hash: parcel.hash }
  prepared?.generation.retire()
  prepared = null
  aborted = null
  try {
    const generation = await compileSnapshot(
      identity,
      unpackSnapshot(parcel),
      {
        policies: {
          credentials,
          counters,
          scanners,
          inFlight,
          keySets,
          introspection,
          logins,
          tokens,
          firewalls,
          places,
          addressLists,
          authorizers,
          decisions,
          cedar,
          bots: { isBot: isbot },
          schemas,
          forms,
          drift,
          signing,
          certificates: certificateTrusts,
          environment: env.ENVIRONMENT,
        },
        secrets,
        certificates: tlsPort === null ? null : openCertificates,
        upstreams: pools,
        guards,
        mirrors,
        admission: overload,
        always: blocklist === null ? [] : blockSteps(blocklist),
        group: env.GATEWAY_GROUP,
        pause: live.current === null ? () => undefined : createPacer(),
      },
      live.current,
    )
    try {
      await Promise.all([
        discovery.settled(),
        keySets.settled(),
        firewalls.settled(),
        revocationFeeds.settled(),
        functionsLoaded(),
        vault.settled(),
      ])
    } catch (error) {
      generation.retire()
      throw error
    }
    if (isSame(aborted, identity)) generation.retire()
    else prepared = { generation, credentials: keys }
    say({ kind: 'prepared', identity })
  } catch (error) {
    if (!(error instanceof SnapshotRefused)) log.error({ err: error }, 'compiling crashed')
    say({
      kind: 'refused',
      identity,
      reason: error instanceof Error ? error.message : String(error),
      isPassing: error instanceof SnapshotRefused && error.isPassing,
    })
  }
}

/**
 * The control plane publishes no function that cannot be read. Whether one that can also runs, it does not know: such a one lets nobody in,
 * since what one team wrote must not hold up the configuration of all others.
 */
async function functionsLoaded(): Promise<void> {
  for (const { reason, isUnread } of await functions.settled()) {
    if (isUnread) throw new SnapshotRefused(`A function of a custom authorizer: ${reason}`)
    log.warn({ reason }, 'A function of a custom authorizer cannot be loaded; it lets nobody in')
  }
}

function commit(identity: Identity) {
  if (prepared && isSame(prepared.generation, identity)) {
    const before = live.current
    live.current = prepared.generation
    certificates.setCentral(prepared.generation.certificates)
    if (prepared.credentials) {
      staticKeys.replace(prepared.credentials)
      credentials.dropAll()
    }
    prepared = null
    before?.retire()
  }
  say({ kind: 'committed', identity })
}

function abort(identity: Identity) {
  aborted = identity
  if (!prepared || !isSame(prepared.generation, identity)) return
  prepared.generation.retire()
  prepared = null
}

function isSame(a: Identity | null, b: Identity): boolean {
  return a !== null && a.revision === b.revision && a.hash === b.hash
}

// Serving.
const metrics = new WorkerMetrics()
const settings = { problemBaseUrl: env.DOCS_URL }
const proxies = createAddressSet(env.TRUSTED_PROXIES)

/** A request is over. */
function observe(ctx: RequestContext) {
  metrics.observe(ctx)
  // A standalone gateway has nobody to tell.
  if (redis !== null)
    events.push(buildEvent(ctx, { environmentId: live.current?.environmentId ?? '', gatewayId }))
}

const handler = createHandler({
  ...settings,
  live,
  urlBytesMax: env.MAX_URL_BYTES,
  admission: overload,
  wantsTrace: createDebugGate(env.DEBUG_SECRET ?? null),
  arrived: () => metrics.arrived(),
  observe,
  log,
})
let isDraining = false

const server = new GatewayServer(handler, {
  ...settings,
  headersTimeoutMs: env.HEADERS_TIMEOUT_MS,
  requestTimeoutMs: env.REQUEST_TIMEOUT_MS,
  keepAliveTimeoutMs: env.KEEP_ALIVE_TIMEOUT_MS,
  headerBytesMax: env.MAX_HEADER_BYTES,
  bodyPace: { bytesPerSecondMin: env.MIN_BODY_BYTES_PER_SECOND, lookEveryMs: lookAtBodiesEveryMs },
  connections: new ConnectionTable(connectionMemory, index, env.MAX_CONNECTIONS_PER_ADDRESS),
  proxies,
  certificateField: env.CLIENT_CERT_FIELD === 'none' ? null : env.CLIENT_CERT_FIELD,
  observeUnread(ctx) {
    metrics.arrived()
    observe(ctx)
  },
})

const certificates = new CertificateShelf({ minVersion: env.TLS_MIN_VERSION })
if (tlsPort !== null && env.TLS_CERTIFICATES !== null)
  followCertificateFolder(env.TLS_CERTIFICATES, (own) => certificates.setOwn(own), log)
const tls =
  tlsPort === null
    ? null
    : new TlsListener(server, {
        minVersion: env.TLS_MIN_VERSION,
        certificates,
        handshakes: { timeoutMs: env.TLS_HANDSHAKE_TIMEOUT_MS, max: env.TLS_HANDSHAKES_MAX },
        asked: () => live.current?.asksForCertificate ?? null,
      })

let isListening = false

async function listen() {
  if (isListening) return
  isListening = true
  // Calls that came before this worker's connection was made would be refused for want of keys and counters.
  if (redis) await attempted(redis)
  if (isDraining) return
  if (tls !== null && tlsPort !== null) await open(tls, tlsPort)
  await open(server, listenPort)
  say({ kind: 'listening' })
}

function open(listener: Server, port: number): Promise<void> {
  return new Promise((resolve) => {
    const fail = (error: Error) => say({ kind: 'failed', reason: error.message })
    listener.once('error', fail)
    listener.listen({ host: env.GATEWAY_HOST, port, reusePort: sharesPort, backlog: 1024 }, () => {
      // From here on it is one connection that cannot be taken (too many files are open, say), and not the port.
      listener.off('error', fail)
      listener.on('error', (error) => log.error({ err: error }, 'a connection could not be accepted'))
      resolve()
    })
  })
}

async function leave() {
  isDraining = true
  server.isLeaving = true
  await new Promise((resolve) => setTimeout(resolve, env.DRAIN_DELAY_MS))
  const cut = server.listening ? await drain(server, env.DRAIN_TIMEOUT_MS, undefined, tls) : 0
  if (cut > 0) log.warn({ connections: cut }, 'connections were cut after the drain time')
  counters.close()
  firewalls.close()
  functions.close()
  driftReports.send()
  await events.drain()
  reportDropped()
  // What was written last (leases given back) leaves before the connection does.
  await redis?.quit().catch(() => undefined)
  say({ kind: 'drained' })
}

async function answer(question: Question): Promise<unknown> {
  if (question.kind === 'explain') return explain(live.current, question.request)
  if (question.kind === 'drift') return drift.of(question.versionId)
  if (question.kind === 'upstreams') {
    return live.current?.upstreams.get(question.versionId)?.map((upstream) => upstream.state()) ?? null
  }
  if (question.kind === 'guard') return live.current?.guards.get(question.versionId) ?? null
  const { open, idle } = pools.connectionCount()
  const gauge = (name: string, help: string, value: number, labels = {}) =>
    ({ name, help, type: 'gauge', labels, value }) as const
  return metrics.report([
    gauge('gw_upstream_connections', 'Connections to upstreams.', open - idle, { state: 'used' }),
    gauge('gw_upstream_connections', 'Connections to upstreams.', idle, { state: 'idle' }),
    gauge('gw_credential_cache_entries', 'Keys in the caches of workers.', credentials.size),
    gauge('gw_token_cache_entries', 'Verified tokens in the caches of workers.', tokens.size),
    gauge('gw_routes', 'Routes compiled, summed over workers.', live.current?.routeCount ?? 0),
    gauge('gw_event_buffer_length', 'Events that wait in workers.', events.length),
    gauge('gw_worker_memory_bytes', 'Heaps of workers, and what they hold outside.', memoryBytes()),
    ...firewallSamples(firewalls.counts),
    ...pools.samples(),
    ...overloadSamples(overload, index),
    ...mirrors.samples,
    ...(tls === null ? [] : tlsSamples(tls.counts, certificates, index)),
    {
      name: 'gw_worker_busy_seconds_total',
      help: 'Time that workers were not idle; its rate over gw_workers is how much of the gateway is in use.',
      type: 'counter',
      labels: {},
      value: performance.eventLoopUtilization().active / 1_000,
    },
  ])
}

/** This thread's own: the memory of the process is that of all threads, and of the program. */
function memoryBytes(): number {
  const { total_physical_size, external_memory, malloced_memory } = getHeapStatistics()
  return total_physical_size + external_memory + malloced_memory
}

port.on('message', (message: ToWorker) => {
  switch (message.kind) {
    case 'prepare':
      preparing = preparing.then(() => prepare(message))
      return
    case 'commit':
      commit(message.identity)
      return
    case 'abort':
      abort(message.identity)
      return
    case 'listen':
      void listen()
      return
    case 'access':
      accessPosition = message.position
      if (message.hashes === null) credentials.dropAll()
      else credentials.drop(message.hashes)
      if (message.blocks !== null) blocklist?.change(message.blocks)
      say({ kind: 'access-applied', position: message.position })
      return
    case 'granted':
      remote?.answer(message.id, message.grants)
      return
    case 'flights':
      remoteInFlight?.answer(message.id, message.admitted)
      return
    case 'recalled':
      recallLine.recalled(message.id, message.text)
      return
    case 'tripped':
      guards.setTripped(message.guards)
      return
    case 'ticket-keys':
      tls?.setTicketKeys(message.keys)
      return
    case 'places':
      places.use(message.states)
      return
    case 'address-lists':
      addressLists.use(message.lists)
      return
    case 'discovered':
      discovery.hear(message.id, message.state)
      return
    case 'secret':
      vault.hear(message.reference, message.state)
      return
    case 'events-taken':
      events.acknowledge()
      return
    case 'ask':
      answer(message.question).then(
        (value) => say({ kind: 'answer', id: message.id, value }),
        (error: unknown) => say({ kind: 'answer', id: message.id, value: { error: String(error) } }),
      )
      return
    case 'drain':
      void leave()
      return
  }
})
