import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createAddressSet } from '@gatewright/shared/cidr'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RequestContext } from '../request/context.ts'
import { Exchange } from '../request/exchange.ts'
import { Peer } from '../request/peer.ts'
import { readHead } from '../request/syntax.ts'
import { unknownLength } from '../upstream/call.ts'
import { type RequestHead, RequestParser, type RequestSink, unread } from './request-parser.ts'

/** One request as it was read. */
interface Reading {
  readonly line: string
  readonly fields: readonly string[]
  readonly body: string
  readonly trailers: readonly string[]
}

/** All that was read of a stream of bytes, in a form that does not depend on how the bytes were cut. */
interface Stream {
  readonly requests: readonly Reading[]
  readonly end: 'between' | 'open' | 'refused'
}

const headBytesMax = 2_048
const peer = new Peer('127.0.0.1', 'http', createAddressSet([]))

class Recorder implements RequestSink {
  requests: Reading[] = []
  current: { line: string; fields: string[]; body: string } | null = null
  problem = ''

  /** Framed as the gateway frames it. */
  onHead(head: RequestHead): number {
    const ctx = new RequestContext(new Exchange(head, null), peer, '', 0, 0)
    if (readHead(ctx, headBytesMax) !== null) {
      this.problem = 'head'
      return unread
    }
    this.current = {
      line: `${head.method} ${head.target} ${head.minor}`,
      fields: head.fields,
      body: '',
    }
    return ctx.wireLength
  }
  onBody(buffer: Buffer, start: number, end: number): void {
    if (this.current !== null) this.current.body += buffer.toString('latin1', start, end)
  }
  onMessageEnd(trailers: readonly string[]): void {
    if (this.current !== null) this.requests.push({ ...this.current, trailers })
    this.current = null
  }
  onFault(_: string, detail: string): void {
    this.problem = detail || 'too large'
  }
}

function read(bytes: string, cuts: readonly number[] = []): Stream & { readonly problem: string } {
  const recorder = new Recorder()
  const parser = new RequestParser(recorder, headBytesMax)
  const all = Buffer.from(bytes, 'latin1')
  const points = [...new Set(cuts.map((cut) => cut % (all.length + 1)))].sort((a, b) => a - b)
  let from = 0
  for (const to of [...points, all.length]) {
    const buffer = Buffer.concat([Buffer.from('###'), all.subarray(from, to), Buffer.from('###')])
    let i = 3
    while (i < 3 + to - from) i = parser.feed(buffer, i, 3 + to - from)
    buffer.fill(0x23)
    from = to
  }
  const { requests, current, problem } = recorder
  const end = problem !== '' ? 'refused' : current !== null || parser.isInHead ? 'open' : 'between'
  return { requests, end, problem }
}

const token = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+"
const text = '[\\t\\x20-\\x7e\\x80-\\xff]'
const fieldPattern = new RegExp(`^(${token}):[ \\t]*(${text}*?)[ \\t]*$`)
const extensions = `(?:;${token}(?:=(?:${token}|"(?:[^"\\\\\\x00-\\x08\\x0a-\\x1f\\x7f]|\\\\${text})*"))?)*`
const sizePattern = new RegExp(`^([0-9a-fA-F]{1,12})${extensions}\\r\\n`)

