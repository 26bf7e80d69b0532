// The operations port of a gateway: health, the metrics of all its workers, and explanations.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { DriftRecord } from '@gatewright/shared/model/drift'
import type { UpstreamState, VersionUpstreams } from '@gatewright/shared/model/upstream-state'
import * as z from 'zod'
import type { Rollout } from '../config/rollout.ts'
import type { WorkerCrew } from '../crew.ts'
import { type Env, UsageError } from '../env.ts'
import type { ConnectionCounts } from '../request/connection-table.ts'
import { viaName } from '../request/headers.ts'
import { mergeDrift } from '../runtime/schemas/drift.ts'
import type { GuardWatch } from '../traffic/guard-watch.ts'
import type { GuardFacts } from '../traffic/guards.ts'
import { mergeUpstreams } from '../upstream/live-state.ts'
import { createOpsServer, type HealthCheck } from './health.ts'
import { type MetricsReport, mergeReports, renderPrometheus, type Sample } from './metrics.ts'

export interface OperationsDeps {
  readonly env: Env
  readonly crew: WorkerCrew
  readonly rollout: Rollout
  /** Whether connections are taken: a loaded configuration alone serves nobody. */
  readonly isListening: () => boolean
  readonly isDraining: () => boolean
  readonly redisIsReady: () => boolean
  readonly counts: () => Counts
  readonly guards: GuardWatch
}

interface Counts {
  readonly events: { readonly sent: number; readonly spooled: number; readonly dropped: number }
  readonly spoolBytes: number
  readonly lastGoodFailures: number
  readonly vault: { readonly followed: number; readonly failing: number }
  readonly discoveries: { readonly followed: number; readonly failing: number }
  readonly knownKeys: number
  readonly accessRevision: number
  readonly connections: ConnectionCounts
}

export interface Operations {
  readonly port: number
  close(): Promise<void>
}

const explainRequest = z.strictObject({
  method: z
    .string()
    .regex(/^[A-Z][A-Z0-9-]*$/)
    .default('GET'),
  url: z.string().min(1).max(65_536),
  headers: z.record(z.string(), z.string()).default({}),
  clientAddress: z.string().max(64).default('192.0.2.1'),
})
const bodyBytesMax = 256 * 1024

