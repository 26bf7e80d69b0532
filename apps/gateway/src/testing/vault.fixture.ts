// A Vault for tests, on a real socket: key/value version 2, AppRole, Kubernetes and tokens that end. Paths, fields and statuses are
// those of https://developer.hashicorp.com/vault/api-docs (secret/kv/kv-v2, auth/approle, auth/kubernetes, auth/token).
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { text } from 'node:stream/consumers'
import { listen } from './gateway.fixture.ts'

interface TokenFacts {
  ttlSeconds: number
  readonly renewable: boolean
  endsAtMs: number
}

export interface TestVault {
  readonly url: string
  readonly calls: { readonly method: string; readonly path: string; readonly namespace: string | undefined }[]
  /** Adds a version of the secret at `<mount>/data/<path>`. */
  write(path: string, data: Record<string, unknown>): void
  /** As `vault kv delete`: the newest version is marked. */
  remove(path: string): void
  issue(token: string, ttlSeconds: number, renewable?: boolean): void
  revoke(token: string): void
  /** Good tokens get 403 at this path from now on, as without a policy that names it. */
  forbid(path: string): void
  /** Every answer has this status from now on; null = proper ones. */
  fail(status: number | null): void
  /** What `now` is in the life of tokens. */
  pass(ms: number): void
  readonly tokens: ReadonlyMap<string, TokenFacts>
  close(): Promise<void>
}

interface VaultOptions {
  readonly namespace?: string
  readonly approle?: { readonly roleId: string; readonly secretId: string | null }
  readonly kubernetes?: { readonly role: string; readonly jwt: string }
  readonly loginSeconds?: number
  readonly tls?: { readonly key: string; readonly cert: string }
}

export async function startVault(options: VaultOptions = {}): Promise<TestVault> {
  const { loginSeconds = 3_600 } = options
  const secrets = new Map<string, { data: Record<string, unknown> | null }[]>()
  const tokens = new Map<string, TokenFacts>()
  const calls: TestVault['calls'] = []
  const forbidden = new Set<string>()
  let failure: number | null = null
  let nowMs = 0
  let issued = 0

  const wrong = (response: ServerResponse, status: number, errors: readonly string[] = []) => {
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify({ errors }))
  }
  const right = (response: ServerResponse, more: object) => {
    const body = { request_id: 'r', lease_id: '', renewable: false, lease_duration: 0, ...more }
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(body))
  }
  const authOf = (token: string, { ttlSeconds, renewable }: TokenFacts) => ({
    auth: {
      client_token: token,
      accessor: 'a',
      policies: ['default'],
      lease_duration: ttlSeconds,
      renewable,
    },
  })

  function login(response: ServerResponse) {
    const token = `hvs.login-${++issued}`
    const facts = { ttlSeconds: loginSeconds, renewable: true, endsAtMs: nowMs + loginSeconds * 1_000 }
    tokens.set(token, facts)
    right(response, authOf(token, facts))
  }

  function readSecret(response: ServerResponse, path: string, version: string | null) {
    const versions = secrets.get(path)
    const number = version === null || version === '0' ? (versions?.length ?? 0) : Number(version)
    const found = versions?.[number - 1]
    if (!found) return wrong(response, 404)
    const metadata = { created_time: '2026-01-01T00:00:00Z', destroyed: false, version: number }
    if (found.data === null) {
      const data = { data: null, metadata: { ...metadata, deletion_time: '2026-01-02T00:00:00Z' } }
      return response.writeHead(404, { 'Content-Type': 'application/json' }).end(JSON.stringify({ data }))
    }
    return right(response, { data: { data: found.data, metadata: { ...metadata, deletion_time: '' } } })
  }

  async function answer(request: IncomingMessage, response: ServerResponse) {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://vault')
    const path = decodeURIComponent(pathname.replace(/^\/v1\//, ''))
    const { method = '' } = request
    const header = (name: string) => request.headers[name] as string | undefined
    calls.push({ method, path: request.url ?? '', namespace: header('x-vault-namespace') })
    const body =
      method === 'GET' ? {} : (JSON.parse((await text(request)) || '{}') as Record<string, unknown>)
    if (failure !== null) {
      if (failure < 400) response.setHeader('Location', 'http://127.0.0.1:1/')
      return wrong(response, failure, ['the answer of a Vault, which nobody repeats'])
    }
    if (header('x-vault-request') !== 'true') return wrong(response, 412)
    if (header('x-vault-namespace') !== options.namespace) return wrong(response, 404)
    if (path === 'auth/approle/login') {
      const { approle } = options
      if (body.role_id !== approle?.roleId || (approle?.secretId ?? undefined) !== body.secret_id)
        return wrong(response, 400, ['invalid role or secret ID'])
      return login(response)
    }
    if (path === 'auth/clusters/one/login') {
      const { kubernetes } = options
      if (!kubernetes || body.role !== kubernetes.role || body.jwt !== kubernetes.jwt)
        return wrong(response, 403, ['permission denied'])
      return login(response)
    }
    const token = header('x-vault-token') ?? ''
    const facts = tokens.get(token)
    if (!facts || facts.endsAtMs <= nowMs) return wrong(response, 403, ['permission denied'])
    if (path === 'auth/token/lookup-self') {
      const ttl = facts.ttlSeconds === 0 ? 0 : Math.ceil((facts.endsAtMs - nowMs) / 1_000)
      return right(response, { data: { id: token, ttl, renewable: facts.renewable } })
    }
    if (path === 'auth/token/renew-self' && method === 'POST') {
      if (!facts.renewable) return wrong(response, 400, ['lease is not renewable'])
      facts.endsAtMs = nowMs + facts.ttlSeconds * 1_000
      return right(response, authOf(token, facts))
    }
    if (path === 'auth/token/revoke-self' && method === 'POST') {
      tokens.delete(token)
      return response.writeHead(204).end()
    }
    if (forbidden.has(path)) return wrong(response, 403, ['1 error occurred: permission denied'])
    return readSecret(response, path, searchParams.get('version'))
  }

  const onRequest = (request: IncomingMessage, response: ServerResponse) => void answer(request, response)
  const { tls } = options
  const server = tls ? createTlsServer(tls, onRequest) : createServer(onRequest)
  const port = await listen(server)

  return {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    calls,
    tokens,
    write(path, data) {
      secrets.set(path, [...(secrets.get(path) ?? []), { data }])
    },
    remove(path) {
      const newest = secrets.get(path)?.at(-1)
      if (newest) newest.data = null
    },
    issue(token, ttlSeconds, renewable = true) {
      const endsAtMs = ttlSeconds === 0 ? Number.POSITIVE_INFINITY : nowMs + ttlSeconds * 1_000
      tokens.set(token, { ttlSeconds, renewable, endsAtMs })
    },
    revoke: (token) => void tokens.delete(token),
    forbid: (path) => void forbidden.add(path),
    fail(status) {
      failure = status
    },
    pass(ms) {
      nowMs += ms
    },
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}