// The reference: by regular expressions, following RFC 9112 sentence by sentence.
function readNaively(bytes: string): Stream {
  const requests: Reading[] = []
  let rest = bytes
  for (;;) {
    if (rest === '') return { requests, end: 'between' }
    rest = rest.replace(/^\r\n/, '')
    if (rest === '') return { requests, end: 'open' }
    const head = /^(GET|POST|HEAD) (\/[\w/]*) HTTP\/1\.([01])\r\n((?:[^\r\n]+\r\n)*)\r\n/.exec(rest)
    if (head === null) return { requests, end: 'refused' }
    const [whole, method, target, minor, lines = ''] = head
    const fields = fieldsOf(lines)
    if (fields === null || whole.length > headBytesMax) return { requests, end: 'refused' }
    rest = rest.slice(whole.length)
    const all = (name: string) =>
      fields.flatMap((field, i) =>
        i % 2 === 0 && field.toLowerCase() === name ? [fields[i + 1] as string] : [],
      )
    const hosts = all('host')
    const lengths = all('content-length')
    const codings = all('transfer-encoding')
    const isRefused =
      hosts.length > 1 ||
      (hosts.length === 0 && minor === '1') ||
      lengths.length > 1 ||
      !lengths.every((length) => /^\d{1,15}$/.test(length)) ||
      codings.length > 1 ||
      !codings.every((coding) => coding.toLowerCase() === 'chunked') ||
      (codings.length > 0 && (lengths.length > 0 || minor === '0'))
    if (isRefused) return { requests, end: 'refused' }
    const line = `${method} ${target} ${minor}`
    if (codings.length > 0) {
      const chunks = chunksOf(rest)
      if (typeof chunks === 'string') return { requests, end: chunks }
      requests.push({ line, fields, body: chunks.body, trailers: chunks.trailers })
      rest = chunks.rest
    } else {
      const length = Number(lengths[0] ?? 0)
      if (rest.length < length) return { requests, end: 'open' }
      requests.push({ line, fields, body: rest.slice(0, length), trailers: [] })
      rest = rest.slice(length)
    }
  }
}

function fieldsOf(lines: string): string[] | null {
  const fields: string[] = []
  for (const line of lines.split('\r\n').slice(0, -1)) {
    const field = fieldPattern.exec(line)
    if (field === null) return null
    fields.push(field[1] as string, field[2] as string)
  }
  return fields
}

function chunksOf(bytes: string): { body: string; trailers: string[]; rest: string } | 'refused' {
  let rest = bytes
  let body = ''
  for (;;) {
    const size = sizePattern.exec(rest)
    if (size === null) return 'refused'
    rest = rest.slice(size[0].length)
    const length = Number.parseInt(size[1] as string, 16)
    if (length === 0) break
    if (rest.slice(length, length + 2) !== '\r\n') return 'refused'
    body += rest.slice(0, length)
    rest = rest.slice(length + 2)
  }
  const section = /^((?:[^\r\n]+\r\n)*)\r\n/.exec(rest)
  const trailers = section === null ? null : fieldsOf(section[1] as string)
  const frames = (name: string, i: number) =>
    i % 2 === 0 && /^(?:content-length|transfer-encoding|host)$/i.test(name)
  if (section === null || trailers === null || trailers.some(frames)) return 'refused'
  return { body, trailers, rest: rest.slice(section[0].length) }
}

// Pieces of requests, right and wrong, that stand beside each other in every way.
const heads = fc.constantFrom(
  'GET /a HTTP/1.1\r\nHost: a\r\n',
  'POST /a/b HTTP/1.1\r\nHost: a\r\n',
  'HEAD / HTTP/1.0\r\n',
  'GET  /a HTTP/1.1\r\nHost: a\r\n',
  'GET /a  HTTP/1.1\r\nHost: a\r\n',
  'GET /a RTSP/1.0\r\nHost: a\r\n',
  'GET /a HTTP/1.1 \r\nHost: a\r\n',
  '\r\nGET /a HTTP/1.1\r\nHost: a\r\n',
  '\r\n\r\nGET /a HTTP/1.1\r\nHost: a\r\n',
  '\nGET /a HTTP/1.1\r\nHost: a\r\n',
  '\rGET /a HTTP/1.1\r\nHost: a\r\n',
)
const lines = fc.constantFrom(
  'A: b\r\n',
  'A:\r\n',
  'A: \t b \t\r\n',
  'A : b\r\n',
  'A: b\r\n c\r\n',
  'Host: b\r\n',
  'Content-Length: 3\r\n',
  'content-length: 0\r\n',
  'Content-Length: 3, 3\r\n',
  'Transfer-Encoding: chunked\r\n',
  'transfer-encoding: CHUNKED\r\n',
  'Transfer-Encoding: chunked, chunked\r\n',
  'A: b\n',
  'A: \x00\r\n',
  `A: ${'b'.repeat(1_000)}\r\n`,
)
const bodies = fc.constantFrom(
  '',
  'abc',
  'abcd',
  '3\r\nabc\r\n0\r\n\r\n',
  '3;a\r\nabc\r\n00;b="c;\\"d"\r\n\r\n',
  '3;=a\r\nabc\r\n0\r\n\r\n',
  '3;a=\r\nabc\r\n0\r\n\r\n',
  '3 ;a\r\nabc\r\n0\r\n\r\n',
  '1\r\na\r\nA\r\n0123456789\r\n0\r\nA: b\r\n\r\n',
  '3\r\nabc\r\n0\r\nContent-Length: 3\r\n\r\n',
  '4\r\nabc\r\n0\r\n\r\n',
  '3\r\nabc\n0\r\n\r\n',
)
const messages = fc
  .array(fc.tuple(heads, fc.array(lines, { maxLength: 3 }), bodies), { minLength: 1, maxLength: 3 })
  .map((parts) => parts.map(([head, fields, body]) => `${head}${fields.join('')}\r\n${body}`).join(''))
