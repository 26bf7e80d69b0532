// A second release of a backend, as canaries are: it says who it is, and does badly when it is told to.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Release extends AsyncDisposable {
  readonly url: string
  /** What it answers from now on. */
  status: number
}

export async function startRelease(name: string): Promise<Release> {
  const server = createServer((_request, response) => {
    response.writeHead(release.status, { 'content-type': 'application/json', 'x-release': name })
    response.end('{}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const release: Release = {
    url: `http://127.0.0.1:${port}`,
    status: 200,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return release
}
