import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Rig, startRig } from '../testing/gateway.fixture.ts'

// Ways to write Transfer-Encoding so that one server of a chain sees it and another does not.
const names = [
  'Transfer-Encoding',
  'transfer-encoding',
  'Transfer_Encoding',
  'Transfer-Encoding ',
  ' Transfer-Encoding',
  'Transfer-Encoding\t',
  'Transfer\rEncoding',
  'Transfer-Encoding\0',
  'X\nTransfer-Encoding',
  'X\rTransfer-Encoding',
  'Transfer.Encoding',
  'Content-Encoding',
  'Transfer-Encoding\x0b',
  '\x00Transfer-Encoding',
]
const values = [
  'chunked',
  'Chunked',
  ' chunked',
  'chunked ',
  '\tchunked',
  '\x0bchunked',
  'chunked\x0b',
  'xchunked',
  'chunke',
  'chunked, identity',
  'identity, chunked',
  'identity',
  'chunked,',
  ',chunked',
  '"chunked"',
  "'chunked'",
  'chunked\0',
  'chunked;a',
  '\xa0chunked',
  'chunked\r\n x',
  '\r\n chunked',
  '',
  'cow',
  'chunked\nX: y',
  'gzip, chunked',
]
const separators = [':', ': ', ' : ', ':\t', ':\x0b', ': \r\n ']
const lengths = [
  '',
  'Content-Length: 6\r\n',
  'content-length: 4\r\n',
  'Content-Length: 6\r\nContent-Length: 5\r\n',
  'Content_Length: 3\r\n',
]
const bodies = [
  '0\r\n\r\nX',
  '1\r\nZ\r\nQ',
  '0\r\n\r\nGET /hidden HTTP/1.1\r\nHost: a\r\n\r\n',
  '5c\r\nGET /hidden HTTP/1.1\r\nHost: a\r\n\r\n0\r\n\r\n',
]

describe('request smuggling', () => {
  let rig: Rig
  let received = ''
  const sockets = new Set<Socket>()
  // An upstream that answers whatever it gets and understands nothing: what counts is what it was sent.
  const upstream = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1')
      if (received.endsWith('\r\n\r\n') || !/transfer-encoding/i.test(received)) {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
      }
    })
  })
  beforeAll(async () => {
    upstream.listen(0, '127.0.0.1')
    await once(upstream, 'listening')
    const address = upstream.address()
    if (address === null || typeof address === 'string') throw new Error('no port')
    rig = await startRig({
      document: {
        targets: [{ url: `http://127.0.0.1:${address.port}`, weight: 1 }],
        firstByteTimeoutMs: 300,
        idleTimeoutMs: 300,
      },
    })
  })
  afterAll(async () => {
    await rig.close()
    for (const socket of sockets) socket.destroy()
    upstream.close()
  })

  it('D6 sends one framing field, written by us, whatever came in', async () => {
    const coding = fc
      .tuple(fc.constantFrom(...names), fc.constantFrom(...separators), fc.constantFrom(...values))
      .map((parts) => `${parts.join('')}\r\n`)
    const heads = fc.tuple(
      fc.constantFrom(...lengths),
      fc.array(coding, { minLength: 1, maxLength: 2 }),
      fc.boolean(),
    )
    await fc.assert(
      fc.asyncProperty(heads, fc.constantFrom(...bodies), async ([length, codings, lengthFirst], body) => {
        received = ''
        const lines = lengthFirst ? [length, ...codings] : [...codings, length]
        await rig.raw(`POST /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${lines.join('')}\r\n${body}`)
        if (received === '') return
        const head = received.slice(0, received.indexOf('\r\n\r\n') + 2)
        const framing = head.match(/^(?:transfer.encoding|content.length)[^:]*:.*$/gim) ?? []
        expect(framing.length).toBeLessThanOrEqual(1)
        for (const line of framing)
          expect(line).toMatch(/^(?:Transfer-Encoding: chunked|Content-Length: \d+)\r?$/)
        expect(head.match(/^POST \/a HTTP\/1\.1\r\n/)).not.toBeNull()
        // A second request on the wire would be one that the gateway never saw as such.
        const rest = received.slice(head.length + 2)
        if (framing[0]?.startsWith('Content-Length')) {
          expect(rest.length).toBeLessThanOrEqual(Number(framing[0].split(': ')[1]))
        } else if (framing.length === 0) {
          expect(rest).toBe('')
        } else {
          expect(rest).toMatch(/^(?:[0-9a-f]+\r\n[\s\S]*)?$/)
        }
      }),
      { numRuns: 600 },
    )
  }, 60_000)
})
