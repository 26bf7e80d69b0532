// TLS to upstreams against real servers: whom the gateway believes, who it says it is, and that neither leaks to anybody else.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server, type ServerOptions } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TLSSocket } from 'node:tls'
import { upstreamTls } from '@gatewright/shared/model/upstream'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type * as z from 'zod'
import { upstream as documentOf, snapshotOf, version } from '../../test/documents.ts'
import { compileSnapshot } from '../config/compile.ts'
import { partsOf, SnapshotRefused } from '../config/parts.ts'
import { createAuthority, type TestCertificate } from '../testing/certificates.fixture.ts'
import { listen } from '../testing/gateway.fixture.ts'
import { createGuards } from '../traffic/guards.ts'
import { MirrorCounts } from '../traffic/mirror.ts'
import { noBody, type UpstreamClient, type UpstreamFailure } from './call.ts'
import { createIdentities, type IdentitySource } from './identities.ts'
import { createUpstreamPools, type UpstreamPools } from './pools.ts'

const timeouts = { connectMs: 5_000, firstByteMs: 5_000, idleMs: 5_000, totalMs: 0 }
const caller = { clientAddress: '192.0.2.1', principal: null, header: () => undefined }
const day = 86_400_000

const authority = createAuthority('Books CA')
const stranger = createAuthority('Other CA')
const certificate = authority.issue({ name: 'books', hosts: ['books.test', '127.0.0.1'] })

let folder = ''
const closers: (() => void)[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatewright-identities-'))
})
afterEach(() => {
  for (const close of closers.splice(0)) close()
  rmSync(folder, { recursive: true })
})

interface Heard {
  readonly status: number
  readonly body: string
  readonly failure: UpstreamFailure | null
}

/** Answers with the name in the client's certificate, and what SNI said. */
async function startServer(options: ServerOptions = certificate) {
  const seen: { client: string | undefined; serverName: unknown; isResumed: boolean }[] = []
  const server: Server = createServer(options, (request, response) => {
    const socket = request.socket as TLSSocket
    const peer = socket.getPeerX509Certificate()
    const client = peer && /CN=(.*)/.exec(peer.subject)?.[1]
    seen.push({
      client,
      serverName: (socket as { servername?: unknown }).servername,
      isResumed: socket.isSessionReused(),
    })
    response.end('x'.repeat(200_000))
  })
  server.on('tlsClientError', () => undefined)
  const port = await listen(server)
  closers.push(() => {
    server.close()
    server.closeAllConnections()
  })
  return { seen, url: `https://127.0.0.1:${port}`, cut: () => server.closeAllConnections() }
}

/** Demands a certificate of its clients, as mutual TLS does. */
const demanding: ServerOptions = {
  ...certificate,
  requestCert: true,
  rejectUnauthorized: true,
  ca: authority.cert,
}

function acquire(
  pools: UpstreamPools,
  url: string,
  tls: z.input<typeof upstreamTls>,
  [tenantId = '', tenantName]: readonly string[] = ['ten_acme', 'acme'],
): UpstreamClient {
  const document = documentOf('ups_books', [url], { tls: upstreamTls.parse(tls) })
  const { upstream, release } = pools.acquire(document, tenantId, tenantName)
  closers.push(release)
  const target = upstream.pick(caller)
  if (target === null) throw new Error('no target')
  return target.client
}

function get(client: UpstreamClient): Promise<Heard> {
  let status = 0
  let body = ''
  return new Promise((resolve) => {
    client.start(
      { method: 'GET', target: '/a', headers: ['Host', 'books.test'], bodyLength: noBody, timeouts },
      {
        onInterim: () => undefined,
        onHead: (it) => {
          status = it
        },
        onBody(buffer, start, end) {
          body += buffer.toString('latin1', start, end)
          return true
        },
        onLull: () => undefined,
        onDrain: () => undefined,
        onEnd: () => resolve({ status, body, failure: null }),
        onFailure: (failure) => resolve({ status, body, failure }),
      },
    )
  })
}

function writeIdentity(path: string, { cert, key }: TestCertificate): void {
  mkdirSync(join(folder, path, '..'), { recursive: true })
  writeFileSync(join(folder, `${path}.crt`), cert)
  writeFileSync(join(folder, `${path}.key`), key)
}

const logged: object[] = []
let wake: () => void = () => undefined
const log = {
  info: (fields: object) => {
    logged.push(fields)
    wake()
  },
  warn: (fields: object) => {
    logged.push(fields)
    wake()
  },
}
const nextLog = () =>
  new Promise<void>((resolve) => {
    wake = resolve
  })

/** Looks for changes all the time. */
const identitiesIn = (path: string): IdentitySource => createIdentities(path, log, 10)

