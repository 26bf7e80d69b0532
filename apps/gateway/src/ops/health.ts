// What operators and orchestrators ask on the separate port: are you alive, ready, started, and how are you doing.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'

/** One condition and whether it holds; `detail` is for people. */
export interface HealthCheck {
  readonly name: string
  readonly ok: boolean
  readonly detail: string
}

export interface HealthDeps {
  /** Can traffic be sent here? A configuration is loaded and the gateway is not draining; Redis may be away. */
  readonly ready: () => readonly HealthCheck[]
  /** Has it started? As `ready`, but never false again. */
  readonly started: () => readonly HealthCheck[]
  /** Prometheus text of all workers. */
  readonly metrics: () => Promise<string>
}

const alive: readonly HealthCheck[] = [{ name: 'process', ok: true, detail: 'answers' }]

export function createOpsServer(deps: HealthDeps): Server {
  return createServer((request, response) => {
    const [path, query = ''] = (request.url ?? '').split('?')
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { Allow: 'GET, HEAD' }).end()
    } else if (path === '/livez') {
      sendChecks(response, alive, query)
    } else if (path === '/readyz') {
      sendChecks(response, deps.ready(), query)
    } else if (path === '/startupz') {
      sendChecks(response, deps.started(), query)
    } else if (path === '/metrics') {
      sendMetrics(request, response, deps)
    } else {
      send(response, 404, 'Here are /livez, /readyz, /startupz and /metrics.\n')
    }
  })
}

function sendChecks(response: ServerResponse, checks: readonly HealthCheck[], query: string): void {
  const ok = checks.every((check) => check.ok)
  const verbose = new URLSearchParams(query).has('verbose')
  const lines = checks
    .filter((check) => verbose || !check.ok)
    .map((check) => `[${check.ok ? '+' : '-'}] ${check.name}: ${check.detail}\n`)
  send(response, ok ? 200 : 503, `${lines.join('')}${ok ? 'ok' : 'not ok'}\n`)
}

function sendMetrics(request: IncomingMessage, response: ServerResponse, deps: HealthDeps): void {
  deps.metrics().then(
    (text) => {
      response.writeHead(200, { 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8' })
      response.end(request.method === 'HEAD' ? '' : text)
    },
    (error: unknown) => send(response, 500, `metrics cannot be gathered: ${String(error)}\n`),
  )
}

function send(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' })
  response.end(text)
}
