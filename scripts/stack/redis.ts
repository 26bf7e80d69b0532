// The stack's Redis: the one REDIS_URL names, else a private server of this machine's own program.
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { freePort, isFree } from './ports.ts'
import { type RunningProgram, startProgram } from './process.ts'
import { isAlive, livesIn } from './process-mark.ts'
import { requireProgram } from './program.ts'

export type RedisServer = {
  url: string
  /** Absent for a server that is not ours. */
  program?: RunningProgram
  stop(): Promise<void>
}

type Options = {
  /** Holds `redis/` (the append-only file) and its log. */
  dataDir: string
  preferredPort?: number
  durable: boolean
  /** Forgets what the folder holds, as a Redis does that lost its disk. */
  empty?: boolean
  say: (line: string) => void
}

/** The path of the server's program, installed first where that is possible. */
export function requireRedis(say: (line: string) => void): string {
  return requireProgram(
    {
      title: 'Redis',
      names: ['redis-server', 'valkey-server'],
      aptPackage: 'redis-server',
      alternative: 'Or set REDIS_URL to a Redis of your own.',
    },
    say,
  )
}

export async function startRedis(options: Options): Promise<RedisServer> {
  const { dataDir, preferredPort, durable, empty = false, say } = options
  const command = requireRedis(say)
  const folder = join(dataDir, 'redis')
  await stopOrphan(folder)
  if (empty) rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const port = preferredPort !== undefined && (await isFree(preferredPort)) ? preferredPort : await freePort()
  const url = `redis://127.0.0.1:${port}`
  const settings = [
    `port ${port}`,
    'bind 127.0.0.1',
    `dir "${folder}"`,
    `pidfile "${join(folder, 'redis.pid')}"`,
    `appendonly ${durable ? 'yes' : 'no'}`,
    'save ""',
    'databases 64',
    'maxmemory-policy noeviction',
  ]
  const program = await startProgram({
    name: 'Redis',
    command,
    args: ['-'],
    input: `${settings.join('\n')}\n`,
    logPath: join(dataDir, 'logs/redis.log'),
    isReady: () => answersPing(url),
  })
  return { url, program, stop: program.stop }
}

/** A given REDIS_URL must work at once: it is somebody's choice, and the message is about that choice. */
export async function useRedis(url: string): Promise<RedisServer> {
  if (!(await answersPing(url)))
    throw new Error('REDIS_URL does not lead to a Redis: correct it, or unset it to use a private one.')
  return { url, stop: async () => undefined }
}

async function answersPing(url: string): Promise<boolean> {
  const client = new Redis(url, {
    lazyConnect: true,
    retryStrategy: () => null,
    connectTimeout: 2_000,
    maxRetriesPerRequest: 0,
  })
  client.on('error', () => undefined)
  try {
    await client.connect()
    return (await client.ping()) === 'PONG'
  } catch {
    return false
  } finally {
    client.disconnect()
  }
}

// A server that outlived its stack would write the same append-only file as ours. The number in its file may meanwhile
// be anybody's, another Redis among them.
async function stopOrphan(folder: string): Promise<void> {
  const pidPath = join(folder, 'redis.pid')
  if (!existsSync(pidPath)) return
  const pid = Number(readFileSync(pidPath, 'utf8'))
  if (pid > 0 && isAlive(pid) && livesIn(folder, pid)) {
    process.kill(pid, 'SIGTERM')
    const deadline = Date.now() + 10_000
    while (isAlive(pid)) {
      if (Date.now() > deadline) throw new Error(`Redis ${pid} does not stop: end that process.`)
      await delay(50)
    }
  }
  rmSync(pidPath, { force: true })
}
