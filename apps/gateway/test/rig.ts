// The world of a gateway in a test: a private Redis, real upstreams, real gateway processes, and what a publisher writes.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import {
  Agent,
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { canonicalJson } from '@gatewright/shared/canonical'
import {
  accessStream,
  credentialsKey,
  eventStream,
  gatewaysKey,
  headKey,
  snapshotKey,
  wakeChannel,
} from '@gatewright/shared/channels'
import type { RequestEvent } from '@gatewright/shared/event'
import { unpackBatch } from '@gatewright/shared/event-batch'
import type { CredentialRecord } from '@gatewright/shared/policies/policy'
import type { GatewayReport, Snapshot } from '@gatewright/shared/snapshot'
import { Redis } from 'ioredis'
import { freePort } from '../../../scripts/stack/ports.ts'
import { environment, sha256 } from './documents.ts'

const gatewayFolder = join(import.meta.dirname, '..')

/** Everything that was opened is closed at the end of the test that opened it: `await using rig = await createRig()`. */
export async function createRig() {
  const folder = mkdtempSync(join(tmpdir(), 'gatewright-gateway-'))
  const closers: (() => Promise<void> | void)[] = []
  const redis = await startRedis(join(folder), closers)
  const publisher = createPublisher(redis)
  let gatewayCount = 0

  return {
    folder,
    redis,
    publisher,
    startUpstream: (answer?: Answer) => startUpstream(closers, answer),
    async startGateway(settings: NodeJS.ProcessEnv = {}, args: readonly string[] = []) {
      const env = { REDIS_URL: redis.url, DATA_DIR: join(folder, `gateway-${++gatewayCount}`), ...settings }
      return startGateway(closers, env, args)
    },
    async [Symbol.asyncDispose]() {
      for (const close of closers.reverse()) await close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

export type Rig = Awaited<ReturnType<typeof createRig>>

// Redis.

type Closers = (() => Promise<void> | void)[]

async function startRedis(folder: string, closers: Closers) {
  const port = await freePort()
  let child: ChildProcess | null = null
  const client = new Redis({ port, host: '127.0.0.1', retryStrategy: () => 50, maxRetriesPerRequest: null })
  client.on('error', () => undefined)

  /** `empty`: as if its disk were another one. */
  async function start({ empty } = { empty: false }) {
    if (empty) rmSync(join(folder, 'appendonlydir'), { recursive: true, force: true })
    // Every write is on disk before it is answered, so that a kill is as good as a crash.
    const settings = ['--appendonly', 'yes', '--appendfsync', 'always', '--save', '', '--dir', folder]
    child = spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', ...settings], {
      stdio: 'ignore',
    })
    await until(async () => (await client.ping()) === 'PONG', 'Redis answers')
  }
  async function stop() {
    if (!child) return
    const ended = new Promise((resolve) => child?.once('exit', resolve))
    child.kill('SIGKILL')
    await ended
    child = null
  }
  await start()
  closers.push(async () => {
    client.disconnect()
    await stop()
  })
  return { url: `redis://127.0.0.1:${port}`, client, start, stop }
}

export type TestRedis = Awaited<ReturnType<typeof startRedis>>

// Upstream.

type Answer = (request: IncomingMessage, response: ServerResponse) => void

async function startUpstream(closers: Closers, answer?: Answer) {
  const seen: { method: string; url: string; headers: NodeJS.Dict<string | string[]> }[] = []
  const server = createServer((request, response) => {
    seen.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers })
    if (answer) answer(request, response)
    else {
      request.resume()
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ url: request.url, headers: request.headers }))
    }
  })
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve(typeof address === 'object' && address ? address.port : 0)
    })
  })
  closers.push(
    () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  )
  return { url: `http://127.0.0.1:${port}`, seen }
}

// Gateway.

export interface Reply {
  readonly status: number
  readonly headers: NodeJS.Dict<string | string[]>
  readonly body: string
  readonly json: () => Record<string, unknown>
}

export interface Call {
  readonly method?: string
  readonly headers?: Record<string, string>
  readonly body?: string
  readonly agent?: Agent
}

async function startGateway(closers: Closers, env: NodeJS.ProcessEnv, args: readonly string[]) {
  const child = spawn(
    process.execPath,
    ['--conditions=source', join(gatewayFolder, 'src/main.ts'), ...args],
    {
      env: {
        PATH: process.env.PATH,
        ENVIRONMENT: environment,
        GATEWAY_HOST: '127.0.0.1',
        GATEWAY_PORT: String(await freePort()),
        OPS_PORT: String(await freePort()),
        WORKERS: '2',
        // Machines that run tests do other things as well: being late is no reason to refuse here.
        OVERLOAD_DELAY_MS: '0',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  const logs: Record<string, unknown>[] = []
  let stderr = ''
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString()
  })
  const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)))
  const heard = new Set<(line: Record<string, unknown>) => void>()
  createInterface({ input: child.stdout }).on('line', (text) => {
    const line = JSON.parse(text) as Record<string, unknown>
    logs.push(line)
    for (const hear of heard) hear(line)
  })

  /** Resolves with the first log line (also a past one) that fits. */
  function logged(fits: (line: Record<string, unknown>) => boolean): Promise<Record<string, unknown>> {
    const past = logs.find(fits)
    if (past) return Promise.resolve(past)
    return new Promise((resolve, reject) => {
      const hear = (line: Record<string, unknown>) => {
        if (!fits(line)) return
        heard.delete(hear)
        resolve(line)
      }
      heard.add(hear)
      void exited.then((code) => reject(new Error(`the gateway ended with ${code}: ${stderr}`)))
    })
  }

  closers.push(async () => {
    child.kill('SIGKILL')
    await exited
  })
  const serving = await logged((line) => String(line.msg).startsWith('serving'))
  const url = `http://127.0.0.1:${serving.port}`
  const opsUrl = `http://127.0.0.1:${serving.opsPort}`

  return {
    id: String(serving.gatewayId),
    url,
    opsUrl,
    pid: child.pid ?? 0,
    logs,
    logged,
    call: (path: string, options: Call = {}) => call(`${url}${path}`, options),
    ops: (path: string, options: Call = {}) => call(`${opsUrl}${path}`, options),
    async stop() {
      child.kill('SIGTERM')
      return exited
    },
    async kill() {
      child.kill('SIGKILL')
      await exited
    },
  }
}

