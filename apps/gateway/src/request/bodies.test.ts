// Bodies that policies look at: those of requests before the upstream hears of them, those of responses before they leave.
import { once } from 'node:events'
import { connect } from 'node:net'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { type BodyFilter, type Phases, refuse, type Verdict } from '@gatewright/shared/policies/policy'
import { afterEach, describe, expect, it } from 'vitest'
import { layOut, type Step } from '../config/steps.ts'
import { type Rig, type RigOptions, startRig } from '../testing/gateway.fixture.ts'
import type { RequestContext } from './context.ts'

const rigs: Rig[] = []
afterEach(async () => {
  for (const rig of rigs.splice(0)) {
    expect(rig.leases()).toBe(0)
    await rig.close()
  }
})

async function open(phases: readonly Phases[], options: RigOptions = {}): Promise<Rig> {
  const rig = await startRig({ ...options, route: { chain: layOut(phases.map(stepOf)) } })
  rigs.push(rig)
  return rig
}

const stepOf = (phases: Phases, i: number): Step => ({
  facts: { policy: `policy-${i}`, type: 'test', scope: 'route', stage: 'shape' },
  stage: 'shape',
  scope: 'route',
  phases,
})

const post = (body: string, lines = `Content-Length: ${Buffer.byteLength(body)}\r\n`) =>
  `POST /a HTTP/1.1\r\nHost: a\r\n${lines}\r\n${body}`
const chunked = (...pieces: string[]) =>
  post(
    `${pieces.map((piece) => `${piece.length.toString(16)}\r\n${piece}\r\n`).join('')}0\r\n\r\n`,
    'Transfer-Encoding: chunked\r\n',
  )
const get = 'GET /a HTTP/1.1\r\nHost: a\r\n\r\n'
const bodyOf = (reply: string) => reply.slice(reply.indexOf('\r\n\r\n') + 4)

const echo: NonNullable<RigOptions['upstream']> = async (request, response) => {
  const pieces: Buffer[] = []
  for await (const piece of request) pieces.push(piece)
  response.end(Buffer.concat(pieces))
}

/** Answers with these fields and pieces. */
const answering =
  (fields: readonly string[], ...pieces: (string | Buffer)[]): NonNullable<RigOptions['upstream']> =>
  async (_, response) => {
    response.writeHead(200, [...fields])
    for (const piece of pieces) await new Promise((resolve) => response.write(piece, resolve))
    response.end()
  }

