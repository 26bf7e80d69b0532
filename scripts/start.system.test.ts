// `npm start` as a newcomer meets it: up with one real call, data that survives, a clean end, and clear refusals.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freePort, isFree } from './stack/ports.ts'
import { signIn } from './stack/session.ts'

const root = join(import.meta.dirname, '..')
let folder: string
let ports: Record<'PORT' | 'GATEWAY_PORT' | 'OPS_PORT' | 'UPSTREAM_PORT', string>
const started: Started[] = []

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gatewright-start-'))
  const port = async () => String(await freePort())
  ports = {
    PORT: await port(),
    GATEWAY_PORT: await port(),
    OPS_PORT: await port(),
    UPSTREAM_PORT: await port(),
  }
})

afterAll(async () => {
  for (const { child, exited } of started) {
    child.kill('SIGKILL')
    await exited
  }
  rmSync(folder, { recursive: true, force: true })
})

test('I13: starts, makes a real call, stops cleanly on Ctrl-C, and finds its data again in under 15 s', async () => {
  const first = start()
  await first.says('Gatewright is running.')
  await first.says('Ctrl-C stops everything')
  const text = first.output()
  expect(text).toContain('"title":"Dune"')
  const [, email = '', password = ''] = /owner\s+(\S+@\S+)\s+(\S+)/.exec(text) ?? []
  const owner = await signIn(`http://localhost:${ports.PORT}`, email, password)
  await owner.client.applications.create({ tenant: 'acme', title: 'Written before the restart' })

  first.child.kill('SIGINT')
  expect(await first.exited).toBe(0)
  for (const port of Object.values(ports)) expect(await isFree(Number(port))).toBe(true)

  const begun = performance.now()
  const second = start()
  await second.says('Ctrl-C stops everything')
  expect(performance.now() - begun).toBeLessThan(15_000)
  const again = await signIn(`http://localhost:${ports.PORT}`, email, password)
  const { data } = await again.client.applications.list({ tenant: 'acme', search: 'before the restart' })
  expect(data).toHaveLength(1)

  const third = start({ PORT: String(await freePort()) })
  expect(await third.exited).toBe(1)
  expect(third.output()).toContain(`Gatewright is already running on ${folder}`)

  // Killed as by a power cut: what it started goes with it, and the next start cleans up.
  second.child.kill('SIGKILL')
  await second.exited
  const fourth = start()
  await fourth.says('Ctrl-C stops everything')
  fourth.child.kill('SIGTERM')
  expect(await fourth.exited).toBe(0)
})

test('I13: a port in use is named, with the variable that chooses another', async () => {
  const holder = createServer()
  await new Promise<void>((resolve) => holder.listen(Number(ports.GATEWAY_PORT), resolve))
  const refused = start()
  expect(await refused.exited).toBe(1)
  expect(refused.output()).toContain(`Port ${ports.GATEWAY_PORT} (gateway) is already in use`)
  expect(refused.output()).toContain(`GATEWAY_PORT=${Number(ports.GATEWAY_PORT) + 1}`)
  await new Promise((resolve) => holder.close(resolve))
})

test.each([
  ['DATABASE_URL', 'postgres://nobody@127.0.0.1:1/none', 'DATABASE_URL does not lead to a PostgreSQL'],
  ['REDIS_URL', 'redis://127.0.0.1:1', 'REDIS_URL does not lead to a Redis'],
])('a %s that leads nowhere is named', async (name, value, message) => {
  const refused = start({ [name]: value })
  expect(await refused.exited).toBe(1)
  expect(refused.output()).toContain(message)
})

type Started = {
  child: ChildProcess
  exited: Promise<number | null>
  output(): string
  /** Resolves when the text was printed; fails when the process ends without it. */
  says(text: string): Promise<void>
}

function start(env: Record<string, string> = {}): Started {
  const child = spawn(process.execPath, [join(root, 'scripts/start.ts')], {
    cwd: root,
    env: { ...process.env, ...ports, GATEWRIGHT_DATA: folder, WORKERS: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const listeners = new Set<() => void>()
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
      for (const listener of listeners) listener()
    })
  const exited = new Promise<number | null>((resolve) => child.on('close', resolve))
  const handle: Started = {
    child,
    exited,
    output: () => output,
    says: (text) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (!output.includes(text)) return
          listeners.delete(look)
          resolve()
        }
        listeners.add(look)
        look()
        void exited.then(() => reject(new Error(`Ended without saying "${text}":\n${output}`)))
      }),
  }
  started.push(handle)
  return handle
}
