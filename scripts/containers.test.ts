// The container files cannot be run where they are tested, so they are read: what they name must exist and agree.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { envNames } from '../apps/admin-api/src/env.ts'
import { vaultVariables } from '../apps/gateway/src/runtime/vault/settings.ts'

const root = join(import.meta.dirname, '..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')

const apps = [
  { app: 'admin-api', portVariables: ['PORT'] },
  { app: 'gateway', portVariables: ['GATEWAY_PORT', 'OPS_PORT'] },
]

type Service = {
  image: string
  build?: { dockerfile: string }
  environment?: Record<string, string>
  ports?: string[]
  depends_on?: Record<string, unknown>
  volumes?: string[]
}
// `<<` is YAML 1.1's merge, which compose understands.
const compose = parse(read('docker-compose.yml'), { merge: true }) as {
  services: Record<string, Service>
  volumes: Record<string, null>
}
const ownServices = Object.entries(compose.services).filter(([, { build }]) => build !== undefined)

/** Names of the variables that an app's env.ts reads; the gateway's from its text, flags included. */
function variablesOf(app: string): Set<string> {
  if (app === 'admin-api') return new Set(envNames)
  const elsewhere = app === 'gateway' ? Object.keys(vaultVariables) : []
  const names = read(`apps/${app}/src/env.ts`).matchAll(/^\s+([A-Z][A-Z_]+):|variables\.([A-Z_]+)/gm)
  return new Set([...elsewhere, ...[...names].map(([, field, property]) => field ?? property ?? '')])
}

function instructions(app: string): { name: string; rest: string }[] {
  return read(`apps/${app}/Dockerfile`)
    .replace(/\\\n/g, ' ')
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('#'))
    .map((line) => ({ name: line.split(' ', 1)[0] ?? '', rest: line.slice(line.indexOf(' ') + 1).trim() }))
}

function imageVariables(app: string): Map<string, string> {
  const pairs = instructions(app)
    .filter(({ name }) => name === 'ENV')
    .flatMap(({ rest }) => rest.split(/\s+/))
  return new Map(pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]))
}

const exposedPorts = (app: string) =>
  instructions(app)
    .filter(({ name }) => name === 'EXPOSE')
    .flatMap(({ rest }) => rest.split(/\s+/))

describe.each(apps)('Dockerfile of $app', ({ app, portVariables }) => {
  test('every path that is copied from the repository exists', () => {
    const sources = instructions(app)
      .filter(({ name, rest }) => name === 'COPY' && !rest.startsWith('--from'))
      .flatMap(({ rest }) => rest.split(/\s+/).slice(0, -1))
    expect(sources.filter((path) => !existsSync(join(root, path)))).toEqual([])
  })

  test('every stage that is copied from is a stage before', () => {
    const stages = new Set<string>()
    for (const { name, rest } of instructions(app)) {
      const from = /^--from=(\S+)/.exec(rest)?.[1]
      if (name === 'COPY' && from) expect(stages).toContain(from)
      const [, base = '', stage] = /^(\S+)(?: AS (\S+))?$/.exec(rest) ?? []
      if (name === 'FROM' && !base.startsWith('node:24')) expect(stages).toContain(base)
      if (name === 'FROM' && stage) stages.add(stage)
    }
    expect(stages.size).toBe(3)
  })

  test('every manifest of the lock file is copied, so that npm ci accepts it', () => {
    const lock = JSON.parse(read('package-lock.json')) as { packages: Record<string, { link?: boolean }> }
    const workspaces = Object.keys(lock.packages).filter((path) =>
      /^(apps|packages|examples)\/[^/]+$/.test(path),
    )
    const copied = instructions(app).map(({ rest }) => rest.split(/\s+/)[0])
    expect(workspaces.filter((path) => !copied.includes(`${path}/package.json`))).toEqual([])
  })

  test('every variable that it sets is read by env.ts', () => {
    const known = variablesOf(app)
    const unknown = [...imageVariables(app).keys()].filter((name) => name !== 'NODE_ENV' && !known.has(name))
    expect(unknown).toEqual([])
  })

  test('its ports, exposed and asked for health, are those it is told to listen on', () => {
    const variables = imageVariables(app)
    expect(exposedPorts(app)).toEqual(portVariables.map((name) => variables.get(name)))
    const health = instructions(app).find(({ name }) => name === 'HEALTHCHECK')?.rest ?? ''
    expect(exposedPorts(app)).toContain(/127\.0\.0\.1:(\d+)/.exec(health)?.[1])
  })

  test('it runs the built entry as a user that is not root', () => {
    expect(instructions(app).find(({ name }) => name === 'USER')?.rest).toBe('node')
    const command = JSON.parse(instructions(app).at(-1)?.rest ?? '[]') as string[]
    const entry = command.at(-1)?.replace('/dist/', '/src/').replace(/\.js$/, '.ts') ?? ''
    expect(existsSync(join(root, entry))).toBe(true)
  })
})

describe('docker-compose.yml', () => {
  test.each(ownServices)('%s sets only variables that its env.ts reads', (_, { build, environment = {} }) => {
    const app = build?.dockerfile.split('/')[1] ?? ''
    const known = variablesOf(app)
    expect(Object.keys(environment).filter((name) => !known.has(name))).toEqual([])
  })

  test.each(ownServices)('%s publishes only ports that its image exposes', (_, { build, ports = [] }) => {
    const exposed = exposedPorts(build?.dockerfile.split('/')[1] ?? '')
    for (const port of ports) expect(exposed).toContain(port.split(':')[1])
  })

  test('every Dockerfile, service and volume that is named exists', () => {
    for (const { build, depends_on = {}, volumes = [] } of Object.values(compose.services)) {
      if (build) expect(existsSync(join(root, build.dockerfile))).toBe(true)
      for (const name of Object.keys(depends_on)) expect(Object.keys(compose.services)).toContain(name)
      for (const volume of volumes) expect(Object.keys(compose.volumes)).toContain(volume.split(':')[0])
    }
  })

  test('addresses between services lead to a service and a port that it has', () => {
    const ports: Record<string, string> = {
      postgres: '5432',
      redis: '6379',
      'gateway-1': '8000',
      'gateway-2': '8000',
    }
    const addresses = ownServices
      .flatMap(([, { environment = {} }]) => Object.values(environment))
      .flatMap((value) => [...String(value).matchAll(/:\/\/(?:[^@/]*@)?([a-z0-9-]+):(\d+)/g)])
      .filter(([, host]) => host !== 'localhost')
    expect(addresses.length).toBeGreaterThan(0)
    for (const [, host = '', port] of addresses) expect(ports[host]).toBe(port)
  })

  test('PostgreSQL, Redis, the admin API and two gateways are in it', () => {
    expect(Object.keys(compose.services)).toEqual(
      expect.arrayContaining(['postgres', 'redis', 'admin-api', 'gateway-1', 'gateway-2']),
    )
  })
})

describe.each([
  ['admin-api', 'control-plane.md'],
  ['gateway', 'gateway.md'],
])('the settings of %s', (app, guide) => {
  test('are those that its guide lists', () => {
    const rows = read(`docs/guides/${guide}`).matchAll(/^\| (`[A-Z_]+`(?:, `[A-Z_]+`)*) \|/gm)
    const listed = [...rows].flatMap(([, names = '']) => names.replaceAll('`', '').split(', '))
    expect(listed.sort()).toEqual([...variablesOf(app)].sort())
  })
})
