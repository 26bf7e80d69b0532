// Several instances of one service on real ports, which tests stop, start again and let misbehave.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { upstreamSettings } from '@gatewright/shared/model/upstream'
import type { UpstreamDocument } from '@gatewright/shared/snapshot'
import { listen } from './gateway.fixture.ts'

export interface Backend {
  readonly port: number
  readonly url: string
  /** Requests that reached it, probes left out. */
  requests: number
  probes: number
  /** What it answers with; probes ask for /health. */
  respond: (request: IncomingMessage, response: ServerResponse) => void
  /** Takes no connections, and cuts those it has. */
  stop(): Promise<void>
  start(): Promise<void>
}

export async function startBackend(): Promise<Backend> {
  let server: Server = serverOf()
  const port = await listen(server)
  const backend: Backend = {
    port,
    url: `http://127.0.0.1:${port}`,
    requests: 0,
    probes: 0,
    respond: (_, response) => response.end(String(port)),
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
    async start() {
      server = serverOf()
      await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
    },
  }
  function serverOf(): Server {
    return createServer((request, response) => {
      if (request.url === '/health') {
        backend.probes++
        response.end()
        return
      }
      backend.requests++
      backend.respond(request, response)
    })
  }
  return backend
}

export function startBackends(count: number): Promise<Backend[]> {
  return Promise.all(Array.from({ length: count }, startBackend))
}

/** The document of an upstream over these instances. */
export function documentOf(
  backends: readonly { readonly url: string }[],
  settings: Partial<UpstreamDocument> = {},
): UpstreamDocument {
  return {
    id: 'ups_1',
    name: 'default',
    ...upstreamSettings.parse({ targets: backends.map(({ url }) => ({ url })) }),
    ...settings,
  }
}
