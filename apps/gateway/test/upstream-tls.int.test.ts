// TLS to upstreams as a real gateway does it: client certificates from its folder, renewed while it serves.
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import { upstreamTls } from '@gatewright/shared/model/upstream'
import { expect, it, vi } from 'vitest'
import type * as z from 'zod'
import { createAuthority, type TestCertificate } from '../src/testing/certificates.fixture.ts'
import { listen } from '../src/testing/gateway.fixture.ts'
import { snapshotOf, upstream, version } from './documents.ts'
import { createRig, until } from './rig.ts'

vi.setConfig({ testTimeout: 90_000 })

const authority = createAuthority('Books CA')

/** Demands a client certificate and answers with the name in it. */
async function startServer() {
  const server = createServer(
    { ...authority.issue({ name: 'books', hosts: ['127.0.0.1'] }), requestCert: true, ca: authority.cert },
    (request, response) => {
      const peer = (request.socket as TLSSocket).getPeerX509Certificate()
      response.end(/CN=(.*)/.exec(peer?.subject ?? '')?.[1])
    },
  )
  server.on('tlsClientError', () => undefined)
  const port = await listen(server)
  return {
    url: `https://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
    },
  }
}

function snapshotWith(url: string, tls: z.input<typeof upstreamTls>) {
  const upstreams = [upstream('ups_books', [url], { tls: upstreamTls.parse(tls) })]
  return snapshotOf([version({ isPublic: true, more: { upstreams } })])
}

it('mTLS: shown from the folder of the operator, renewed under load with no request lost, and without it nothing goes out', async () => {
  await using rig = await createRig()
  await using server = await startServer()
  const folder = join(rig.folder, 'identities')
  mkdirSync(join(folder, 'acme'), { recursive: true })
  const write = ({ cert, key }: TestCertificate) => {
    writeFileSync(join(folder, 'acme/billing.crt'), cert)
    writeFileSync(join(folder, 'acme/billing.key'), key)
  }
  const first = authority.issue({ name: 'first' })
  write(first)
  const tls = { ca: authority.cert, identity: 'billing' }
  await rig.publisher.publish(snapshotWith(server.url, tls))
  const gateway = await rig.startGateway({ UPSTREAM_IDENTITIES: folder })
  await rig.publisher.live([gateway])
  const names = new Map<string, number>()
  async function callOnce() {
    const { status, body } = await gateway.call('/echo/things', { headers: { Connection: 'close' } })
    const name = status === 200 ? body : `${status} ${body}`
    names.set(name, (names.get(name) ?? 0) + 1)
    return name
  }
  expect(await callOnce()).toBe('first')

  let isOver = false
  const load = Array.from({ length: 4 }, async () => {
    while (!isOver) await callOnce()
  })
  const second = authority.issue({ name: 'second' })
  write(second)
  await until(async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, callOnce))
    return answers.every((name) => name === 'second')
  }, 'every worker shows the new certificate')
  isOver = true
  await Promise.all(load)
  expect([...names.keys()]).toEqual(['first', 'second'])

  await rig.publisher.publish(snapshotWith(server.url, { ...tls, identity: 'payroll' }))
  await rig.publisher.live([gateway])
  const asked = names.size
  expect(await callOnce()).toMatch(/^502 /)
  expect(names.size).toBe(asked + 1)
  // A log reaches its reader on its own way, after the answer that it is about or before it.
  const logged = () => JSON.stringify(gateway.logs)
  await until(
    () => logged().includes('tenant acme has no client certificate \\"payroll\\" here: no such files'),
    'the log says which certificate is missing',
  )
  const said = logged()
  expect(said).toContain('A client certificate was renewed')
  for (const { key } of [first, second]) expect(said).not.toContain(key.split('\n')[1])
})
