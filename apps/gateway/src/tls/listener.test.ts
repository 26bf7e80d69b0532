// C12: https at the gateway. Real handshakes on real sockets, with certificates made on the spot.

import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect as connectPlain, type Socket } from 'node:net'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import { afterEach, describe, expect, it } from 'vitest'
import { createAuthority, type TestCertificate } from '../testing/certificates.fixture.ts'
import { listen, type Rig, type RigOptions, startRig } from '../testing/gateway.fixture.ts'
import { CertificateShelf, type ShownCertificate } from './certificate-shelf.ts'
import { TlsListener, type TlsSettings } from './listener.ts'

const authority = createAuthority('edge authority')
const certificates = {
  exact: authority.issue({ name: 'exact', hosts: ['api.example.com'] }),
  wildcard: authority.issue({ name: 'wildcard', hosts: ['*.example.com'] }),
  fallback: authority.issue({ name: 'fallback', hosts: ['fallback.test'] }),
  renewed: authority.issue({ name: 'renewed', hosts: ['api.example.com'] }),
}

const shown = ({ cert, key }: TestCertificate, hosts: string[], isDefault = false): ShownCertificate => ({
  hosts,
  chain: cert,
  key,
  notAfterMs: Date.now() + 1_000,
  isDefault,
})
const all = [
  shown(certificates.exact, ['api.example.com']),
  shown(certificates.wildcard, ['*.example.com']),
  shown(certificates.fallback, ['fallback.test'], true),
]

