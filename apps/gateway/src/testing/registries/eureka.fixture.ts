// A Eureka server for tests: instances register, renew their status and leave by its REST operations.
// Answers have the fields and spelling that Eureka's JSON codec writes: `{"$":8080,"@enabled":"true"}`.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { listen } from '../gateway.fixture.ts'

export interface EurekaInstance {
  readonly instanceId: string
  readonly hostName: string
  readonly ipAddr: string
  readonly port: number
  readonly securePort?: number
}

export interface TestEureka {
  /** With the path that clients are given. */
  readonly url: string
  readonly asked: string[]
  readonly authorizations: Set<string | undefined>
  register(app: string, instance: EurekaInstance): Promise<void>
  setStatus(app: string, instanceId: string, status: string): Promise<void>
  deregister(app: string, instanceId: string): Promise<void>
  fail(status: number | null): void
  close(): Promise<void>
}

export async function startEureka(): Promise<TestEureka> {
  const apps = new Map<string, Map<string, ReturnType<typeof recordOf>>>()
  const asked: string[] = []
  const authorizations = new Set<string | undefined>()
  let failure: number | null = null

  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '', 'http://eureka')
    const [, app = '', id = '', action] =
      /^\/eureka\/apps\/([^/]+)(?:\/([^/]+))?(?:\/(status))?$/.exec(url.pathname) ?? []
    const instances = apps.get(app)
    if (failure !== null) response.statusCode = failure
    else if (request.method === 'POST') {
      const chunks: Buffer[] = []
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
      const { instance } = JSON.parse(Buffer.concat(chunks).toString()) as { instance: EurekaInstance }
      const name = app.toUpperCase()
      apps.set(name, (apps.get(name) ?? new Map()).set(instance.instanceId, recordOf(name, instance)))
      response.statusCode = 204
    } else if (request.method === 'PUT' && action === 'status') {
      const record = instances?.get(id)
      if (record) record.status = url.searchParams.get('value') ?? ''
    } else if (request.method === 'DELETE') {
      instances?.delete(id)
      if (instances?.size === 0) apps.delete(app)
    } else {
      asked.push(url.pathname)
      authorizations.add(request.headers.authorization)
      if (!instances || request.headers.accept !== 'application/json')
        response.statusCode = instances ? 406 : 404
      else {
        response.setHeader('Content-Type', 'application/json')
        response.write(JSON.stringify({ application: { name: app, instance: [...instances.values()] } }))
      }
    }
    response.end()
  })
  const url = `http://127.0.0.1:${await listen(server)}/eureka`
  const send = async (method: string, path: string, body?: object) => {
    const reply = await fetch(`${url}/apps/${path}`, { method, ...(body && { body: JSON.stringify(body) }) })
    if (!reply.ok) throw new Error(`Eureka answers ${reply.status}`)
  }

  return {
    url,
    asked,
    authorizations,
    register: (app, instance) => send('POST', app, { instance }),
    setStatus: (app, id, status) => send('PUT', `${app}/${id}/status?value=${status}`),
    deregister: (app, id) => send('DELETE', `${app}/${id}`),
    fail(status) {
      failure = status
    },
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

function recordOf(app: string, { instanceId, hostName, ipAddr, port, securePort }: EurekaInstance) {
  return {
    instanceId,
    hostName,
    app,
    ipAddr,
    status: 'UP',
    overriddenstatus: 'UNKNOWN',
    port: { $: port, '@enabled': String(port > 0) },
    securePort: { $: securePort ?? 443, '@enabled': String(securePort !== undefined) },
    countryId: 1,
    dataCenterInfo: { '@class': 'com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo', name: 'MyOwn' },
    leaseInfo: {
      renewalIntervalInSecs: 30,
      durationInSecs: 90,
      registrationTimestamp: 1611512017058,
      lastRenewalTimestamp: 1611515916921,
      evictionTimestamp: 0,
      serviceUpTimestamp: 1611512016403,
    },
    metadata: { 'management.port': '8080' },
    homePageUrl: `http://${hostName}:${port}/`,
    vipAddress: app.toLowerCase(),
    secureVipAddress: app.toLowerCase(),
    isCoordinatingDiscoveryServer: 'false',
    lastUpdatedTimestamp: '1611512017058',
    lastDirtyTimestamp: '1611512016341',
    actionType: 'ADDED',
  }
}