const cuts = fc.array(fc.nat(5_000), { maxLength: 12 })

describe('requests on the wire', () => {
  it('are read as by a reference that follows RFC 9112 sentence by sentence', () => {
    fc.assert(
      fc.property(messages, cuts, (bytes, points) => {
        const { problem, ...found } = read(bytes, points)
        const expected = readNaively(bytes)
        expect(found.requests, problem).toEqual(expected.requests)
        // What is cut short can be an offence that is not seen yet.
        if (found.end !== expected.end) expect([found.end, expected.end]).toEqual(['open', 'refused'])
      }),
      { numRuns: 3_000 },
    )
  })

  it('mean the same however the bytes are cut, also when they are no requests at all', () => {
    const byte = fc.constantFrom(...'GET /a HTTP/1.1\r\n:;0123abc\t\0\x80"\\')
    const noise = fc.array(byte, { maxLength: 60 }).map((bytes) => bytes.join(''))
    fc.assert(
      fc.property(fc.tuple(messages, noise, fc.nat(300)), cuts, ([bytes, more, at], points) => {
        const mixed = bytes.slice(0, at) + more + bytes.slice(at)
        expect(read(mixed, points)).toEqual(read(mixed))
      }),
      { numRuns: 3_000 },
    )
  })

  it('D6 hide no other request, whichever of their bytes is another one', () => {
    const whole =
      'POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;a="b"\r\nabc\r\n0\r\nC: d\r\n\r\n'
    const hidden = 'GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n'
    let readable = 0
    for (let at = 0; at < whole.length; at++) {
      for (let code = 0; code < 256; code++) {
        const bytes = whole.slice(0, at) + String.fromCharCode(code) + whole.slice(at + 1) + hidden
        const [first, second, ...more] = read(bytes).requests
        expect(more).toEqual([])
        if (second === undefined) continue
        readable++
        // The one behind it is read as such, and only where all of the first was read as what it is.
        expect([first?.body.length, second.line], bytes).toEqual([3, 'GET /hidden 1'])
      }
    }
    expect(readable).toBeGreaterThan(1_000)
  })

  it('have a head of at most the bytes that it may have, in one read or in many', () => {
    const head = (length: number) => {
      const start = 'GET /a HTTP/1.1\r\nHost: a\r\nA: '
      return `${start}${'b'.repeat(length - start.length - 4)}\r\n\r\n`
    }
    for (const points of [[], [100, 1_000, 2_000], Array.from({ length: 2_048 }, (_, i) => i)]) {
      expect(read(head(headBytesMax), points)).toMatchObject({ end: 'between', requests: [{}] })
      expect(read(head(headBytesMax + 1), points)).toMatchObject({ end: 'refused', requests: [] })
    }
  })
})

it('D7 nothing of the bytes of a request is kept when it was read', async () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const sink: RequestSink = {
    onHead: () => unknownLength,
    onBody: () => undefined,
    onMessageEnd: () => undefined,
    onFault: (_, detail) => expect.unreachable(detail),
  }
  const parser = new RequestParser(sink, headBytesMax)
  const read = () => {
    const bytes = Buffer.alloc(64 * 1024, 'POST / HTTP/1.1\r\nA: b\r\n\r\n0\r\nC: d\r\n\r\n')
    parser.feed(bytes, 0, bytes.indexOf('\r\n\r\n0') + 15)
    return new WeakRef(bytes)
  }
  const bytes = read()
  await new Promise((resolve) => setImmediate(resolve))
  collect()
  expect(parser.isInHead).toBe(false)
  expect(bytes.deref()).toBeUndefined()
})
