// The part of a Kubernetes API server that serves EndpointSlices, for tests: list, watch, bookmarks, and a history that is forgotten.
// https://kubernetes.io/docs/reference/using-api/api-concepts/
import { EventEmitter, once } from 'node:events'
import type { RequestListener, Server, ServerResponse } from 'node:http'
import { listen } from '../gateway.fixture.ts'

export interface TestEndpoint {
  readonly address: string
  readonly conditions?: {
    readonly ready?: boolean
    readonly serving?: boolean
    readonly terminating?: boolean
  }
  readonly zone?: string
}

export interface TestSlice {
  readonly namespace: string
  readonly service: string
  readonly name: string
  readonly addressType?: 'IPv4' | 'IPv6'
  readonly endpoints: readonly TestEndpoint[]
  readonly ports: readonly { readonly name: string; readonly port: number }[]
}

export interface TestKubernetes {
  readonly url: string
  readonly lists: number
  readonly watches: number
  /** Resolves when somebody watches, now or next. */
  watched(): Promise<void>
  readonly tokens: Set<string | undefined>
  set(slice: TestSlice): void
  remove(namespace: string, name: string): void
  bookmark(): void
  /** Ends all watches as a server that restarts does. */
  cut(): void
  /** Forgets what changed so far, as etcd's compaction does: whoever watches on from before is told 410. */
  forget(): void
  /** Tells those that watch that their version is gone. */
  expire(): void
  fail(status: number | null): void
  close(): Promise<void>
}

interface Watch {
  readonly namespace: string
  readonly service: string
  readonly response: ServerResponse
}

type WatchEvent = {
  readonly version: number
  readonly namespace: string
  readonly service: string
  readonly line: string
}

/** `create`: makes the server, plain or with TLS. */
export async function startKubernetes(
  create: (listener: RequestListener) => Server,
  scheme: 'http' | 'https' = 'http',
  token: string | null = null,
): Promise<TestKubernetes> {
  const slices = new Map<string, TestSlice & { readonly version: number }>()
  const watches = new Set<Watch>()
  const opened = new EventEmitter()
  const tokens = new Set<string | undefined>()
  const history: WatchEvent[] = []
  let version = 1_000
  let oldest = 0
  let lists = 0
  let watchCount = 0
  let failure: number | null = null

  function happened(type: 'ADDED' | 'MODIFIED' | 'DELETED', slice: TestSlice) {
    version++
    const line = `${JSON.stringify({ type, object: objectOf(slice, version) })}\n`
    const event = { version, namespace: slice.namespace, service: slice.service, line }
    history.push(event)
    for (const watch of watches) if (concerns(event, watch)) watch.response.write(line)
  }

  const server = create((request, response) => {
    const url = new URL(request.url ?? '', 'http://kubernetes')
    const given = request.headers.authorization
    tokens.add(given)
    const [, namespace = ''] =
      /^\/apis\/discovery\.k8s\.io\/v1\/namespaces\/([^/]+)\/endpointslices$/.exec(url.pathname) ?? []
    const [, service = ''] =
      /^kubernetes\.io\/service-name=(.+)$/.exec(url.searchParams.get('labelSelector') ?? '') ?? []
    response.setHeader('Content-Type', 'application/json')
    const status =
      failure ?? (token !== null && given !== `Bearer ${token}` ? 401 : namespace === '' ? 404 : null)
    if (status !== null) {
      response.statusCode = status
      response.end(JSON.stringify(statusOf(status, 'Failure')))
      return
    }
    if (url.searchParams.get('watch') !== '1') {
      lists++
      const items = [...slices.values()].filter((it) => it.namespace === namespace && it.service === service)
      response.end(
        JSON.stringify({
          kind: 'EndpointSliceList',
          apiVersion: 'discovery.k8s.io/v1',
          metadata: { resourceVersion: String(version) },
          items: items.map((it) => objectOf(it, it.version)),
        }),
      )
      return
    }
    watchCount++
    const from = Number(url.searchParams.get('resourceVersion'))
    response.flushHeaders()
    if (from < oldest) {
      response.end(`${JSON.stringify({ type: 'ERROR', object: statusOf(410, 'Expired') })}\n`)
      return
    }
    const watch = { namespace, service, response }
    for (const event of history)
      if (event.version > from && concerns(event, watch)) response.write(event.line)
    watches.add(watch)
    opened.emit('watch')
    const timer = setTimeout(() => response.end(), Number(url.searchParams.get('timeoutSeconds')) * 1_000)
    response.once('close', () => {
      clearTimeout(timer)
      watches.delete(watch)
    })
  })
  const port = await listen(server)

  return {
    url: `${scheme}://127.0.0.1:${port}`,
    get lists() {
      return lists
    },
    get watches() {
      return watchCount
    },
    async watched() {
      if (watches.size === 0) await once(opened, 'watch')
    },
    tokens,
    set(slice) {
      const key = `${slice.namespace}/${slice.name}`
      const type = slices.has(key) ? 'MODIFIED' : 'ADDED'
      happened(type, slice)
      slices.set(key, { ...slice, version })
    },
    remove(namespace, name) {
      const slice = slices.get(`${namespace}/${name}`)
      if (!slice) throw new Error(`there is no slice ${name}`)
      slices.delete(`${namespace}/${name}`)
      happened('DELETED', slice)
    },
    bookmark() {
      version++
      const object = {
        kind: 'EndpointSlice',
        apiVersion: 'discovery.k8s.io/v1',
        metadata: { resourceVersion: String(version) },
      }
      for (const { response } of watches) response.write(`${JSON.stringify({ type: 'BOOKMARK', object })}\n`)
    },
    cut() {
      for (const { response } of watches) response.destroy()
    },
    forget() {
      history.length = 0
      oldest = version
    },
    expire() {
      const line = `${JSON.stringify({ type: 'ERROR', object: statusOf(410, 'Expired') })}\n`
      for (const { response } of watches) response.end(line)
      watches.clear()
    },
    fail(status) {
      failure = status
      if (status !== null) for (const { response } of watches) response.destroy()
    },
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

function concerns(event: WatchEvent, watch: Watch): boolean {
  return event.namespace === watch.namespace && event.service === watch.service
}

function objectOf(
  { namespace, service, name, addressType = 'IPv4', endpoints, ports }: TestSlice,
  version: number,
) {
  return {
    metadata: {
      name,
      generateName: `${service}-`,
      namespace,
      uid: '1c1d7a5e-7b0b-4a0c-8f7e-1f1d7f2c2f5a',
      resourceVersion: String(version),
      generation: 3,
      creationTimestamp: '2024-06-01T10:00:00Z',
      labels: {
        'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
        'kubernetes.io/service-name': service,
      },
      ownerReferences: [
        { apiVersion: 'v1', kind: 'Service', name: service, controller: true, blockOwnerDeletion: true },
      ],
    },
    addressType,
    endpoints: endpoints.map(({ address, conditions, zone }) => ({
      addresses: [address],
      conditions: conditions ?? { ready: true, serving: true, terminating: false },
      targetRef: { kind: 'Pod', namespace, name: `${service}-abc12` },
      nodeName: 'kind-worker',
      ...(zone === undefined ? {} : { zone }),
    })),
    ports: ports.map(({ name: portName, port }) => ({ name: portName, protocol: 'TCP', port })),
  }
}

function statusOf(code: number, reason: string) {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: 'too old resource version: 1000 (1005)',
    reason,
    code,
  }
}
