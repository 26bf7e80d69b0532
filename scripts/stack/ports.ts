// Where the stack listens: free ports for tests, the documented ones (or those chosen by variables) for a person.
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
  const claim = (variable: string, standard: number, what: string, offset = 0) =>
    claimPort(Number(process.env[variable] || standard) + offset, variable, what)
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

export async function freePort(): Promise<number> {
  const port = await listenOnce(0)
  if (port === undefined) throw new Error('This machine has no free port on 127.0.0.1.')
  return port
}

export async function isFree(port: number): Promise<boolean> {
  return (await listenOnce(port)) !== undefined
}

/** The port when it is free, else an error that names it and the variable that chooses another. */
export async function claimPort(port: number, variable: string, what: string): Promise<number> {
  if (await isFree(port)) return port
  throw new Error(
    `Port ${port} (${what}) is already in use. Stop the program that holds it, or choose another port: ${variable}=${port + 1} npm start`,
  )
}

function listenOnce(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(undefined))
    server.listen({ port, host: '0.0.0.0', exclusive: true }, () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' ? address?.port : undefined))
    })
  })
}