/** Throws `UsageError` when the port is taken. */
export async function createOperations(deps: OperationsDeps): Promise<Operations> {
  const { env } = deps
  let hasStarted = false
  const ready = (): HealthCheck[] => {
    const { live, refusal } = deps.rollout
    hasStarted ||= live !== null
    return [
      { name: 'configuration', ok: live !== null, detail: live ? `revision ${live.revision}` : 'none yet' },
      { name: 'port', ok: deps.isListening(), detail: deps.isListening() ? 'open' : 'not open yet' },
      { name: 'drain', ok: !deps.isDraining(), detail: deps.isDraining() ? 'draining' : 'not draining' },
      { name: 'workers', ok: deps.crew.living > 0, detail: `${deps.crew.living} living` },
      // Never a reason to send traffic elsewhere: all gateways of a Redis would go at once.
      { name: 'redis', ok: true, detail: deps.redisIsReady() ? 'connected' : 'away' },
      {
        name: 'refusal',
        ok: true,
        detail: refusal ? `revision ${refusal.revision}: ${refusal.reason}` : 'none',
      },
    ]
  }
  const health = createOpsServer({
    ready,
    started: () => (hasStarted ? [] : ready()),
    metrics: () => metricsText(deps),
  })
  const server = createServer((request, response) => {
    // Whoever may publish an API could name this port as its upstream; a gateway says that the request came through it.
    if (request.headers.via?.includes(viaName)) sendJson(response, 403, { title: 'Not through a gateway' })
    else if (request.method === 'POST' && request.url === '/explain') void explain(request, response, deps)
    else if (request.method === 'GET' && request.url?.startsWith('/upstreams?'))
      void upstreams(request.url, response, deps)
    else if (request.method === 'GET' && request.url?.startsWith('/drift?'))
      void drift(request.url, response, deps)
    else health.emit('request', request, response)
  })
  const port = await new Promise<number>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const reason = error.code === 'EADDRINUSE' ? 'is in use by another program' : error.message
      reject(new UsageError(`OPS_PORT: ${env.OPS_HOST}:${env.OPS_PORT} ${reason}`))
    })
    server.listen(env.OPS_PORT, env.OPS_HOST, () => {
      const address = server.address()
      resolve(typeof address === 'object' && address ? address.port : env.OPS_PORT)
    })
  })
  return {
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function metricsText(deps: OperationsDeps): Promise<string> {
  const reports = (await deps.crew.askAll({ kind: 'metrics' })) as MetricsReport[]
  const merged = mergeReports(reports)
  return renderPrometheus({ ...merged, samples: [...merged.samples, ...samplesOf(deps)] })
}

function samplesOf({ env, crew, rollout, redisIsReady, counts }: OperationsDeps): Sample[] {
  const { events, spoolBytes, lastGoodFailures, discoveries, vault, knownKeys, accessRevision, connections } =
    counts()
  const { rss } = process.memoryUsage()
  const cpu = process.cpuUsage()
  const gauge = (name: string, help: string, value: number): Sample => ({
    name,
    help,
    type: 'gauge',
    labels: {},
    value,
  })
  const counter = (name: string, help: string, value: number): Sample => ({
    name,
    help,
    type: 'counter',
    labels: {},
    value,
  })
  return [
    gauge('gw_config_revision', 'Revision that all workers serve.', rollout.live?.revision ?? 0),
    gauge('gw_config_refused', '1 while the newest snapshot is refused.', rollout.refusal ? 1 : 0),
    gauge('gw_access_revision', 'Revision of keys and subscriptions.', accessRevision),
    gauge('gw_workers', 'Workers that live.', crew.living),
    gauge('gw_connections', 'Connections of clients that are open.', connections.open),
    gauge(
      'gw_connections_busiest_address',
      'Connections of the address that holds the most.',
      connections.busiest,
    ),
    gauge(
      'gw_connections_per_address_max',
      'Connections that one address may hold; 0 = no limit.',
      env.MAX_CONNECTIONS_PER_ADDRESS,
    ),
    counter(
      'gw_connections_refused_total',
      'Connections that were closed at once: their address held too many.',
      connections.refused,
    ),
    gauge('gw_redis_up', '1 while Redis answers.', redisIsReady() ? 1 : 0),
    gauge('gw_known_keys', 'Keys remembered on disk.', knownKeys),
    counter('gw_last_good_failures_total', 'Snapshots that could not be kept on disk.', lastGoodFailures),
    gauge('gw_discovery_services', 'Services that are followed in registries.', discoveries.followed),
    gauge('gw_vault_secrets', 'Secrets that are followed in Vault.', vault.followed),
    gauge('gw_vault_failing', 'Secrets that cannot be read from Vault right now.', vault.failing),
    gauge('gw_discovery_failing', 'Services whose registry cannot be read right now.', discoveries.failing),
    counter('gw_events_sent_total', 'Events handed to the stream.', events.sent),
    gauge('gw_events_spooled', 'Events on disk.', events.spooled),
    gauge('gw_spool_bytes', 'Disk used by events that wait.', spoolBytes),
    counter('gw_events_dropped_total', 'Events lost.', events.dropped),
    gauge('process_resident_memory_bytes', 'Memory of the process, all workers together.', rss),
    counter('process_cpu_seconds_total', 'CPU time, all workers together.', (cpu.user + cpu.system) / 1e6),
  ]
}

async function explain(
  request: IncomingMessage,
  response: ServerResponse,
  { crew }: OperationsDeps,
): Promise<void> {
  try {
    const asked = explainRequest.safeParse(JSON.parse(await readBody(request)))
    if (!asked.success) {
      const errors = asked.error.issues.map((issue) => ({
        pointer: `/${issue.path.join('/')}`,
        detail: issue.message,
      }))
      sendJson(response, 400, { title: 'The question is not valid', errors })
      return
    }
    const answer = await crew.askOne({ kind: 'explain', request: asked.data })
    if (answer === undefined) sendJson(response, 503, { title: 'No worker lives' })
    else sendJson(response, 200, answer)
  } catch (error) {
    sendJson(response, 400, { title: 'The question is not JSON', detail: (error as Error).message })
  }
}

/** What this gateway sees of the upstreams of a version right now. */
async function upstreams(url: string, response: ServerResponse, { crew, guards }: OperationsDeps) {
  const versionId = new URL(url, 'http://gateway').searchParams.get('version') ?? ''
  try {
    const answers = await crew.askAll({ kind: 'upstreams', versionId })
    // null of a worker that does not serve it, an error of one that crashed over the question.
    const serving = answers.filter((answer): answer is UpstreamState[] => Array.isArray(answer))
    if (serving.length === 0) {
      sendJson(response, 404, { title: 'This gateway does not serve the version' })
      return
    }
    const guard = (await crew.askOne({ kind: 'guard', versionId })) as GuardFacts | null | undefined
    const answer: VersionUpstreams = {
      versionId,
      upstreams: mergeUpstreams(serving),
      guard: guard ? guards.stateOf(guard.id, guard.upstreams) : null,
    }
    sendJson(response, 200, answer)
  } catch (error) {
    sendJson(response, 503, { title: 'The workers did not answer', detail: (error as Error).message })
  }
}

/** Where the messages of a version were not what its document says, as the workers of this gateway counted it. */
async function drift(url: string, response: ServerResponse, { crew }: OperationsDeps) {
  const versionId = new URL(url, 'http://gateway').searchParams.get('version') ?? ''
  try {
    const answers = await crew.askAll({ kind: 'drift', versionId })
    // An error of a worker that crashed over the question.
    const counted = answers.filter((answer): answer is DriftRecord[] => Array.isArray(answer))
    sendJson(response, 200, { versionId, records: mergeDrift(counted) })
  } catch (error) {
    sendJson(response, 503, { title: 'The workers did not answer', detail: (error as Error).message })
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request) {
    length += (chunk as Buffer).length
    if (length > bodyBytesMax) throw new Error(`more than ${bodyBytesMax} bytes`)
    chunks.push(chunk as Buffer)
  }
  return Buffer.concat(chunks).toString()
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' })
  response.end(`${JSON.stringify(value)}\n`)
}
