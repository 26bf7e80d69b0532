// Everything that the product writes about traffic, to be searched: logs, tables, commands and keys of Redis, sinks, ports, files.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'
import { join, relative } from 'node:path'
import { Redis } from 'ioredis'
import pg from 'pg'
import type { Stack } from '../scripts/stack/stack.ts'

/** A text and where it was found. */
export interface Written {
  readonly where: string
  readonly text: string
}

/** Sinks are made by people who sign in, not by their tokens. */
export async function createSinks(
  { adminUrl, platformAdmin }: Stack,
  sinks: readonly object[],
): Promise<void> {
  const post = (path: string, body: object, headers: Record<string, string> = {}) =>
    fetch(`${adminUrl}/api/v1${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    })
  const entered = await post('/sign-in', platformAdmin)
  const cookies = entered.headers.getSetCookie().map((line) => line.split(';')[0])
  const { csrfToken } = (await entered.json()) as { csrfToken: string }
  for (const sink of sinks) {
    const made = await post(
      '/event-sinks',
      { title: 'Sink', ...sink },
      { cookie: cookies.join('; '), 'x-csrf-token': csrfToken },
    )
    if (made.status !== 201) throw new Error(`no sink: ${await made.text()}`)
  }
}

/** Takes what is sent to it, whatever it is; answers 204 over HTTP. */
export interface Receiver extends AsyncDisposable {
  readonly port: number
  readonly received: string[]
}

export async function startHttpReceiver(): Promise<Receiver> {
  const received: string[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const piece of request) body += piece
    received.push(`${JSON.stringify(request.headers)}\n${body}`)
    response.writeHead(204).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    received,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Reads each connection to its end, and closes it then. */
export async function startSyslogReceiver(): Promise<Receiver> {
  const received: string[] = []
  const sockets = new Set<Socket>()
  const server = createTcpServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket))
    socket.setEncoding('utf8').on('data', (piece) => received.push(String(piece)))
    socket.on('end', () => socket.end())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    received,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Every command that Redis is sent from now on, with its arguments: also of what is there for a moment only. */
export async function watchRedis(url: string): Promise<AsyncDisposable & { readonly commands: string[] }> {
  const commands: string[] = []
  const client = new Redis(url)
  // Redis is killed on purpose; who watches it comes back with it.
  client.on('error', () => undefined)
  const monitor = await client.monitor()
  monitor.on('monitor', (_time: string, parts: string[]) => commands.push(parts.join(' ')))
  monitor.on('error', () => undefined)
  return {
    commands,
    async [Symbol.asyncDispose]() {
      monitor.disconnect()
      client.disconnect()
    },
  }
}

/** All rows of all tables. */
export async function* readPostgres(url: string): AsyncGenerator<Written> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const { rows: tables } = await client.query<{ name: string }>(
      `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
       WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`,
    )
    for (const { name } of tables) {
      const { rows } = await client.query<{ row: string }>(`SELECT it::text AS row FROM ${name} AS it`)
      yield { where: `table ${name}`, text: rows.map(({ row }) => row).join('\n') }
    }
  } finally {
    await client.end()
  }
}

/** All keys with what they hold. */
export async function* readRedis(url: string): AsyncGenerator<Written> {
  const client = new Redis(url)
  try {
    for await (const keys of client.scanStream({ count: 1_000 })) {
      for (const key of keys as string[])
        yield { where: `redis ${key}`, text: `${key} ${await contentOf(client, key)}` }
    }
  } finally {
    client.disconnect()
  }
}

async function contentOf(client: Redis, key: string): Promise<string> {
  const type = await client.type(key)
  if (type === 'string') return (await client.get(key)) ?? ''
  if (type === 'hash') return JSON.stringify(await client.hgetall(key))
  if (type === 'list') return JSON.stringify(await client.lrange(key, 0, -1))
  if (type === 'set') return JSON.stringify(await client.smembers(key))
  if (type === 'zset') return JSON.stringify(await client.zrange(key, 0, -1, 'WITHSCORES'))
  if (type === 'stream') return JSON.stringify(await client.xrange(key, '-', '+'))
  if (type === 'none') return ''
  throw new Error(`nobody reads a ${type} of Redis here`)
}

/** What the ports for operators say. */
export async function* readPorts({ gateways, adminUrl }: Stack): AsyncGenerator<Written> {
  const pages = ['/metrics', '/health', '/ready', '/live', '/started']
  const urls = [
    ...gateways.flatMap(({ opsUrl }) => pages.map((page) => `${opsUrl}${page}`)),
    ...['/metrics', '/readyz', '/livez'].map((page) => `${adminUrl}${page}`),
  ]
  for (const url of urls) yield { where: url, text: await (await fetch(url)).text() }
}

/** Every file of the data folder: logs, databases, what gateways keep. `except`: names at its top or in `logs`. */
export function* readFiles(folder: string, except: readonly string[]): Generator<Written> {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    const name = relative(folder, path)
    if (!entry.isFile() || except.includes(name)) continue
    // Databases remove files while they are looked at.
    const bytes = statSync(path, { throwIfNoEntry: false }) && readOrGone(path)
    if (bytes) yield { where: name, text: bytes.toString('latin1') }
  }
}

function readOrGone(path: string): Buffer | undefined {
  try {
    return readFileSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
