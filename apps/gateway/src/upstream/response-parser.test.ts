import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { unknownLength } from './call.ts'
import { ResponseParser, type ResponseSink } from './response-parser.ts'

/** What a parser makes of a stream of bytes, in a form that does not depend on how the bytes were cut. */
interface Reading {
  readonly interims: number[]
  readonly status: number
  readonly reason: string
  readonly headers: string[]
  readonly bodyLength: number
  readonly body: string
  readonly trailers: readonly string[]
  readonly end: 'clean' | 'dirty' | 'open' | 'refused'
}

class Recorder implements ResponseSink {
  interims: number[] = []
  status = 0
  reason = ''
  headers: string[] = []
  bodyLength = 0
  body = ''
  trailers: readonly string[] = []
  end: Reading['end'] = 'open'
  problem = ''

  onInterim(status: number): void {
    this.interims.push(status)
  }
  onHead(status: number, reason: string, headers: string[], bodyLength: number): void {
    Object.assign(this, { status, reason, headers, bodyLength })
  }
  onBody(buffer: Buffer, start: number, end: number): void {
    this.body += buffer.toString('latin1', start, end)
  }
  onMessageEnd(trailers: readonly string[], reusable: boolean): void {
    this.trailers = trailers
    this.end = reusable ? 'clean' : 'dirty'
  }
  onViolation(problem: string): void {
    // After the end of a response it means what extra bytes at once mean: the connection is not used again.
    const over = this.end === 'clean' || this.end === 'dirty'
    this.end = over ? 'dirty' : 'refused'
    this.problem = over ? '' : problem
  }
}

interface Answer {
  readonly bytes: string
  readonly headOnly?: boolean
  readonly closes?: boolean
}

function read({ bytes, headOnly = false, closes = false }: Answer, cuts: readonly number[] = []): Recorder {
  const recorder = new Recorder()
  const parser = new ResponseParser(recorder)
  parser.begin(headOnly)
  const all = Buffer.from(bytes, 'latin1')
  const points = [...new Set(cuts.map((cut) => cut % (all.length + 1)))].sort((a, b) => a - b)
  let from = 0
  for (const to of [...points, all.length]) {
    // As in a shared read buffer: the bytes stand somewhere inside it and are gone after the call.
    const buffer = Buffer.concat([Buffer.from('###'), all.subarray(from, to), Buffer.from('###')])
    parser.feed(buffer, 3, 3 + to - from)
    buffer.fill(0x23)
    from = to
  }
  if (closes) parser.close()
  return recorder
}

// The reference: the whole message at once, by regular expressions, following RFC 9112 sentence by sentence.
function readNaively({ bytes, headOnly = false, closes = false }: Answer): Partial<Reading> {
  const interims: number[] = []
  let rest = bytes
  for (;;) {
    const head =
      /^HTTP\/1\.([01]) ([1-9]\d\d)(?: ([\t\x20-\x7e\x80-\xff]*))?\r\n((?:[^\r\n]+\r\n)*)\r\n/.exec(rest)
    if (head === null) return { end: 'refused' }
    const headers = fieldsOf(head[4] as string)
    if (headers === null) return { end: 'refused' }
    rest = rest.slice(head[0].length)
    const status = Number(head[2])
    const minor = Number(head[1])
    const all = (name: string) =>
      headers.flatMap((field, i) =>
        i % 2 === 0 && field.toLowerCase() === name ? [headers[i + 1] as string] : [],
      )
    const codings = all('transfer-encoding')
    const lengths = all('content-length').flatMap((value) => value.split(',').map((part) => part.trim()))
    if (lengths.some((length) => !/^\d{1,15}$/.test(length) || Number(length) !== Number(lengths[0]))) {
      return { end: 'refused' }
    }
    const chunked = codings.length > 0
    if (chunked && (codings.length > 1 || codings[0]?.toLowerCase() !== 'chunked')) return { end: 'refused' }
    if (chunked && (lengths.length > 0 || minor === 0 || status === 204)) return { end: 'refused' }
    if (status === 101) return { end: 'refused' }
    if (status < 200) {
      if (chunked || Number(lengths[0] ?? 0) > 0) return { end: 'refused' }
      interims.push(status)
      continue
    }
    const closing = all('connection').some((value) =>
      value.split(',').some((part) => part.trim().toLowerCase() === 'close'),
    )
    const common = { interims, status, reason: head[3] ?? '', headers }
    const endOf = (left: string) => (minor === 1 && !closing && left === '' ? 'clean' : 'dirty')
    if (headOnly || status === 204 || status === 304 || lengths[0] === '0') {
      return { ...common, bodyLength: 0, body: '', end: endOf(rest) }
    }
    if (chunked) return { ...common, bodyLength: unknownLength, ...chunksOf(rest, endOf) }
    if (lengths[0] !== undefined) {
      const length = Number(lengths[0])
      const body = rest.slice(0, length)
      const end = body.length < length ? 'open' : endOf(rest.slice(length))
      return { ...common, bodyLength: length, body, end }
    }
    return { ...common, bodyLength: unknownLength, body: rest, end: closes ? 'dirty' : 'open' }
  }
}

