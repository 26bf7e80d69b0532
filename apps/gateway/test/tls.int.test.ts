// C12: https as a real gateway with several workers speaks it, with certificates from its folder.
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import { connect, type TLSSocket } from 'node:tls'
import { certificateKeyPlace } from '@gatewright/shared/sealing/certificate-key'
import { Keyring } from '@gatewright/shared/sealing/keyring'
import { seal } from '@gatewright/shared/sealing/sealed'
import { describe, expect, it, vi } from 'vitest'
import { freePort } from '../../../scripts/stack/ports.ts'
import { createAuthority, type TestCertificate } from '../src/testing/certificates.fixture.ts'
import { policy, snapshotOf, version } from './documents.ts'
import { createRig, type Rig } from './rig.ts'

vi.setConfig({ testTimeout: 90_000 })

const authority = createAuthority('Edge CA')

interface Answer {
  readonly status: number
  readonly name: string | undefined
  readonly hsts: string | undefined
}

/** One call on a connection of its own. */
function call(port: number, host: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { port, host: '127.0.0.1', servername: host, ca: authority.cert, agent: false }
    const sent = request({ ...options, path: '/echo/things', headers: { host } }, (response) => {
      const name = (response.socket as TLSSocket).getPeerX509Certificate()?.subject
      response.resume()
      response.on('error', reject)
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          name,
          hsts: response.headers['strict-transport-security'],
        }),
      )
    })
    sent.on('error', reject)
    sent.end()
  })
}

async function startSecure(rig: Rig, plain: 'redirect' | 'refuse') {
  const folder = join(rig.folder, 'certificates')
  mkdirSync(folder, { recursive: true })
  const write = (name: string, { cert, key }: TestCertificate) => {
    writeFileSync(join(folder, `${name}.crt`), cert)
    writeFileSync(join(folder, `${name}.key`), key)
  }
  write('api', authority.issue({ name: 'api', hosts: ['api.example.com'] }))
  write('wildcard', authority.issue({ name: 'wildcard', hosts: ['*.example.com'] }))
  write('default', authority.issue({ name: 'default', hosts: ['fallback.test'] }))
  const upstream = await rig.startUpstream()
  const policies = [policy('https-only', { plain, hstsSeconds: 600 })]
  await rig.publisher.publish(
    snapshotOf([version({ isPublic: true, upstreamUrls: [upstream.url], policies })]),
  )
  const tlsPort = await freePort()
  const gateway = await rig.startGateway({ TLS_PORT: String(tlsPort), TLS_CERTIFICATES: folder })
  await rig.publisher.live([gateway])
  return { gateway, tlsPort, write }
}

