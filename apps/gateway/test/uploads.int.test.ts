// Uploads at a real gateway, scanned by a real ClamAV and by a small ICAP server: what is found never reaches the upstream.

import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { eicar, startClamd } from '../../../scripts/stack/clamd.ts'
import { freePort } from '../../../scripts/stack/ports.ts'
import { createScanners } from '../src/runtime/virus-scanners/scanners.ts'
import { createBlockList } from '../src/upstream/forbidden.ts'
import { policy, snapshotOf, version } from './documents.ts'
import { createRig, type Rig, until } from './rig.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 })

let clamd: Awaited<ReturnType<typeof startClamd>>
let folder: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gatewright-clamd-'))
  clamd = await startClamd(folder, await freePort())
})
afterAll(async () => {
  await clamd.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** One version for each configuration, at `/0`, `/1` … */
async function guarded(rig: Rig, ...configs: object[]) {
  const upstream = await rig.startUpstream()
  const versions = configs.map((config, i) =>
    version({
      name: `v${i}`,
      basePath: `/${i}`,
      isPublic: true,
      upstreamUrls: [upstream.url],
      policies: [policy('file-scan', { ...config }, `scan-${i}`)],
      routes: ['POST /things', 'GET /things'],
    }),
  )
  await rig.publisher.publish(snapshotOf(versions))
  const gateway = await rig.startGateway({ WORKERS: '1' })
  await rig.publisher.live([gateway])
  const post = async (at: number, body: string, type = 'application/octet-stream') => {
    const reply = await gateway.call(`/${at}/things`, {
      method: 'POST',
      headers: { 'Content-Type': type },
      body,
    })
    return reply.status === 200 ? 200 : `${reply.status} ${reply.json().code}`
  }
  return { upstream, gateway, post }
}

const form = (...files: [name: string, content: string, type?: string][]) =>
  `${files.map(([name, content, type = 'application/octet-stream']) => `--b\r\nContent-Disposition: form-data; name="f"; filename="${name}"\r\nContent-Type: ${type}\r\n\r\n${content}\r\n`).join('')}--b--\r\n`
const multipart = 'multipart/form-data; boundary=b'

describe('D8: virus scans', () => {
  it('ClamAV: the test file is blocked, alone and in a form; clean files pass; what is found stands in the event', async () => {
    await using rig = await createRig()
    const { upstream, gateway, post } = await guarded(rig, { scanner: clamd.address, checkContent: false })
    expect(await post(0, 'harmless')).toBe(200)
    expect(await post(0, form(['a.txt', 'harmless'], ['b.txt', 'too']), multipart)).toBe(200)
    const seen = upstream.seen.length
    expect(await post(0, eicar)).toBe('422 virus_found')
    expect(await post(0, form(['a.txt', 'harmless'], ['b.txt', eicar]), multipart)).toBe('422 virus_found')
    expect(await post(0, 'x'.repeat(3_000_000))).toBe('413 body_too_large')
    expect((await gateway.call('/0/things')).status).toBe(200)
    expect(upstream.seen.length).toBe(seen + 1)
    const found = async () => (await rig.publisher.events()).filter(({ reason }) => reason === 'virus_found')
    await until(async () => (await found()).length === 2, 'both events are there')
    expect((await found())[0]).toMatchObject({
      policy: 'scan-0',
      security: [{ kind: 'virus', action: 'blocked', detail: 'Eicar-Test.UNOFFICIAL' }],
    })
    const refused = await gateway.call('/0/things', { method: 'POST', body: eicar })
    expect(refused.body).not.toContain('Eicar')
  })

  it('files in forms: rules for number, size, extension and content; forms that readers differ about are refused', async () => {
    await using rig = await createRig()
    const rules = { maxFiles: 2, maxFileBytes: 100, extensions: ['png', 'txt'] }
    const { upstream, post } = await guarded(rig, rules)
    const pdf = '%PDF-1.7'
    expect(await post(0, form(['a.txt', 'x']), multipart)).toBe(200)
    const seen = upstream.seen.length
    expect(await post(0, form(['a.txt', 'x'], ['b.txt', 'x'], ['c.txt', 'x']), multipart)).toBe(
      '422 upload_not_allowed',
    )
    expect(await post(0, form(['a.txt', 'x'.repeat(101)]), multipart)).toBe('422 upload_not_allowed')
    expect(await post(0, form(['a.exe', 'x']), multipart)).toBe('422 upload_not_allowed')
    expect(await post(0, form(['a.txt.exe', 'x']), multipart)).toBe('422 upload_not_allowed')
    expect(await post(0, form(['../a.txt', 'x']), multipart)).toBe('422 upload_not_allowed')
    expect(await post(0, form(['a.png', 'MZ', 'image/png']), multipart)).toBe('422 upload_not_allowed')
    expect(await post(0, form(['a.txt', pdf, 'text/plain']), multipart)).toBe('422 upload_not_allowed')
    expect(await post(0, `x${form(['a.txt', 'x'])}`, multipart)).toBe('400 upload_malformed')
    expect(await post(0, form(['a.txt', 'x']), 'multipart/form-data')).toBe('400 upload_malformed')
    expect(upstream.seen.length).toBe(seen)
  })

  it('a scanner that is away: refused or let through, as somebody chose; too large is refused either way', async () => {
    await using rig = await createRig()
    const scanner = `clamd://127.0.0.1:${await freePort()}`
    const { gateway, post } = await guarded(
      rig,
      { scanner },
      { scanner, whenUnavailable: 'allow' },
      { scanner: clamd.address, whenUnavailable: 'allow' },
    )
    expect(await post(0, 'harmless')).toBe('503 virus_scanner_unavailable')
    expect(await post(1, eicar)).toBe(200)
    expect(await post(2, 'x'.repeat(3_000_000))).toBe('413 body_too_large')
    await gateway.logged(({ msg }) => msg === 'A virus scanner does not answer')
    const unseen = async () =>
      (await rig.publisher.events()).find(({ security }) => security?.[0]?.action === 'unseen')
    await until(async () => (await unseen()) !== undefined, 'the event says that nobody looked')
  })

  it('ICAP: both methods, each way to say no, and a server that says nothing of use', async () => {
    await using icap = await IcapServer.start()
    await using rig = await createRig()
    const scanner = `icap://127.0.0.1:${icap.port}/scan`
    const { upstream, post } = await guarded(rig, { scanner }, { scanner, icapMethod: 'respmod' })
    for (const at of [0, 1]) {
      const seen = upstream.seen.length
      expect(await post(at, 'harmless')).toBe(200)
      expect(await post(at, `x${eicar}`)).toBe('422 virus_found')
      expect(upstream.seen.length).toBe(seen + 1)
    }
    expect(icap.requests.map((it) => it.split(' ')[0])).toEqual(['REQMOD', 'REQMOD', 'RESPMOD', 'RESPMOD'])
    expect(icap.requests[0]).toMatch(/Encapsulated: req-hdr=0, req-body=\d+/)
    icap.answer = () => 'ICAP/1.0 500 Server Error\r\n\r\n'
    expect(await post(0, 'harmless')).toBe('503 virus_scanner_unavailable')
    icap.answer = () => 'HTTP/1.1 204 No Content\r\n\r\n'
    expect(await post(0, 'harmless')).toBe('503 virus_scanner_unavailable')
  })

  it('speaks over a socket of the machine for the platform alone, and never to a forbidden address', async () => {
    const log = { warn: () => undefined, info: () => undefined }
    const settings = { method: 'reqmod', timeoutMs: 5_000 } as const
    const scanners = createScanners(createBlockList(['127.0.0.2']), log)
    const socket = { ...settings, address: `clamd://${clamd.socket}` }
    expect(() => scanners.open(socket, false)).toThrow('by a policy of the platform alone')
    const scanner = scanners.open(socket, true)
    expect(await scanner.scan(Buffer.from(eicar), 'req_1')).toEqual({
      kind: 'found',
      signature: 'Eicar-Test.UNOFFICIAL',
    })
    const many = Array.from({ length: 40 }, (_, i) =>
      scanner.scan(Buffer.from(i % 2 ? eicar : 'fine'), 'req_1'),
    )
    expect((await Promise.all(many)).map(({ kind }) => kind)).toEqual(
      many.map((_, i) => (i % 2 ? 'found' : 'clean')),
    )
    const forbidden = scanners.open(
      { ...settings, address: clamd.address.replace('127.0.0.1', '127.0.0.2') },
      false,
    )
    expect(await forbidden.scan(Buffer.from('x'), 'req_1')).toEqual({ kind: 'unavailable' })
  })
})

/** Reads a message to the end of its chunks and answers 204, or with a page where the test file is in it. */
class IcapServer implements AsyncDisposable {
  readonly requests: string[] = []
  answer = (request: string): string =>
    request.includes(eicar)
      ? 'ICAP/1.0 200 OK\r\nX-Infection-Found: Type=0; Resolution=2; Threat=Eicar-Test;\r\nEncapsulated: res-hdr=0, null-body=24\r\n\r\nHTTP/1.1 403 Forbidden\r\n\r\n'
      : 'ICAP/1.0 204 No Content\r\n\r\n'

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  static async start(): Promise<IcapServer> {
    const port = await freePort()
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
    const icap = new IcapServer(server, port)
    server.on('connection', (socket) => {
      let request = ''
      socket.on('error', () => undefined)
      socket.on('data', (piece) => {
        request += piece.toString('latin1')
        if (!request.endsWith('\r\n0\r\n\r\n')) return
        icap.requests.push(request)
        socket.end(icap.answer(request))
      })
    })
    return icap
  }

  async [Symbol.asyncDispose]() {
    await new Promise((resolve) => this.server.close(resolve))
  }
}