describe('whom it believes', () => {
  it('E15: an authority of the settings beside the public ones; connections are reused', async () => {
    const { url, seen } = await startServer()
    const pools = createUpstreamPools()
    const client = acquire(pools, url, {
      ca: `${stranger.cert}\n${authority.cert}`,
      serverName: 'books.test',
    })
    expect(await get(client)).toMatchObject({ status: 200, failure: null })
    expect((await get(client)).body.length).toBe(200_000)
    expect(pools.connectionCount()).toEqual({ open: 1, idle: 1 })
    expect(seen.map(({ serverName }) => serverName)).toEqual(['books.test', 'books.test'])
  })

  it('E15: without a name, the address in the URL has to be in the certificate', async () => {
    const { url, seen } = await startServer()
    expect((await get(acquire(createUpstreamPools(), url, { ca: authority.cert }))).status).toBe(200)
    expect(seen[0]?.serverName).toBe(false)
    const named = await startServer(authority.issue({ name: 'books', hosts: ['books.test'] }))
    const refused = await get(acquire(createUpstreamPools(), named.url, { ca: authority.cert }))
    expect(refused.failure?.detail).toBe('ERR_TLS_CERT_ALTNAME_INVALID')
  })

  it.each([
    ['that nobody vouches for', () => certificate, {}, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
    ['of an unknown authority', () => certificate, { ca: stranger.cert }, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
    [
      'of another name',
      () => certificate,
      { ca: authority.cert, serverName: 'films.test' },
      'ERR_TLS_CERT_ALTNAME_INVALID',
    ],
    [
      'that has expired',
      () =>
        authority.issue({
          name: 'books',
          hosts: ['127.0.0.1'],
          validFrom: new Date(Date.now() - 3 * day),
          validTo: new Date(Date.now() - day),
        }),
      { ca: authority.cert },
      'CERT_HAS_EXPIRED',
    ],
    [
      'that is not valid yet',
      () =>
        authority.issue({ name: 'books', hosts: ['127.0.0.1'], validFrom: new Date(Date.now() + day / 2) }),
      { ca: authority.cert },
      'CERT_NOT_YET_VALID',
    ],
  ])('E15: nothing is sent to an upstream with a certificate %s', async (_, issue, tls, detail) => {
    const { url, seen } = await startServer(issue())
    const { failure } = await get(acquire(createUpstreamPools(), url, tls))
    expect(failure).toEqual({ kind: 'unreachable', detail })
    expect(seen).toEqual([])
  })

  it('takes any certificate when the settings say so', async () => {
    const { url } = await startServer(stranger.issue({ name: 'x', hosts: ['x.test'] }))
    expect((await get(acquire(createUpstreamPools(), url, { verify: false }))).status).toBe(200)
  })

  it.each([
    [
      '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n',
      'the certificate 1 of its trusted authorities cannot be read',
    ],
    [
      `${authority.cert}-----BEGIN CERTIFICATE-----\nMIIB`,
      'its trusted authorities are not whole certificates in PEM form',
    ],
  ])('refuses authorities that cannot be read, before any request', (ca, reason) => {
    expect(() => acquire(createUpstreamPools(), 'https://books.test', { ca })).toThrow(
      `upstream default: ${reason}`,
    )
  })
})

describe('who it says it is', () => {
  it('mTLS: a client certificate of the tenant is shown where it is demanded', async () => {
    writeIdentity('acme/billing', authority.issue({ name: 'acme-billing' }))
    const { url, seen } = await startServer(demanding)
    const pools = createUpstreamPools({ identities: identitiesIn(folder) })
    const tls = { ca: authority.cert }
    expect((await get(acquire(pools, url, { ...tls, identity: 'billing' }))).status).toBe(200)
    expect(seen.map(({ client }) => client)).toEqual(['acme-billing'])
    const { failure } = await get(acquire(pools, url, tls))
    expect(failure?.kind).toMatch(/unreachable|closed_early/)
    expect(seen).toHaveLength(1)
  })

  it('mTLS: the certificate of the gateway itself is for every tenant', async () => {
    writeIdentity('gateway', authority.issue({ name: 'the-gateway' }))
    writeIdentity('acme/gateway', authority.issue({ name: 'not-this' }))
    const { url, seen } = await startServer(demanding)
    const pools = createUpstreamPools({ identities: identitiesIn(folder) })
    for (const tenant of [
      ['ten_acme', 'acme'],
      ['ten_umbrella', 'umbrella'],
    ]) {
      expect(
        (await get(acquire(pools, url, { ca: authority.cert, identity: 'gateway' }, tenant))).status,
      ).toBe(200)
    }
    expect(seen.map(({ client }) => client)).toEqual(['the-gateway', 'the-gateway'])
  })

  it('mTLS: no tenant uses the certificate, the connections or the sessions of another', async () => {
    writeIdentity('acme/billing', authority.issue({ name: 'acme-billing' }))
    writeIdentity('umbrella/billing', authority.issue({ name: 'umbrella-billing' }))
    writeIdentity('acme/own', authority.issue({ name: 'acme-own' }))
    const { url, seen } = await startServer({ ...demanding, rejectUnauthorized: false })
    const pools = createUpstreamPools({ identities: identitiesIn(folder) })
    const ca = authority.cert
    const umbrella = ['ten_umbrella', 'umbrella']
    await get(acquire(pools, url, { ca, identity: 'billing' }))
    await get(acquire(pools, url, { ca, identity: 'billing' }, umbrella))
    await get(acquire(pools, url, { ca }, umbrella))
    await get(acquire(pools, url, { ca }))
    expect(seen.map(({ client, isResumed }) => [client, isResumed])).toEqual([
      ['acme-billing', false],
      ['umbrella-billing', false],
      [undefined, false],
      [undefined, false],
    ])
    const asked = seen.length
    expect((await get(acquire(pools, url, { ca, identity: 'own' }, umbrella))).failure).toEqual({
      kind: 'unreachable',
      detail: 'tenant umbrella has no client certificate "own" here: no such files',
    })
    const { failure } = await get(acquire(pools, url, { ca, identity: 'own' }, ['ten_x', '../acme']))
    expect(failure?.detail).toContain('not a name')
    expect(seen).toHaveLength(asked)
  })

  it('mTLS: without a usable certificate nothing is sent; the sentence that says why has nothing of a key in it', async () => {
    const own = authority.issue({ name: 'acme' })
    writeIdentity('acme/mixed', { cert: own.cert, key: stranger.key })
    writeIdentity('acme/garbage', { cert: own.cert, key: own.key.replace(/MIG/, 'xxx') })
    const { url, seen } = await startServer({ ...demanding, rejectUnauthorized: false })
    const detailOf = async (identity: string, identities: IdentitySource) => {
      const client = acquire(createUpstreamPools({ identities }), url, { ca: authority.cert, identity })
      return (await get(client)).failure?.detail
    }
    expect(await detailOf('mixed', identitiesIn(folder))).toContain('its key is not that of its certificate')
    expect(await detailOf('garbage', identitiesIn(folder))).toContain(
      'its files are not a certificate and a key in PEM form',
    )
    expect(await detailOf('billing', createIdentities(null, log))).toBe(
      'tenant acme has no client certificate "billing" here: UPSTREAM_IDENTITIES is not set on this gateway',
    )
    expect(seen).toEqual([])
  })

  it('mTLS: a certificate that comes after the configuration is shown from then on', async () => {
    const { url, seen } = await startServer(demanding)
    const pools = createUpstreamPools({ identities: identitiesIn(folder) })
    const client = acquire(pools, url, { ca: authority.cert, identity: 'late' })
    expect((await get(client)).failure?.kind).toBe('unreachable')
    writeIdentity('acme/late', authority.issue({ name: 'late' }))
    await expect.poll(async () => (await get(client)).status, { timeout: 10_000 }).toBe(200)
    expect(seen.map(({ client: name }) => name)).toEqual(['late'])
  })

  it('mTLS: a renewed certificate is shown by the next request, without a restart; half a renewal changes nothing', async () => {
    const first = authority.issue({ name: 'first' })
    const second = authority.issue({ name: 'second' })
    writeIdentity('acme/billing', first)
    const { url, seen, cut } = await startServer(demanding)
    const pools = createUpstreamPools({ identities: identitiesIn(folder) })
    const client = acquire(pools, url, { ca: authority.cert, identity: 'billing' })
    await get(client)
    cut()
    await get(client)

    logged.length = 0
    const warned = nextLog()
    writeFileSync(join(folder, 'acme/billing.crt'), second.cert)
    await warned
    await get(client)
    const renewed = nextLog()
    writeFileSync(join(folder, 'acme/billing.key'), second.key)
    await renewed
    await get(client)
    await get(client)
    expect(seen.map((it) => [it.client, it.isResumed])).toEqual([
      ['first', false],
      // A session is resumed, but never one of the certificate before.
      ['first', true],
      ['first', true],
      ['second', false],
      ['second', false],
    ])
    expect(pools.connectionCount()).toEqual({ open: 1, idle: 1 })
    expect(JSON.stringify(logged)).not.toMatch(/PRIVATE|BEGIN/)
    expect(logged).toMatchObject([
      { reason: 'its key is not that of its certificate' },
      { identity: join(folder, 'acme/billing') },
    ])
  })
})

it('E15: a snapshot with authorities that cannot be read is refused whole, with tenant, API and upstream', async () => {
  const refused = (tls: z.input<typeof upstreamTls>) => {
    const upstreams = [documentOf('ups_books', ['https://books.test'], { tls: upstreamTls.parse(tls) })]
    return compileSnapshot(
      { revision: 1, hash: 'h' },
      partsOf(snapshotOf([version({ name: 'books', isPublic: true, more: { upstreams } })])),
      {
        policies: {} as never,
        certificates: null,
        secrets: {} as never,
        upstreams: createUpstreamPools({ identities: identitiesIn(folder) }),
        guards: createGuards(() => undefined),
        mirrors: new MirrorCounts(),
        admission: null as never,
        always: [],
        group: 'default',
        pause: () => undefined,
      },
      null,
    )
  }
  await expect(refused({ ca: '-----BEGIN CERTIFICATE-----' })).rejects.toThrow(SnapshotRefused)
  await expect(refused({ ca: '-----BEGIN CERTIFICATE-----' })).rejects.toThrow(
    'tenant acme, API books v1: upstream default: its trusted authorities are not whole certificates in PEM form',
  )
})
