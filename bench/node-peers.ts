// The proxies that others build with in Node, each a small server on the same core in the same run.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '../scripts/stack/ports.ts'
import { answersAnything, startProgram } from '../scripts/stack/process.ts'
import { proxyCore } from './load.ts'
import type { Contestant, Keep } from './program.ts'

/** Packages of npm; the server of each is the file of that name in `proxies`. */
export const nodePeers = [
  { name: '@fastify/http-proxy', file: 'fastify-http-proxy.ts' },
  { name: 'http-proxy-3', file: 'http-proxy-3.ts' },
  { name: 'httpxy', file: 'httpxy.ts' },
] as const

interface Setting {
  readonly folder: string
  readonly upstreamUrl: string
  readonly keep: Keep
}

export async function startNodePeers({ folder, upstreamUrl, keep }: Setting): Promise<Contestant[]> {
  const peers: Contestant[] = []
  for (const { name, file } of nodePeers) {
    if (!existsSync(join(import.meta.dirname, '../node_modules', name, 'package.json'))) {
      process.stdout.write(`${name} is left out: it is not installed (npm ci)\n`)
      continue
    }
    const port = await freePort()
    const origin = `http://127.0.0.1:${port}`
    const { pid } = await keep(
      startProgram({
        name,
        command: 'taskset',
        args: ['-c', proxyCore, process.execPath, join(import.meta.dirname, 'proxies', file)],
        env: { ...process.env, PORT: String(port), UPSTREAM: upstreamUrl, NODE_ENV: 'production' },
        logPath: join(folder, `${file}.log`),
        isReady: () => answersAnything(`${origin}/`),
      }),
    )
    const what = `${name} of npm as reverse proxy, one process, connections to the upstream kept`
    peers.push({ name, what, origin, headers: [], pids: [pid] })
  }
  return peers
}