function fieldsOf(lines: string): string[] | null {
  const fields: string[] = []
  for (const line of lines.split('\r\n').slice(0, -1)) {
    const field = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+)[ \t]*:[ \t]*([\t\x20-\x7e\x80-\xff]*?)[ \t]*$/.exec(line)
    if (field === null) return null
    fields.push(field[1] as string, field[2] as string)
  }
  return fields
}

function chunksOf(bytes: string, endOf: (left: string) => 'clean' | 'dirty'): Partial<Reading> {
  let rest = bytes
  let body = ''
  for (;;) {
    const size = /^([0-9a-fA-F]{1,12})(?:[ \t]*;[\t\x20-\x7e\x80-\xff]*)?\r\n/.exec(rest)
    if (size === null) return { body, end: 'refused' }
    rest = rest.slice(size[0].length)
    const length = Number.parseInt(size[1] as string, 16)
    if (length === 0) {
      const section = /^((?:[^\r\n]+\r\n)*)\r\n/.exec(rest)
      const trailers = section === null ? null : fieldsOf(section[1] as string)
      if (section === null || trailers === null) return { body, end: 'refused' }
      return { body, trailers, end: endOf(rest.slice(section[0].length)) }
    }
    body += rest.slice(0, length)
    if (rest.slice(length, length + 2) !== '\r\n') return { body, end: 'refused' }
    rest = rest.slice(length + 2)
  }
}

const token = fc
  .stringMatching(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,12}$/)
  .filter((name) => !/^(connection|content-length|transfer-encoding|keep-alive)$/i.test(name))
const value = fc.stringMatching(
  /^(?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]{0,20}[\x21-\x7e\x80-\xff])?)?$/,
)
const field = fc.tuple(token, fc.constantFrom('', ' ', '\t', '  '), value, fc.constantFrom('', ' ', ' \t'))
const fieldLines = fc
  .array(field, { maxLength: 6 })
  .map((fields) =>
    fields.map(([name, before, text, after]) => `${name}:${before}${text}${after}\r\n`).join(''),
  )
const content = fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes).toString('latin1'))
const chunk = fc.tuple(
  content.filter((text) => text !== ''),
  fc.constantFrom('', ';a=1', ' ; b="c d"', ';'),
  fc.boolean(),
)

const sized = fc
  .tuple(fieldLines, content)
  .map(([lines, body]) => `${lines}Content-Length: ${body.length}\r\n\r\n${body}`)
const inChunks = fc.tuple(fieldLines, fc.array(chunk, { maxLength: 4 }), fieldLines).map(
  ([lines, chunks, trailers]) =>
    `${lines}transfer-encoding: Chunked\r\n\r\n${chunks
      .map(([text, extension, upper]) => {
        const size = text.length.toString(16)
        return `${upper ? size.toUpperCase() : `0${size}`}${extension}\r\n${text}\r\n`
      })
      .join('')}0\r\n${trailers}\r\n`,
)
const untilClosed = fc.tuple(fieldLines, content).map(([lines, body]) => `${lines}\r\n${body}`)
const statusLine = fc
  .tuple(fc.constantFrom(200, 201, 204, 304, 404, 503), fc.constantFrom('', ' ', ' OK', ' not so good'))
  .map(([status, reason]) => `HTTP/1.1 ${status}${reason}\r\n`)