describe('the body of a request', () => {
  const reader = (verdict?: (text: string) => Verdict | Promise<Verdict>) => {
    const seen: string[] = []
    const phases: Phases = {
      requestBody(_, body) {
        const text = Buffer.from(body).toString('latin1')
        seen.push(text)
        return verdict?.(text)
      },
    }
    return { seen, phases }
  }

  it('is seen whole, and reaches the upstream as it was', async () => {
    const { seen, phases } = reader()
    const rig = await open([phases], { upstream: echo })
    const long = 'x'.repeat(1_000_000)
    expect(bodyOf(await rig.raw(post('hello')))).toBe('hello')
    expect(bodyOf(await rig.raw(post(long)))).toBe(long)
    expect(seen).toEqual(['hello', long])
    const outcomes = await rig.over(2)
    expect(outcomes.map(({ bytesIn }) => bytesIn)).toEqual([5, 1_000_000])
  })

  it('is seen whole when it comes in chunks of one byte, and is sent on with its length', async () => {
    const { seen, phases } = reader()
    const rig = await open([phases], { upstream: echo })
    const letters = [...'abcdefghij'.repeat(2_000)]
    expect(bodyOf(await rig.raw(chunked(...letters)))).toBe(letters.join(''))
    expect(seen).toEqual([letters.join('')])
    expect(rig.seen[0]?.headers.map((text) => text.toLowerCase())).toContain('content-length')
    expect(bodyOf(await rig.raw(chunked()))).toBe('')
    expect(seen[1]).toBe('')
  })

  it('is held in memory until somebody answers, and not as long as the answer goes on', async () => {
    const held: unknown[] = []
    const phases: Phases = {
      requestBody: (ctx) => void held.push((ctx as RequestContext).body?.length),
      response: (ctx) => void held.push((ctx as RequestContext).body),
    }
    const rig = await open([phases], { upstream: echo })
    expect(bodyOf(await rig.raw(post('hello')))).toBe('hello')
    expect(held).toEqual([5, null])
  })

  it('is empty when there is none', async () => {
    const { seen, phases } = reader()
    const rig = await open([phases])
    expect(bodyOf(await rig.raw(get))).toBe('hello')
    expect(seen).toEqual([''])
  })

  it('is refused before the upstream hears anything, by name, and gives back what limits took', async () => {
    const { phases } = reader(async () => refuse('media_type_not_supported'))
    const { seen, phases: behind } = reader()
    const rig = await open([phases, behind])
    expect(await rig.raw(post('bad'))).toMatch(/^HTTP\/1\.1 415 /)
    expect(rig.seen).toEqual([])
    expect(seen).toEqual([])
    expect((await rig.over(1))[0]).toMatchObject({
      reason: 'media_type_not_supported',
      ctx: { refusedBy: 'policy-0' },
    })
  })

  it('may be larger than what is held by nobody', async () => {
    const { seen, phases } = reader()
    const rig = await open([{ request: (ctx) => ctx.limitBody(4) as undefined, ...phases }])
    expect(await rig.raw(post('12345'))).toMatch(/^HTTP\/1\.1 413 /)
    expect(await rig.raw(chunked('123', '45'))).toMatch(/^HTTP\/1\.1 413 /)
    expect(seen).toEqual([])
    expect(rig.seen).toEqual([])
  })

  it('streams when the policy does not want it', async () => {
    const { seen, phases } = reader()
    const rig = await open([{ ...phases, wantsBody: (ctx) => ctx.header('x-look') === '1' }], {
      upstream: echo,
    })
    expect(bodyOf(await rig.raw(post('12345')))).toBe('12345')
    expect(seen).toEqual([])
    expect(bodyOf(await rig.raw(post('12345', 'X-Look: 1\r\nContent-Length: 5\r\n')))).toBe('12345')
    expect(seen).toEqual(['12345'])
  })

  it('is asked for when the client waits with it, and the upstream is not asked to wait again', async () => {
    const { phases } = reader()
    const rig = await open([phases], { upstream: echo })
    const socket = connect(rig.port, '127.0.0.1')
    socket.write('POST /a HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n')
    const [interim] = await once(socket, 'data')
    expect(String(interim)).toBe('HTTP/1.1 100 Continue\r\n\r\n')
    expect(rig.seen).toEqual([])
    socket.write('ok')
    const [reply] = await once(socket, 'data')
    expect(String(reply)).toMatch(/^HTTP\/1\.1 200 .*\r\n\r\nok$/s)
    expect(rig.seen[0]?.headers.map((text) => text.toLowerCase())).not.toContain('expect')
    socket.destroy()
  })

  it('is dropped with the client that leaves before it is whole', async () => {
    const { seen, phases } = reader()
    const rig = await open([phases])
    const socket = connect(rig.port, '127.0.0.1')
    socket.write('POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12345')
    await once(socket, 'connect')
    setTimeout(() => socket.resetAndDestroy(), 20)
    expect((await rig.over(1))[0]).toMatchObject({ reason: 'client_closed_request' })
    expect(seen).toEqual([])
    expect(rig.seen).toEqual([])
  })

  it('is not waited for without end: who sends it too slowly is told', async () => {
    const { phases } = reader()
    const rig = await open([phases], { bodyPace: { bytesPerSecondMin: 1_000, lookEveryMs: 30 } })
    const reply = await rig.rawAll('POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12345')
    expect(reply).toMatch(/^HTTP\/1\.1 408 /)
    expect(rig.seen).toEqual([])
  })

  it('goes with a policy that crashes: nobody passes', async () => {
    const rig = await open([{ requestBody: () => Promise.reject(new Error('a bug')) }])
    expect(await rig.raw(post('x'))).toMatch(/^HTTP\/1\.1 500 /)
    expect(rig.seen).toEqual([])
  })

  it('keeps the requests behind it in order', async () => {
    const { seen, phases } = reader()
    const rig = await open([phases], { upstream: echo })
    const replies = await rig.rawAll(post('one') + post('two', 'Connection: close\r\nContent-Length: 3\r\n'))
    expect(seen).toEqual(['one', 'two'])
    expect(replies.indexOf('one')).toBeLessThan(replies.indexOf('two'))
  })

  it('is a step of the trace', async () => {
    const { phases } = reader()
    const rig = await open([phases], { traced: true, upstream: echo })
    const reply = await rig.raw(post('x'))
    expect(reply).toMatch(/X-Gatewright-Trace: \{"steps":\[\{"policy":"policy-0",[^\r]*"verdict":"passed"/)
  })
})

describe('the body of a response', () => {
  const upperCase = (): BodyFilter => ({
    push: (piece) => Buffer.from(Buffer.from(piece).toString('latin1').toUpperCase(), 'latin1'),
    end: () => null,
  })
  /** Holds everything back. */
  const whole = (then: (text: string) => ReturnType<BodyFilter['end']>): BodyFilter => {
    const pieces: Uint8Array[] = []
    return {
      push(piece) {
        pieces.push(piece)
        return null
      },
      end: () => then(Buffer.concat(pieces).toString('latin1')),
    }
  }
  const filtered = (create: () => BodyFilter | null): Phases => ({ responseBody: create })

  it('is passed on piece by piece as the filter gives it, in chunks', async () => {
    const rig = await open([filtered(upperCase)], {
      upstream: answering(['Content-Length', '6', 'ETag', '"a"'], 'abc', 'def'),
    })
    const reply = await rig.rawAll(get.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'))
    expect(reply).toContain('Transfer-Encoding: chunked\r\n')
    expect(reply).not.toContain('Content-Length')
    expect(reply).toContain('ETag: W/"a"\r\n')
    expect(
      bodyOf(reply)
        .replace(/[0-9a-f]+\r\n/g, '')
        .replaceAll('\r\n', ''),
    ).toBe('ABCDEF')
  })

  it('has its own length when it was held back to its end', async () => {
    const rig = await open([filtered(() => whole(async (text) => Buffer.from(`${text}!`)))], {
      upstream: answering(['Content-Length', '6', 'Content-Digest', 'sha-256=:x:'], 'abc', 'def'),
    })
    const reply = await rig.raw(get)
    expect(reply).toContain('Content-Length: 7\r\n')
    expect(reply).not.toContain('Content-Digest')
    expect(bodyOf(reply)).toBe('abcdef!')
  })

  it('goes through several filters, the one of the last policy first', async () => {
    const adding = (text: string) => filtered(() => whole((body) => Buffer.from(body + text)))
    const rig = await open([adding('1'), filtered(upperCase), adding('b')], { upstream: answering([], 'a') })
    expect(bodyOf(await rig.raw(get))).toBe('AB1')
  })

  it.each([
    ['gzip', gzipSync('hello world')],
    ['br', brotliCompressSync('hello world')],
  ])('loses its coding before the filter: %s', async (coding, bytes) => {
    const rig = await open([filtered(upperCase), filtered(() => whole((text) => Buffer.from(text)))], {
      upstream: answering(['Content-Encoding', coding], bytes),
    })
    const reply = await rig.raw(get)
    expect(bodyOf(reply)).toBe('HELLO WORLD')
    expect(reply).not.toContain('Content-Encoding')
  })

  it('is asked for without coding and as a whole', async () => {
    const rig = await open([filtered(() => null)])
    await rig.raw(
      get.replace('\r\n\r\n', '\r\nAccept-Encoding: gzip\r\nRange: bytes=0-1\r\nIf-Range: "a"\r\n\r\n'),
    )
    const fields = rig.seen[0]?.headers.map((text) => text.toLowerCase()) ?? []
    expect(fields).toContain('identity')
    expect(fields).not.toContain('range')
    expect(fields).not.toContain('if-range')
  })

  it.each([
    ['in a coding that nobody knows', 200, ['Content-Encoding', 'rot13']],
    ['in a coding that it is not in', 200, ['Content-Encoding', 'gzip']],
    ['that is a part', 206, ['Content-Range', 'bytes 0-1/5']],
  ] as const)('%s is not passed on unseen', async (_, status, fields) => {
    const rig = await open([filtered(upperCase)], {
      upstream: (_request, response) => response.writeHead(status, [...fields]).end('hello'),
    })
    const reply = await rig.raw(get)
    expect(reply).toMatch(/^HTTP\/1\.1 502 /)
    expect(reply).not.toContain('hello')
  })

  it('is replaced by a refusal as long as nothing has left', async () => {
    const rig = await open([filtered(() => whole(() => refuse('upstream_invalid_response')))], {
      upstream: answering([], 'secret'),
    })
    const reply = await rig.raw(get)
    expect(reply).toMatch(/^HTTP\/1\.1 502 /)
    expect(reply).not.toContain('secret')
    expect((await rig.over(1))[0]).toMatchObject({ status: 502, reason: 'upstream_invalid_response' })
  })

  it('breaks the connection when a part has left', async () => {
    let pieces = 0
    const rig = await open(
      [
        filtered(() => ({
          push: (piece) => (++pieces > 1 ? refuse('upstream_invalid_response') : piece),
          end: () => null,
        })),
      ],
      { upstream: answering([], 'first', 'second') },
    )
    const reply = await rig.rawAll(get)
    expect(reply).toContain('first')
    expect(reply).not.toContain('second')
    expect(reply).not.toMatch(/0\r\n\r\n$/)
  })

  it('does not leave when the filter crashes', async () => {
    const rig = await open([
      filtered(() => ({ push: () => null, end: () => Promise.reject(new Error('a bug')) })),
    ])
    expect(await rig.raw(get)).toMatch(/^HTTP\/1\.1 500 /)
  })

  it('has no length of the unfiltered one in the reply to HEAD', async () => {
    const rig = await open([filtered(upperCase)], { upstream: answering(['Content-Length', '5']) })
    const reply = await rig.raw(get.replace('GET', 'HEAD'))
    expect(reply).toMatch(/^HTTP\/1\.1 200 /)
    expect(reply).not.toContain('Content-Length')
  })

  it('edits of the head are made once, also when the body is refused', async () => {
    const rig = await open([
      {
        responseBody: () => whole(() => refuse('upstream_invalid_response')),
        response: (ctx) => ctx.replyHeaders.append('x-once', '1'),
      },
    ])
    expect((await rig.raw(get)).match(/x-once/g)).toHaveLength(1)
  })

  it('waits for a client that reads slowly, and arrives whole', async () => {
    const piece = Buffer.alloc(64 * 1024, 'a')
    const rig = await open([filtered(upperCase)], {
      upstream: answering(['Content-Encoding', 'gzip'], gzipSync(Buffer.alloc(200 * piece.length, 'a'))),
    })
    const socket = connect(rig.port, '127.0.0.1')
    socket.write(get.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'))
    let length = 0
    socket.on('data', (bytes) => {
      for (const byte of bytes) if (byte === 65) length++
      socket.pause()
      setImmediate(() => socket.resume())
    })
    await once(socket, 'close')
    expect(length).toBe(200 * piece.length)
  })
})
