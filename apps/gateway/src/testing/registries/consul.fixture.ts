// A Consul agent for tests: services come and go by its HTTP API, and its health endpoint blocks until something changed.
// Answers have the fields and spelling of the examples in https://developer.hashicorp.com/consul/api-docs/health
import { EventEmitter, once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { listen } from '../gateway.fixture.ts'

interface Service {
  readonly ID: string
  readonly Name: string
  readonly Address: string
  readonly Port: number
  readonly Tags?: readonly string[]
  readonly Weights?: { readonly Passing: number; readonly Warning: number }
  readonly Status?: 'passing' | 'critical'
}

export interface TestConsul {
  readonly url: string
  /** Path and query of every question to the health endpoint. */
  readonly asked: string[]
  readonly tokens: Set<string | undefined>
  register(service: Service): Promise<void>
  deregister(id: string): Promise<void>
  /** As when its data is restored from an older snapshot: the index starts anew. */
  restore(index: number): void
  /** From now on it answers with this status; null = it answers properly. */
  fail(status: number | null): void
  /** Resolves when a question waits for a change, now or next. */
  blocked(): Promise<void>
  close(): Promise<void>
}

const nodeAddress = '127.0.0.1'

export async function startConsul(token: string | null = null): Promise<TestConsul> {
  const services = new Map<string, Service>()
  const asked: string[] = []
  const tokens = new Set<string | undefined>()
  const waiting = new Set<() => void>()
  const blocks = new EventEmitter()
  let index = 40
  let failure: number | null = null

  function changed() {
    index++
    wake()
  }
  function wake() {
    for (const answer of [...waiting]) answer()
  }

  function answer(response: ServerResponse, name: string, tag: string | null) {
    const entries = [...services.values()]
      .filter(
        (it) => it.Name === name && it.Status !== 'critical' && (tag === null || it.Tags?.includes(tag)),
      )
      .map(healthEntry)
    response.setHeader('Content-Type', 'application/json')
    response.setHeader('X-Consul-Index', index)
    response.setHeader('X-Consul-Knownleader', 'true')
    response.end(JSON.stringify(entries))
  }

  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '', 'http://consul')
    const given = request.headers['x-consul-token'] as string | undefined
    tokens.add(given)
    if (failure !== null || (token !== null && given !== token)) {
      response.statusCode = failure ?? 403
      response.end('Permission denied: the secret answer of a registry')
      return
    }
    const [, action, id = ''] =
      /^\/v1\/agent\/service\/(register|deregister)\/?(.*)$/.exec(url.pathname) ?? []
    if (request.method === 'PUT' && action === 'register') {
      const service = JSON.parse(await text(request)) as Service
      services.set(service.ID, service)
      changed()
      response.end()
      return
    }
    if (request.method === 'PUT' && action === 'deregister') {
      services.delete(id)
      changed()
      response.end()
      return
    }
    const [, name] = /^\/v1\/health\/service\/(.+)$/.exec(url.pathname) ?? []
    if (request.method !== 'GET' || name === undefined || !url.searchParams.has('passing')) {
      response.statusCode = 404
      response.end()
      return
    }
    asked.push(request.url ?? '')
    const tell = () => {
      waiting.delete(tell)
      clearTimeout(timer)
      answer(response, decodeURIComponent(name), url.searchParams.get('tag'))
    }
    const since = Number(url.searchParams.get('index') ?? 0)
    const seconds = Number.parseInt(url.searchParams.get('wait') ?? '300', 10)
    const timer = setTimeout(tell, seconds * 1_000)
    if (since === 0 || since !== index) tell()
    else {
      waiting.add(tell)
      blocks.emit('blocked')
    }
    response.once('close', () => {
      clearTimeout(timer)
      waiting.delete(tell)
    })
  })
  const url = `http://127.0.0.1:${await listen(server)}`
  const put = async (path: string, body?: string) => {
    const init = { method: 'PUT', headers: token === null ? {} : { 'X-Consul-Token': token } }
    const reply = await fetch(`${url}${path}`, body === undefined ? init : { ...init, body })
    if (!reply.ok) throw new Error(`Consul answers ${reply.status}`)
  }

  return {
    url,
    asked,
    tokens,
    register: (service) => put('/v1/agent/service/register', JSON.stringify(service)),
    deregister: (id) => put(`/v1/agent/service/deregister/${id}`),
    restore(to) {
      index = to
      wake()
    },
    fail(status) {
      failure = status
      if (status !== null) server.closeAllConnections()
    },
    async blocked() {
      if (waiting.size === 0) await once(blocks, 'blocked')
    },
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

function healthEntry({ ID, Name, Address, Port, Tags = [], Weights }: Service) {
  return {
    Node: {
      ID: '40e4a748-2192-161a-0510-9bf59fe950b5',
      Node: 't2.320',
      Address: nodeAddress,
      Datacenter: 'dc1',
      TaggedAddresses: { lan: nodeAddress, wan: nodeAddress },
      Meta: { instance_type: 't2.medium' },
    },
    Service: {
      ID,
      Service: Name,
      Tags,
      Address,
      TaggedAddresses: { lan_ipv4: { Address, Port } },
      Meta: { redis_version: '4.0' },
      Port,
      Weights: Weights ?? { Passing: 1, Warning: 1 },
      EnableTagOverride: false,
      Namespace: 'default',
    },
    Checks: [
      {
        Node: 't2.320',
        CheckID: 'serfHealth',
        Name: 'Serf Health Status',
        Status: 'passing',
        Notes: '',
        Output: '',
        ServiceID: '',
        ServiceName: '',
        ServiceTags: [],
      },
    ],
  }
}

async function text(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}
