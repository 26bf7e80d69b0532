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

/** What reached the upstream is nothing, or one request that is framed as we frame them. */
function expectOneRequest(received: string): void {
  if (received === '') return
  const head = received.slice(0, received.indexOf('\r\n\r\n') + 2)
  const framing =
    head.match(/^(?:transfer[^0-9a-z:]encoding|content[^0-9a-z:]length)[^-0-9a-z:]*:.*$/gim) ?? []
  expect(framing.length).toBeLessThanOrEqual(1)
  for (const line of framing) expect(line).toMatch(/^(?:Transfer-Encoding: chunked|Content-Length: \d+)\r?$/)
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
}

// Every place of a framing field where a byte too many may hide it from one server and show it to another.
const places: ((byte: string) => string)[] = [
  (byte) => `${byte}Transfer-Encoding: chunked`,
  (byte) => `Transfer${byte}Encoding: chunked`,
  (byte) => `Transfer-${byte}Encoding: chunked`,
  (byte) => `Transfer-Encoding${byte}: chunked`,
  (byte) => `Transfer-Encoding:${byte}chunked`,
  (byte) => `Transfer-Encoding: ${byte}chunked`,
  (byte) => `Transfer-Encoding: chun${byte}ked`,
  (byte) => `Transfer-Encoding: chunked${byte}`,
  (byte) => `Transfer-Encoding: chunked${byte}X: x`,
  (byte) => `Transfer-Encoding: chunked\r${byte}X: x`,
  (byte) => `Transfer-Encoding: chunked${byte}\nX: x`,
  (byte) => `X: x${byte}Transfer-Encoding: chunked`,
  (byte) => `X: x\r${byte}Transfer-Encoding: chunked`,
  (byte) => `X: x${byte}\nTransfer-Encoding: chunked`,
  (byte) => `${byte}Transfer-Encoding${byte}: chunked`,
  (byte) => `Transfer-Encoding:${byte}chunked${byte}`,
  (byte) => `${byte}Content-Length: 80`,
  (byte) => `Content${byte}Length: 80`,
  (byte) => `Content-Length${byte}: 80`,
  (byte) => `Content-Length:${byte}80`,
  (byte) => `Content-Length: 8${byte}0`,
  (byte) => `Content-Length: 80${byte}`,
  (byte) => `X: x${byte}Content-Length: 80`,
]
// A letter or digit more makes another name, which means nothing to anybody.
const bytes = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte)).filter(
  (byte) => !/[0-9A-Za-z]/.test(byte),
)

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
        targets: [{ url: `http://127.0.0.1:${address.port}`, weight: 1, region: null }],
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
        expectOneRequest(received)
      }),
      { numRuns: 600 },
    )
  }, 60_000)

  it.each(['', 'Content-Length: 5\r\n'])(
    'D6 no byte at any place of a framing field makes two requests of one, also beside “%s”',
    async (length) => {
      const body = '0\r\n\r\nPOST /hidden HTTP/1.1\r\nHost: a\r\nContent-Length: 40\r\nX: '
      for (const place of places) {
        for (const byte of bytes) {
          received = ''
          const line = place(byte)
          await rig.raw(`POST /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${length}${line}\r\n\r\n${body}`)
          try {
            expectOneRequest(received)
          } catch (error) {
            throw new Error(`leaked by ${JSON.stringify(line)}: ${JSON.stringify(received)}`, {
              cause: error,
            })
          }
        }
      }
    },
  )
})
