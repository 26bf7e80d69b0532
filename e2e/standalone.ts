// A standalone gateway of the built product, and upstreams that can be killed, hung and brought back: what a test needs to
// break one of them under load.
import { once } from 'node:events'
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { ManifestInput } from '@gatewright/shared/manifest'
import { freePort } from '../scripts/stack/ports.ts'
import { answersAnything, logTail, startProgram } from '../scripts/stack/process.ts'

const root = join(import.meta.dirname, '..')

export interface StandaloneGateway extends AsyncDisposable {
  readonly url: string
  readonly opsUrl: string
  readonly port: number
  readonly pid: number
  /** Serves another manifest; resolves when every worker does. */
  configure(manifest: ManifestInput): Promise<void>
  /** The sum of a metric over its series. */
  metric(name: string): Promise<number>
  /** Resolves when a line of the log has this text. */
  logged(text: string): Promise<void>
  /** SIGTERM; answers what it ended of. */
  stop(): Promise<string>
}

export async function startStandalone(
  manifest: ManifestInput,
  env: Readonly<Record<string, string>> = {},
): Promise<StandaloneGateway> {
  const folder = mkdtempSync(join(tmpdir(), 'gatewright-standalone-'))
  const path = join(folder, 'gateway.yaml')
  const logPath = join(folder, 'gateway.log')
  const port = await freePort()
  const opsUrl = `http://127.0.0.1:${await freePort()}`
  const url = `http://127.0.0.1:${port}`
  // As editors do: no half of a file is ever there to be read. JSON is YAML.
  const write = (it: ManifestInput) => {
    writeFileSync(`${path}.new`, JSON.stringify(it))
    renameSync(`${path}.new`, path)
  }
  write(manifest)
  const program = await startProgram({
    name: 'gateway',
    command: process.execPath,
    args: ['--enable-source-maps', join(root, 'apps/gateway/dist/main.js'), '--manifest', path],
    cwd: root,
    logPath,
    isReady: () => answersAnything(`${url}/`),
    env: {
      ...process.env,
      NODE_ENV: 'production',
      GATEWAY_HOST: '127.0.0.1',
      GATEWAY_PORT: String(port),
      OPS_PORT: new URL(opsUrl).port,
      DATA_DIR: join(folder, 'data'),
      ...env,
    },
  })
  let isOver = false
  const metric = (name: string) => metricOf(opsUrl, name)
  return {
    url,
    opsUrl,
    port,
    pid: program.pid,
    metric,
    async configure(next) {
      const before = await metric('gw_config_revision')
      write(next)
      while ((await metric('gw_config_revision')) === before) {
        if ((await metric('gw_config_refused')) === 1) throw new Error(`refused:\n${logTail(logPath)}`)
        await delay(20)
      }
    },
    async logged(text) {
      while (!readFileSync(logPath, 'utf8').includes(text)) {
        if (isOver) throw new Error(`never logged ${text}:\n${logTail(logPath)}`)
        await delay(20)
      }
    },
    async stop() {
      process.kill(program.pid, 'SIGTERM')
      return program.exited
    },
    async [Symbol.asyncDispose]() {
      isOver = true
      await program.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** The sum of a metric of a gateway over its series. */
export async function metricOf(opsUrl: string, name: string): Promise<number> {
  const text = await (await fetch(`${opsUrl}/metrics`)).text()
  const values = [...text.matchAll(new RegExp(`^${name}(?:\\{.*\\})? (\\S+)$`, 'gm'))]
  if (values.length === 0) throw new Error(`no metric ${name}`)
  return values.reduce((sum, [, value]) => sum + Number(value), 0)
}

/** One public API `/api` behind which are these targets. */
export function manifestOf(
  targets: readonly TestUpstream[],
  more: {
    readonly upstream?: object
    readonly policies?: ManifestInput['policies']
    readonly routes?: NonNullable<NonNullable<ManifestInput['apis']>[number]['versions']>[number]['routes']
  } = {},
): ManifestInput {
  return {
    gatewright: 1,
    apis: [
      {
        name: 'api',
        title: 'API',
        versions: [
          {
            name: 'v1',
            basePath: '/api',
            public: true,
            deployments: { prod: {} },
            upstreams: {
              default: { targets: targets.map(({ url }) => ({ url })), ...more.upstream },
            },
            routes: more.routes ?? [
              { method: 'GET', path: '/echo' },
              { method: 'POST', path: '/echo' },
              { method: 'GET', path: '/slow' },
            ],
            policies: more.policies ?? [],
          },
        ],
      },
    ],
  }
}

/** Repeats the query as its body: at once, or (at /slow) when it is told to. */
export class TestUpstream implements AsyncDisposable {
  requests = 0
  /** Takes requests and answers none. */
  isHung = false
  readonly port: number
  readonly delayMs: number
  #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #held: ServerResponse[] = []

  private constructor(server: Server, port: number, delayMs: number) {
    this.#server = server
    this.port = port
    this.delayMs = delayMs
    this.#listen(server)
  }

  /** `delayMs`: how long it thinks before each answer. */
  static async start({ port = 0, delayMs = 0 } = {}): Promise<TestUpstream> {
    const server = await open(port)
    return new TestUpstream(server, (server.address() as AddressInfo).port, delayMs)
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  /** Requests to /slow that wait. */
  get held(): number {
    return this.#held.length
  }

  /** Answers those that wait. */
  release(): void {
    for (const response of this.#held.splice(0)) response.end('slow')
  }

  /** As the death of its process: the port is closed and so is every connection. */
  async kill(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    for (const socket of this.#sockets) socket.resetAndDestroy()
    await closed
  }

  async revive(): Promise<void> {
    this.#server = await open(this.port)
    this.#listen(this.#server)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#server.listening) await this.kill()
  }

  #listen(server: Server): void {
    server.on('connection', (socket) => {
      this.#sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => this.#sockets.delete(socket))
    })
    server.on('request', (request, response) => this.#answer(request, response))
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    this.requests++
    if (this.isHung) return
    const [path = '', mark = ''] = (request.url ?? '').split('?')
    const answer = () => {
      if (path === '/slow') this.#held.push(response)
      else if (this.delayMs === 0) response.end(mark)
      else setTimeout(() => response.end(mark), this.delayMs)
    }
    request.on('end', answer).resume()
  }
}

async function open(port: number): Promise<Server> {
  const server = createServer({ keepAliveTimeout: 60_000 })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return server
}
