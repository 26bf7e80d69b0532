// A route with one policy that identifies, behind https that asks for client certificates, and behind a plain port.
import { once } from 'node:events'
import { type ConnectionOptions, connect } from 'node:tls'
import type { Phases } from '@gatewright/shared/policies/policy'
import { CertificateShelf } from '../tls/certificate-shelf.ts'
import { TlsListener } from '../tls/listener.ts'
import { createAuthority, type TestCertificate } from './certificates.fixture.ts'
import { emptyChain, listen, type Rig, type RigOptions, startRig } from './gateway.fixture.ts'

const server = createAuthority('Servers').issue({ name: 'server', hosts: ['api.test'] })

/** 200, or the reason code. */
export type TlsOutcome = string | number

export interface TlsRig {
  readonly rig: Rig
  /** One request to `api.test` over https: what the client shows, further header lines, options of its connection. */
  call(client?: Partial<TestCertificate>, fields?: string, options?: ConnectionOptions): Promise<TlsOutcome>
  /** One request without TLS, as a proxy in front would send it. */
  plain(fields: string): Promise<TlsOutcome>
  close(): Promise<void>
}

export async function startTlsRig(type: string, phases: Phases, more: RigOptions = {}): Promise<TlsRig> {
  const request = phases.request?.bind(phases) ?? (() => undefined)
  const facts = { policy: type, type, scope: 'version', stage: 'identify' }
  const rig = await startRig({
    ...more,
    match: (_, __, ___, route) => ({
      ...route,
      facts: { ...route.facts, public: false },
      chain: {
        ...emptyChain,
        request: [request, (ctx) => (ctx.principal === null ? phases.absent : undefined)],
        requestSteps: [facts, facts],
      },
    }),
  })
  const shelf = new CertificateShelf({ minVersion: 'TLSv1.2' })
  shelf.setOwn([{ hosts: ['api.test'], chain: server.cert, key: server.key, notAfterMs: 0, isDefault: true }])
  const listener = new TlsListener(rig.server, {
    minVersion: 'TLSv1.2',
    certificates: shelf,
    handshakes: { timeoutMs: 5_000, max: 100 },
    asked: () => (host) => host === 'api.test' && phases.wantsCertificate === true,
  })
  const port = await listen(listener)
  const open = new Set<ReturnType<typeof connect>>()
  return {
    rig,
    async call(client = {}, fields = '', options = {}) {
      const socket = connect({
        port,
        servername: 'api.test',
        rejectUnauthorized: false,
        ...client,
        ...options,
      })
      open.add(socket)
      await once(socket, 'secureConnect')
      let text = ''
      socket.on('data', (piece) => {
        text += piece
      })
      socket.write(head(fields))
      await once(socket, 'end')
      socket.destroy()
      open.delete(socket)
      return outcomeOf(text)
    },
    plain: async (fields) => outcomeOf(await rig.rawAll(head(fields))),
    async close() {
      for (const socket of open) socket.destroy()
      listener.close()
      listener.closeHandshakes()
      await rig.close()
    },
  }
}

const head = (fields: string) => `GET /a HTTP/1.1\r\nHost: api.test\r\n${fields}Connection: close\r\n\r\n`

const outcomeOf = (text: string): TlsOutcome =>
  /"code":"([a-z_]+)"/.exec(text)?.[1] ?? Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1])
