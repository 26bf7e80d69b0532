// A round-robin balancer for tests that count: each request, not each connection, goes to the next gateway.
import {
  Agent,
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'

export type Balancer = AsyncDisposable & { url: string; stop(): Promise<void> }

/** Gateways that cannot be reached are answered for with 502, never tried elsewhere: a test must see them. */
export async function startBalancer(targets: string[], port = 0): Promise<Balancer> {
  const agent = new Agent({ keepAlive: true, maxSockets: 256 })
  let turn = 0
  const server: Server = createServer((incoming, outgoing) => {
    const target = targets[turn++ % targets.length] ?? ''
    forward(incoming, outgoing, target, agent)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  const stop = () =>
    new Promise<void>((resolve) => {
      agent.destroy()
      server.close(() => resolve())
      server.closeAllConnections()
    })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { url, stop, [Symbol.asyncDispose]: stop }
}

function forward(incoming: IncomingMessage, outgoing: ServerResponse, target: string, agent: Agent): void {
  const { hostname, port } = new URL(target)
  const upstream = request({
    hostname,
    port,
    agent,
    method: incoming.method,
    path: incoming.url,
    headers: incoming.rawHeaders,
  })
  upstream.on('response', (answer) => {
    outgoing.writeHead(answer.statusCode ?? 502, answer.rawHeaders)
    answer.pipe(outgoing)
    answer.on('error', () => outgoing.destroy())
  })
  upstream.on('error', () => {
    if (outgoing.headersSent) outgoing.destroy()
    else outgoing.writeHead(502).end()
  })
  outgoing.on('close', () => upstream.destroy())
  incoming.pipe(upstream)
}