const closers: (() => void | Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

interface TlsRig extends Rig {
  readonly shelf: CertificateShelf
  readonly listener: TlsListener
  readonly tlsPort: number
}

async function open(more: Partial<TlsSettings> = {}, options: RigOptions = {}): Promise<TlsRig> {
  const rig = await startRig(options)
  const shelf = new CertificateShelf({ minVersion: 'TLSv1.2' })
  shelf.setOwn(all)
  const listener = new TlsListener(rig.server, {
    minVersion: 'TLSv1.2',
    certificates: shelf,
    handshakes: { timeoutMs: 5_000, max: 100 },
    asked: () => null,
    ...more,
  })
  const tlsPort = await listen(listener)
  closers.push(async () => {
    listener.close()
    listener.closeHandshakes()
    await rig.close()
  })
  return { ...rig, shelf, listener, tlsPort }
}

async function dial(rig: TlsRig, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connect({ port: rig.tlsPort, ca: authority.cert, rejectUnauthorized: false, ...options })
  closers.push(() => void socket.destroy())
  await once(socket, 'secureConnect')
  socket.on('error', () => undefined)
  return socket
}

const nameOf = (socket: TLSSocket) => socket.getPeerX509Certificate()?.subject

async function ask(socket: Socket, path = '/a', host = 'api.example.com'): Promise<string> {
  let text = ''
  const hear = (piece: Buffer) => {
    text += piece.toString('latin1')
  }
  socket.on('data', hear)
  socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
  await expect.poll(() => text, { interval: 1 }).toMatch(/hello$/)
  socket.off('data', hear)
  return text
}

function half(port: number, bytes?: Buffer): Socket {
  const socket = connectPlain({ port, host: '127.0.0.1' })
  closers.push(() => void socket.destroy())
  socket.on('error', () => undefined)
  if (bytes !== undefined) socket.write(bytes)
  return socket
}

const closed = (socket: Socket) => new Promise((resolve) => socket.once('close', resolve))

describe('C12 TLS at the gateway', () => {
  it('shows the certificate of the host: the exact one, then the wildcard, then the default', async () => {
    const rig = await open()
    const shownTo = async (servername: string) => nameOf(await dial(rig, { servername }))
    expect(await shownTo('api.example.com')).toBe('CN=exact')
    expect(await shownTo('API.Example.com')).toBe('CN=exact')
    expect(await shownTo('shop.example.com')).toBe('CN=wildcard')
    // A wildcard is for one label (RFC 9525 6.3).
    expect(await shownTo('a.b.example.com')).toBe('CN=fallback')
    expect(await shownTo('elsewhere.test')).toBe('CN=fallback')
    expect(nameOf(await dial(rig, { host: '127.0.0.1' }))).toBe('CN=fallback')
  })

  it('fails a handshake for which there is no certificate', async () => {
    const rig = await open()
    rig.shelf.setOwn(all.slice(0, 1))
    await expect(dial(rig, { servername: 'elsewhere.test' })).rejects.toThrow()
    expect(nameOf(await dial(rig, { servername: 'api.example.com' }))).toBe('CN=exact')
    await expect.poll(() => rig.listener.counts).toMatchObject({ failed: 1, pending: 0 })
  })

  it('serves requests, one after the other, and tells the upstream that they came by https', async () => {
    const rig = await open()
    const socket = await dial(rig, { servername: 'api.example.com' })
    expect(await ask(socket)).toMatch(/^HTTP\/1\.1 200 /)
    expect(await ask(socket)).toMatch(/^HTTP\/1\.1 200 /)
    const headers: readonly string[] = rig.seen[1]?.headers ?? []
    expect(headers[headers.indexOf('X-Forwarded-Proto') + 1]).toBe('https')
    expect((await rig.over(2))[0]?.ctx.scheme).toBe('https')
    socket.end()
    await expect.poll(() => rig.connections().open).toBe(0)
  })

  it('speaks TLS 1.2 and 1.3, nothing older, and HTTP/1.1 alone', async () => {
    const rig = await open()
    const speaks = async (version: 'TLSv1.2' | 'TLSv1.3') =>
      (await dial(rig, { minVersion: version, maxVersion: version })).getProtocol()
    expect(await speaks('TLSv1.2')).toBe('TLSv1.2')
    expect(await speaks('TLSv1.3')).toBe('TLSv1.3')
    const old = { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const
    await expect(dial(rig, old)).rejects.toThrow()
    await expect(dial(rig, { maxVersion: 'TLSv1.2', ciphers: 'AES128-SHA' })).rejects.toThrow()
    expect((await dial(rig, { ALPNProtocols: ['h2', 'http/1.1'] })).alpnProtocol).toBe('http/1.1')
    await expect(dial(rig, { ALPNProtocols: ['h2'] })).rejects.toThrow()
  })

  it('changes certificates under load without one failed request, and keeps old connections', async () => {
    const rig = await open()
    const old = await dial(rig, { servername: 'api.example.com' })
    expect(nameOf(old)).toBe('CN=exact')
    let isOver = false
    let asked = 0
    const failures: unknown[] = []
    const caller = async () => {
      while (!isOver) {
        try {
          const socket = await dial(rig, { servername: 'api.example.com' })
          await ask(socket)
          await ask(socket)
          asked += 2
          socket.destroy()
        } catch (error) {
          failures.push(error)
        }
      }
    }
    const callers = Promise.all(Array.from({ length: 8 }, caller))
    for (let i = 0; i < 10; i++) {
      const before = asked
      rig.shelf.setOwn([
        shown(i % 2 === 0 ? certificates.renewed : certificates.exact, ['api.example.com'], true),
      ])
      await expect.poll(() => asked > before + 8, { interval: 2 }).toBe(true)
    }
    isOver = true
    await callers
    expect(failures).toEqual([])
    rig.shelf.setOwn([shown(certificates.renewed, ['api.example.com'], true)])
    expect(nameOf(await dial(rig, { servername: 'api.example.com' }))).toBe('CN=renewed')
    expect(nameOf(await dial(rig, { host: '127.0.0.1' }))).toBe('CN=renewed')
    expect(await ask(old)).toMatch(/^HTTP\/1\.1 200 /)
  })

  it('resumes sessions of other workers, until the keys of sessions are others', async () => {
    const [one, two] = [await open(), await open()]
    const keys = randomBytes(48)
    for (const rig of [one, two]) rig.listener.setTicketKeys(keys)
    // A certificate that changes does not end sessions.
    two.shelf.setOwn([shown(certificates.renewed, ['api.example.com'], true)])
    const first = await dial(one, { servername: 'api.example.com' })
    let session: Buffer | undefined
    first.on('session', (it) => {
      session = it
    })
    await ask(first)
    await expect.poll(() => session).toBeDefined()
    const resumed = await dial(two, { servername: 'api.example.com', session })
    expect(resumed.isSessionReused()).toBe(true)
    expect(await ask(resumed)).toMatch(/^HTTP\/1\.1 200 /)
    two.listener.setTicketKeys(randomBytes(48))
    expect((await dial(two, { servername: 'api.example.com', session })).isSessionReused()).toBe(false)
  })

  it('asks for a certificate on the hosts alone that want one', async () => {
    const client = authority.issue({ name: 'client' })
    const rig = await open({ asked: () => (host) => host === 'api.example.com' })
    const wasAsked = async (servername: string) => {
      const socket = await dial(rig, { servername, ...client })
      await ask(socket)
      return (await rig.over(1)).at(-1)?.ctx.peer.tls?.getPeerX509Certificate()?.subject
    }
    expect(await wasAsked('api.example.com')).toBe('CN=client')
    expect(await wasAsked('shop.example.com')).toBeUndefined()
  })
})

describe('D7 handshakes that want to keep others out', () => {
  it('one address has a quarter of the places, and those who are slow are ended', async () => {
    const rig = await open({ handshakes: { timeoutMs: 300, max: 8 } })
    half(rig.tlsPort)
    half(rig.tlsPort, Buffer.from([22, 3, 1, 2, 0, 1]))
    await expect.poll(() => rig.listener.counts.pending).toBe(2)
    const third = half(rig.tlsPort)
    await closed(third)
    expect(rig.listener.counts).toMatchObject({ pending: 2, crowded: 1 })
    await expect.poll(() => rig.listener.counts).toMatchObject({ pending: 0, late: 2 })
    expect(await ask(await dial(rig, { servername: 'api.example.com' }))).toMatch(/^HTTP\/1\.1 200 /)
    await expect.poll(() => rig.connections().open).toBe(1)
  })

  it('where all places are taken the oldest gives way, so that a flood of silence keeps nobody out', async () => {
    // Of trusted proxies one may have all places.
    const rig = await open(
      { handshakes: { timeoutMs: 60_000, max: 8 } },
      { trustedProxies: ['127.0.0.1', '::1'] },
    )
    const slow = Array.from({ length: 8 }, () => half(rig.tlsPort))
    await expect.poll(() => rig.listener.counts.pending).toBe(8)
    expect(await ask(await dial(rig, { servername: 'api.example.com' }))).toMatch(/^HTTP\/1\.1 200 /)
    expect(rig.listener.counts).toMatchObject({ pending: 7, crowded: 1, done: 1 })
    await expect.poll(() => slow.filter((socket) => socket.destroyed).length).toBe(1)
  })

  it('what is no TLS is ended, and slow first messages count while they are read for the host', async () => {
    const rig = await open({ asked: () => () => true, handshakes: { timeoutMs: 300, max: 8 } })
    await closed(half(rig.tlsPort, Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n')))
    await closed(half(rig.tlsPort, Buffer.from([22, 3, 1, 2, 0, 1])))
    await expect.poll(() => rig.listener.counts).toMatchObject({ pending: 0, failed: 1, late: 1 })
    await expect.poll(() => rig.connections().open).toBe(0)
  })

  it('connections over TLS count against the cap of their address', async () => {
    const rig = await open({}, { connectionsPerAddressMax: 2 })
    await dial(rig)
    await dial(rig)
    await expect(dial(rig)).rejects.toThrow()
    expect(rig.connections()).toEqual({ open: 2, refused: 1, busiest: 2 })
  })
})