describe('C12 https', () => {
  it('three certificates by name, changed under load without one failed request, and told of in metrics', async () => {
    await using rig = await createRig()
    const { gateway, tlsPort, write } = await startSecure(rig, 'redirect')
    expect(await call(tlsPort, 'api.example.com')).toEqual({
      status: 200,
      name: 'CN=api',
      hsts: 'max-age=600',
    })
    expect(await call(tlsPort, 'shop.example.com')).toMatchObject({ status: 200, name: 'CN=wildcard' })
    expect(await call(tlsPort, 'fallback.test')).toMatchObject({ status: 200, name: 'CN=default' })

    const names = new Map<string | undefined, number>()
    const failures: unknown[] = []
    let isOver = false
    const caller = async () => {
      while (!isOver) {
        try {
          const { status, name } = await call(tlsPort, 'api.example.com')
          if (status !== 200) failures.push(status)
          names.set(name, (names.get(name) ?? 0) + 1)
        } catch (error) {
          failures.push(error)
        }
      }
    }
    const callers = Promise.all(Array.from({ length: 6 }, caller))
    write('api', authority.issue({ name: 'renewed', hosts: ['api.example.com'] }))
    await expect.poll(() => (names.get('CN=renewed') ?? 0) > 100, { timeout: 20_000 }).toBe(true)
    isOver = true
    await callers
    expect(failures).toEqual([])

    const metrics = await (await fetch(`${gateway.opsUrl}/metrics`)).text()
    expect(metrics).toMatch(/gw_tls_handshakes_total\{outcome="done"\} [1-9]/)
    expect(metrics).toMatch(
      /gw_tls_certificate_expiry_timestamp_seconds\{worker="0",hosts="api.example.com"\} \d{10}/,
    )
  })

  it('those of the control plane come sealed, are swapped with the configuration, and give way to the folder', async () => {
    await using rig = await createRig()
    const secretsKey = randomBytes(32).toString('base64')
    const sealingKey = Keyring.from({ SECRETS_KEY: secretsKey }).current
    if (sealingKey === null) throw new Error('no key')
    const upstream = await rig.startUpstream()
    const publish = (pair: TestCertificate) =>
      rig.publisher.publish({
        ...snapshotOf([version({ isPublic: true, upstreamUrls: [upstream.url] })]),
        certificates: [
          {
            id: 'crt_1',
            name: 'api',
            hosts: ['api.example.com', 'own.example.com'],
            chain: pair.cert,
            key: seal(pair.key, certificateKeyPlace('crt_1'), sealingKey),
            notAfter: Date.now() + 86_400_000,
            isDefault: true,
          },
        ],
      })
    const issue = (name: string) => authority.issue({ name, hosts: ['api.example.com', 'own.example.com'] })
    const folder = join(rig.folder, 'certificates')
    mkdirSync(folder, { recursive: true })
    const own = authority.issue({ name: 'own', hosts: ['own.example.com'] })
    writeFileSync(join(folder, 'own.crt'), own.cert)
    writeFileSync(join(folder, 'own.key'), own.key)
    await publish(issue('central'))
    const tlsPort = await freePort()
    const settings = { TLS_PORT: String(tlsPort), TLS_CERTIFICATES: folder, SECRETS_KEY: secretsKey }
    const gateway = await rig.startGateway(settings)
    await rig.publisher.live([gateway])
    expect(await call(tlsPort, 'api.example.com')).toMatchObject({ status: 200, name: 'CN=central' })
    expect(await call(tlsPort, 'own.example.com')).toMatchObject({ status: 200, name: 'CN=own' })
    await publish(issue('renewed'))
    await rig.publisher.live([gateway])
    expect(await call(tlsPort, 'api.example.com')).toMatchObject({ status: 200, name: 'CN=renewed' })
  })

  it('sessions are resumed whichever worker takes the connection', async () => {
    await using rig = await createRig()
    const { tlsPort } = await startSecure(rig, 'redirect')
    const options = { port: tlsPort, host: '127.0.0.1', servername: 'api.example.com', ca: authority.cert }
    const first = connect(options)
    first.resume()
    const [session] = (await once(first, 'session')) as [Buffer]
    first.destroy()
    const isReused = async () => {
      const socket = connect({ ...options, session })
      await once(socket, 'secureConnect')
      const reused = socket.isSessionReused()
      socket.destroy()
      return reused
    }
    expect(await Promise.all(Array.from({ length: 20 }, isReused))).toEqual(Array(20).fill(true))
  })

  it('over http a call is sent to https, or refused, and a proxy that is not trusted changes nothing', async () => {
    await using rig = await createRig()
    const { gateway } = await startSecure(rig, 'redirect')
    const headers = { Host: 'api.example.com', 'X-Forwarded-Proto': 'https' }
    const sent = await gateway.call('/echo/things?a=1', { headers })
    expect(sent.status).toBe(308)
    expect(sent.headers.location).toBe('https://api.example.com/echo/things?a=1')
    expect(sent.headers['strict-transport-security']).toBeUndefined()

    await using other = await createRig()
    const refusing = await startSecure(other, 'refuse')
    const refused = await refusing.gateway.call('/echo/things', { headers })
    expect(refused.status).toBe(403)
    expect(refused.json()).toMatchObject({ code: 'https_required' })
    expect((await call(refusing.tlsPort, 'api.example.com')).status).toBe(200)
  })
})