const interim = fc.constantFrom(
  '',
  'HTTP/1.1 100 Continue\r\n\r\n',
  'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n',
)
const closing = fc.constantFrom('', 'Connection: close\r\n', 'connection: Keep-Alive, CLOSE\r\n')
const wellFormed = fc
  .tuple(interim, statusLine, closing, fc.oneof(sized, inChunks, untilClosed), fc.constantFrom('', '', 'x'))
  .map((parts) => parts.join(''))
const cuts = fc.array(fc.nat(), { maxLength: 12 })

// One edit of a well-formed message, mostly where it hurts.
const mutation = fc.tuple(
  fc.nat(),
  fc.nat({ max: 2 }),
  fc.constantFrom('\r', '\n', ' ', '\t', ':', '0', '\0', '\x7f', ';', '\r\n', '-', '\r\n '),
)
function mutate(bytes: string, [at, length, by]: [number, number, string]): string {
  const index = at % (bytes.length + 1)
  return bytes.slice(0, index) + by + bytes.slice(index + length)
}

function expectSame(answer: Answer, cutAt: readonly number[]): void {
  const ours = read(answer, cutAt)
  const reference = readNaively(answer)
  if (reference.end === 'refused') {
    // A head that never ends is refused by the reference, which knows that nothing follows.
    expect(['refused', 'open']).toContain(ours.end)
  } else {
    expect(ours).toMatchObject(reference)
  }
}

