// Where the stack listens: free ports for tests, the documented ones (or those chosen by variables) for a person.
import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'
import type { StackOptions } from './stack.ts'

export type GatewayPorts = { port: number; opsPort: number }

export async function choosePorts({ ports, gateways = 1 }: StackOptions) {
  if (ports === 'free') {
    const gatewayPorts: GatewayPorts[] = []
    for (let i = 0; i < gateways; i++)
      gatewayPorts.push({ port: await freePort(), opsPort: await freePort() })
    return { admin: await freePort(), upstream: await freePort(), gateways: gatewayPorts }
  }
  const claimed = new Map<number, string>()
  const claim = async (variable: string, standard: number, what: string, offset = 0) => {
    const port = portOf(variable, standard) + offset
    const other = claimed.get(port)
    if (other !== undefined)
      throw new Error(`${variable} and ${other} are both ${port}: choose another port for one of them.`)
    claimed.set(port, variable)
    return claimPort(port, variable, what)
  }
  const admin = await claim('PORT', 8080, 'admin API and portal')
  const upstream = await claim('UPSTREAM_PORT', 8090, 'sample upstream')
  const gatewayPorts: GatewayPorts[] = []
  for (let i = 0; i < gateways; i++)
    gatewayPorts.push({
      port: await claim('GATEWAY_PORT', 8000, 'gateway', 2 * i),
      opsPort: await claim('OPS_PORT', 8001, 'gateway health and metrics', 2 * i),
    })
  return { admin, upstream, gateways: gatewayPorts }
}

function portOf(variable: string, standard: number): number {
  const given = process.env[variable]
  if (!given) return standard
  const port = Number(given)
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port
  throw new Error(`${variable} is "${given}": use a port from 1 to 65535.`)
}

// Below the range from which systems take ports by themselves, for connections and for `listen(0)`: what is chosen
// here stays free until the program that gets it has started, however long that takes.
const first = 10_240
const count = 32_768 - first
let turn = randomInt(count)

/** A port on which nothing listens; never the same twice in one process, and hardly the same in two. */
export async function freePort(): Promise<number> {
  for (let tried = 0; tried < count; tried++) {
    const port = first + (turn++ % count)
    if (await isFree(port)) return port
  }
  throw new Error(`This machine has no free port from ${first} to ${first + count - 1}.`)
}

export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host: '0.0.0.0', exclusive: true }, () => server.close(() => resolve(true)))
  })
}

/** The port when it is free, else an error that names it and the variable that chooses another. */
async function claimPort(port: number, variable: string, what: string): Promise<number> {
  if (await isFree(port)) return port
  throw new Error(
    `Port ${port} (${what}) is already in use. Stop the program that holds it, or choose another port: ${variable}=${port + 1} npm start`,
  )
}