export type TestGateway = Awaited<ReturnType<typeof startGateway>>

/** Runs a gateway that is expected not to start; its exit code and what it said. */
export async function failToStart(env: NodeJS.ProcessEnv, args: readonly string[] = []) {
  const child = spawn(
    process.execPath,
    ['--conditions=source', join(gatewayFolder, 'src/main.ts'), ...args],
    {
      env: {
        PATH: process.env.PATH,
        LOG_LEVEL: 'silent',
        GATEWAY_HOST: '127.0.0.1',
        GATEWAY_PORT: '0',
        OPS_PORT: '0',
        ...env,
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  )
  let stderr = ''
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString()
  })
  const code = await new Promise<number | null>((resolve) => child.once('exit', resolve))
  return { code, stderr }
}

export function call(url: string, { method = 'GET', headers = {}, body, agent }: Call = {}): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method, headers, ...(agent && { agent }) }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString()
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: text,
          json: () => JSON.parse(text) as Record<string, unknown>,
        })
      })
    })
    request.on('error', reject)
    request.end(body)
  })
}

/** Each call goes to the next gateway: a plain round-robin balancer. */
export function balance(gateways: readonly TestGateway[]) {
  let next = 0
  return (path: string, options?: Call) => {
    const gateway = gateways[next++ % gateways.length]
    if (!gateway) throw new Error('there is no gateway')
    return gateway.call(path, options)
  }
}

// Publisher: what the admin API writes, as it writes it.

function createPublisher({ client }: TestRedis) {
  let revision = 0
  let hash = ''
  let accessRevision = 0

  async function writeHead(wake: boolean) {
    const head = JSON.stringify({ revision, hash, accessRevision })
    await client.set(headKey(environment), head)
    if (wake) await client.publish(wakeChannel(environment), head)
  }

  return {
    get revision() {
      return revision
    },
    get accessRevision() {
      return accessRevision
    },
    /** `wake` false: the message is lost. */
    async publish(snapshot: Snapshot, { wake = true } = {}) {
      const document = canonicalJson(snapshot)
      revision++
      hash = sha256(document)
      const envelope = { revision, hash, publishedAt: Date.now(), document }
      await client.set(snapshotKey(environment), JSON.stringify(envelope))
      await client.hsetnx(credentialsKey(environment), 'revision', accessRevision)
      await writeHead(wake)
      return { revision, hash }
    },
    async setCredential(keyHash: string, record: CredentialRecord | null, { wake = true } = {}) {
      accessRevision++
      const records = credentialsKey(environment)
      if (record) await client.hset(records, keyHash, JSON.stringify(record))
      else await client.hdel(records, keyHash)
      await client.hset(records, 'revision', accessRevision)
      await client.xadd(accessStream(environment), `${accessRevision}-0`, 'hash', keyHash)
      await writeHead(wake)
      return accessRevision
    },
    head: () => ({ revision, hash, accessRevision }),
    async reports(): Promise<GatewayReport[]> {
      const values = await client.hvals(gatewaysKey(environment))
      return values.map((text) => JSON.parse(text) as GatewayReport)
    },
    async events(): Promise<RequestEvent[]> {
      const entries = await client.xrange(eventStream, '-', '+')
      return entries.flatMap(([, fields]) => unpackBatch(fields[1] ?? '').events as RequestEvent[])
    },
    /** Resolves when all these gateways say that they run what was published last. */
    async live(gateways: readonly { readonly id: string }[]) {
      await until(async () => {
        const reports = await this.reports()
        return gateways.every((gateway) => {
          const report = reports.find((it) => it.gatewayId === gateway.id)
          return (
            report?.revision === revision && report.hash === hash && report.accessRevision === accessRevision
          )
        })
      }, `revision ${revision} is live`)
    },
  }
}

// Waiting.

/** Asks until the answer is yes; a no after 20 s is a failure that says what was waited for. */
export async function until(condition: () => Promise<boolean> | boolean, what: string, timeoutMs = 20_000) {
  const deadline = performance.now() + timeoutMs
  while (performance.now() < deadline) {
    if (await condition()) return
    await delay(20)
  }
  throw new Error(`not within ${timeoutMs} ms: ${what}`)
}