describe('response parser', () => {
  it('A18 reads what a naive parser reads, however the bytes are cut', () => {
    fc.assert(
      fc.property(wellFormed, cuts, fc.boolean(), fc.boolean(), (bytes, cutAt, headOnly, closes) =>
        expectSame({ bytes, headOnly, closes }, cutAt),
      ),
      { numRuns: 2_000 },
    )
  })

  it('never reads more than a naive parser in damaged messages', () => {
    fc.assert(
      fc.property(wellFormed, mutation, cuts, (bytes, edit, cutAt) => {
        expectSame({ bytes: mutate(bytes, edit) }, cutAt)
      }),
      { numRuns: 4_000 },
    )
  })

  it('comes to one reading of any bytes, however they are cut', () => {
    fc.assert(
      fc.property(wellFormed, fc.array(mutation, { maxLength: 3 }), cuts, (bytes, edits, cutAt) => {
        const damaged = edits.reduce(mutate, bytes)
        expect({ ...read({ bytes: damaged }, cutAt) }).toEqual({ ...read({ bytes: damaged }) })
      }),
      { numRuns: 2_000 },
    )
  })

  const ok = 'HTTP/1.1 200 OK\r\n'
  it.each([
    ['bare line feeds', 'HTTP/1.1 200 OK\nContent-Length: 0\n\n', 'bare line feed'],
    ['a bare line feed after a field', `${ok}A: b\nContent-Length: 0\r\n\r\n`, 'bare line feed'],
    ['a bare carriage return in a field', `${ok}A: b\rc\r\n\r\n`, 'bare carriage return'],
    ['a folded field', `${ok}A: b\r\n c\r\n\r\n`, 'folded'],
    ['a NUL in a field', `${ok}A: b\0c\r\n\r\n`, 'control character'],
    ['a field without a colon', `${ok}Hello\r\n\r\n`, 'illegal character'],
    ['a field without a name', `${ok}: b\r\n\r\n`, 'without a name'],
    ['a name with a space', `${ok}A b: c\r\n\r\n`, 'whitespace inside'],
    ['two lengths', `${ok}Content-Length: 1\r\nContent-Length: 2\r\n\r\n`, 'conflicting'],
    ['two lengths in one field', `${ok}Content-Length: 1, 2\r\n\r\n`, 'invalid Content-Length'],
    ['a negative length', `${ok}Content-Length: -1\r\n\r\n`, 'invalid Content-Length'],
    ['a length with a sign', `${ok}Content-Length: +1\r\n\r\n`, 'invalid Content-Length'],
    ['an empty length', `${ok}Content-Length:\r\n\r\n`, 'invalid Content-Length'],
    [
      'a length beyond counting',
      `${ok}Content-Length: 99999999999999999999\r\n\r\n`,
      'invalid Content-Length',
    ],
    ['length and coding', `${ok}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n`, 'both'],
    ['an unknown coding', `${ok}Transfer-Encoding: gzip\r\n\r\n`, 'unsupported'],
    ['a stack of codings', `${ok}Transfer-Encoding: gzip, chunked\r\n\r\n`, 'unsupported'],
    [
      'a repeated coding',
      `${ok}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n`,
      'unsupported',
    ],
    ['a coding in HTTP/1.0', 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', 'HTTP/1.0'],
    ['a chunked 204', 'HTTP/1.1 204 OK\r\nTransfer-Encoding: chunked\r\n\r\n', 'without content'],
    ['another version', 'HTTP/2.0 200 OK\r\n\r\n', 'not HTTP/1.x'],
    ['another protocol', 'SSH-2.0-OpenSSH_9.2\r\n\r\n', 'not HTTP/1.x'],
    ['a status of two digits', 'HTTP/1.1 20 OK\r\n\r\n', 'valid status'],
    ['a status of four digits', 'HTTP/1.1 2000 OK\r\n\r\n', 'valid status'],
    ['a status below 100', 'HTTP/1.1 099 OK\r\n\r\n', 'valid status'],
    ['a switch of protocols', 'HTTP/1.1 101 Switching Protocols\r\n\r\n', 'nobody asked'],
    [
      'an interim response with a body',
      'HTTP/1.1 100 Continue\r\nContent-Length: 3\r\n\r\nabc',
      'with a body',
    ],
    ['endless interim responses', 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(40), 'too many interim'],
    ['too many fields', `${ok}${'A: b\r\n'.repeat(300)}\r\n`, 'too many fields'],
    ['a head without end', `${ok}A: ${'b'.repeat(70_000)}`, 'too large'],
  ])('refuses %s', (_, bytes, problem) => {
    const recorder = read({ bytes })
    expect(recorder.end).toBe('refused')
    expect(recorder.problem).toContain(problem)
    expect(
      read(
        { bytes },
        Array.from({ length: bytes.length }, (_unused, i) => i),
      ).problem,
    ).toBe(recorder.problem)
  })

  const chunked = `${ok}Transfer-Encoding: chunked\r\n\r\n`
  it.each([
    ['a size that is no number', 'x\r\n'],
    ['a size with 0x', '0x3\r\nabc\r\n0\r\n\r\n'],
    ['an empty size', '\r\n'],
    ['a negative size', '-3\r\nabc\r\n'],
    ['a size beyond counting', 'fffffffffffff\r\n'],
    ['a size with a space behind it', '3 \r\nabc\r\n0\r\n\r\n'],
    ['a size with a bare line feed', '3\nabc\r\n0\r\n\r\n'],
    ['a chunk longer than its size', '3\r\nabcd\r\n0\r\n\r\n'],
    ['a chunk that ends in a bare line feed', '3\r\nabc\n0\r\n\r\n'],
    ['a control character in an extension', '3;a\0\r\nabc\r\n0\r\n\r\n'],
    ['a trailer without a colon', '0\r\nhello\r\n\r\n'],
    ['endless extensions', `1;${'a'.repeat(20_000)}\r\n`],
  ])('refuses chunks with %s', (_, bytes) => {
    expect(read({ bytes: chunked + bytes }).end).toBe('refused')
  })

  it('removes whitespace before a colon (RFC 9112 5.1)', () => {
    expect(read({ bytes: `${ok}A \t: b\r\nContent-Length : 0\r\n\r\n` })).toMatchObject({
      headers: ['A', 'b', 'Content-Length', '0'],
      end: 'clean',
    })
  })

  it('takes equal lengths as one', () => {
    const bytes = `${ok}Content-Length: 2\r\nContent-Length: 2, 2\r\n\r\nab`
    expect(read({ bytes })).toMatchObject({ bodyLength: 2, body: 'ab', end: 'clean' })
  })

  it('refuses bytes that nobody asked for', () => {
    const recorder = new Recorder()
    new ResponseParser(recorder).feed(Buffer.from('HTTP/1.1 200 OK\r\n\r\n'), 0, 19)
    expect(recorder).toMatchObject({ end: 'refused', problem: 'bytes without a request' })
  })

  it('hears how long an upstream keeps a connection', () => {
    const recorder = new Recorder()
    const parser = new ResponseParser(recorder)
    parser.begin(false)
    const bytes = Buffer.from(`${ok}Keep-Alive: timeout=5, max=100\r\nContent-Length: 0\r\n\r\n`)
    parser.feed(bytes, 0, bytes.length)
    expect(parser.keepAliveSeconds).toBe(5)
  })
})
