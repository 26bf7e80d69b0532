import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Rig, startRig } from '../testing/gateway.fixture.ts'

// Every request here is refused before one byte of it reaches an upstream (RFC 9110, RFC 9112).
const get = (lines: string) => `GET /a HTTP/1.1\r\n${lines}\r\n`
const post = (lines: string, body: string) => `POST /a HTTP/1.1\r\nHost: a\r\n${lines}\r\n${body}`
const chunkedWith = (body: string) => post('Transfer-Encoding: chunked\r\n', body)
const target = (text: string) => `GET ${text} HTTP/1.1\r\nHost: a\r\n\r\n`

const refused: [string, string, number][] = [
  ['no Host', get(''), 400],
  ['two Hosts', get('Host: a\r\nHost: b\r\n'), 400],
  ['two equal Hosts', get('Host: a\r\nHost: a\r\n'), 400],
  ['an empty Host', get('Host:\r\n'), 400],
  ['a Host with user information', get('Host: me@a\r\n'), 400],
  ['a Host with a path', get('Host: a/b\r\n'), 400],
  ['a Host with a query', get('Host: a?b\r\n'), 400],
  ['a list of Hosts', get('Host: a, b\r\n'), 400],
  ['a Host with a space', get('Host: a b\r\n'), 400],
  ['a Host with a bad port', get('Host: a:b\r\n'), 400],
  ['a Host with a port beyond 65535', get('Host: a:65536\r\n'), 400],
  ['a Host with an empty port', get('Host: a:\r\n'), 400],
  ['a Host with percent-encoding', get('Host: %61\r\n'), 400],
  ['a Host that is half an IPv6 address', get('Host: [::1\r\n'), 400],
  ['a space before a colon', get('Host : a\r\n'), 400],
  ['a tab before a colon', get('Host: a\r\nA\t: b\r\n'), 400],
  ['a folded field', get('Host: a\r\nA: b\r\n c\r\n'), 400],
  ['a folded first field', get(' Host: a\r\n'), 400],
  ['a bare carriage return in a field', get('Host: a\r\nA: b\rc\r\n'), 400],
  ['a bare line feed between fields', 'GET /a HTTP/1.1\nHost: a\n\n', 400],
  ['a bare line feed after a field', get('Host: a\r\nA: b\nC: d\r\n'), 400],
  ['a NUL in a field', get('Host: a\r\nA: b\0c\r\n'), 400],
  ['a field without a colon', get('Host: a\r\nhello\r\n'), 400],
  ['a field without a name', get('Host: a\r\n: b\r\n'), 400],
  ['a field name with a parenthesis', get('Host: a\r\nA(: b\r\n'), 400],
  ['* with GET', 'GET * HTTP/1.1\r\nHost: a\r\n\r\n', 400],
  ['a target without a slash', 'GET a HTTP/1.1\r\nHost: a\r\n\r\n', 400],
  ['an authority as target', 'GET a:80 HTTP/1.1\r\nHost: a\r\n\r\n', 400],
  ['CONNECT', 'CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n', 405],
  ['an absolute target with user information', target('http://me@a/b'), 400],
  ['an absolute target of another scheme', target('ftp://a/b'), 400],
  ['an absolute target of another host', target('http://b/c'), 400],
  ['an absolute target without a host', target('http:///b'), 400],
  ['a NUL in the target', target('/a\0b'), 400],
  ['a tab in the target', target('/a\tb'), 400],
  ['a fragment in the target', target('/a#b'), 400],
  ['bytes outside ASCII in the path', target('/\xe4'), 400],
  ['an encoded NUL', target('/a%00'), 400],
  ['an encoded line feed', target('/a%0Ab'), 400],
  ['broken percent-encoding', target('/a%2'), 400],
  ['percent-encoding of no digits', target('/a%zz'), 400],
  ['a backslash', target('/a\\b'), 400],
  ['dot segments above the root', target('/../a'), 400],
  ['encoded dot segments above the root', target('/%2e%2E/a'), 400],
  ['dot segments behind an encoded slash', target('/a/..%2fb'), 400],
  ['dot segments behind an encoded backslash', target('/a/..%5Cb'), 400],
  ['dot segments with a path parameter', target('/a/..;x/b'), 400],
  ['a length and a coding', post('Content-Length: 3\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'), 400],
  ['a coding and a length', post('Transfer-Encoding: chunked\r\nContent-Length: 3\r\n', '0\r\n\r\n'), 400],
  ['two different lengths', post('Content-Length: 3\r\nContent-Length: 4\r\n', 'abcd'), 400],
  ['two equal lengths', post('Content-Length: 3\r\nContent-Length: 3\r\n', 'abc'), 400],
  ['a list of lengths', post('Content-Length: 3, 3\r\n', 'abc'), 400],
  ['a negative length', post('Content-Length: -3\r\n', 'abc'), 400],
  ['a signed length', post('Content-Length: +3\r\n', 'abc'), 400],
  ['a hexadecimal length', post('Content-Length: 0x3\r\n', 'abc'), 400],
  ['an empty length', post('Content-Length:\r\n', 'abc'), 400],
  ['a length with a space inside', post('Content-Length: 3 3\r\n', 'abc'), 400],
  ['a length beyond counting', post('Content-Length: 99999999999999999999\r\n', 'abc'), 400],
  ['an underscored length', post('Content_Length: 3\r\n', 'abc'), 400],
  ['an empty coding', post('Transfer-Encoding:\r\n', '0\r\n\r\n'), 400],
  ['a coding twice', post('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'), 400],
  ['a coding listed twice', post('Transfer-Encoding: chunked, chunked\r\n', '0\r\n\r\n'), 400],
  ['a stack of codings', post('Transfer-Encoding: gzip, chunked\r\n', '0\r\n\r\n'), 400],
  ['an unknown coding', post('Transfer-Encoding: gzip\r\n', '0\r\n\r\n'), 501],
  ['identity', post('Transfer-Encoding: identity\r\n', '0\r\n\r\n'), 501],
  ['a coding with a parameter', post('Transfer-Encoding: chunked;a=b\r\n', '0\r\n\r\n'), 400],
  ['a quoted coding', post('Transfer-Encoding: "chunked"\r\n', '0\r\n\r\n'), 400],
  ['a coding with a vertical tab', post('Transfer-Encoding: \x0bchunked\r\n', '0\r\n\r\n'), 400],
  ['an underscored coding', post('Transfer_Encoding: chunked\r\n', '0\r\n\r\n'), 400],
  [
    'an underscored coding beside a length',
    post('Content-Length: 5\r\nTransfer_Encoding: chunked\r\n', '0\r\n\r\n'),
    400,
  ],
  ['an underscored Host', get('Host: a\r\nHOST_: b\r\nHost: c\r\n'), 400],
  ['a coding in HTTP/1.0', 'POST /a HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 400],
  ['a chunk size with 0x', chunkedWith('0x3\r\nabc\r\n0\r\n\r\n'), 400],
  ['a chunk size with a sign', chunkedWith('+3\r\nabc\r\n0\r\n\r\n'), 400],
  ['a chunk size with an underscore', chunkedWith('0_3\r\nabc\r\n0\r\n\r\n'), 400],
  ['an empty chunk size', chunkedWith('\r\nabc\r\n0\r\n\r\n'), 400],
  ['a chunk size beyond counting', chunkedWith('10000000000000000000\r\nabc\r\n0\r\n\r\n'), 400],
  ['a chunk size with a space before it', chunkedWith(' 3\r\nabc\r\n0\r\n\r\n'), 400],
  ['a chunk size with a bare line feed', chunkedWith('3\nabc\r\n0\r\n\r\n'), 400],
  ['a chunk longer than its size', chunkedWith('3\r\nabcd\r\n0\r\n\r\n'), 400],
  ['a chunk that ends in a bare line feed', chunkedWith('3\r\nabc\n0\r\n\r\n'), 400],
  ['a bare line feed in a chunk extension', chunkedWith('3;a\nb\r\nabc\r\n0\r\n\r\n'), 400],
  ['a folded trailer', chunkedWith('3\r\nabc\r\n0\r\nA: b\r\n c\r\n\r\n'), 400],
  ['another major version', 'GET /a HTTP/2.0\r\nHost: a\r\n\r\n', 505],
  ['a version of two digits', 'GET /a HTTP/1.10\r\nHost: a\r\n\r\n', 400],
  ['no version', 'GET /a\r\nHost: a\r\n\r\n', 400],
  ['a version in lower case', 'GET /a http/1.1\r\nHost: a\r\n\r\n', 400],
  ['an unknown method', 'GETS /a HTTP/1.1\r\nHost: a\r\n\r\n', 400],
  ['an unknown expectation', get('Host: a\r\nExpect: a pony\r\n'), 400],
  ['a target beyond its limit', target(`/${'a'.repeat(9_000)}`), 414],
  ['a head beyond its limit', get(`Host: a\r\nA: ${'b'.repeat(20_000)}\r\n`), 431],
  ['too many fields', get(`Host: a\r\n${'A: b\r\n'.repeat(300)}`), 431],
]

describe('strictness of the edge', () => {
  let rig: Rig
  beforeAll(async () => {
    rig = await startRig()
  })
  afterAll(() => rig.close())
  beforeEach(() => {
    rig.seen.length = 0
    rig.outcomes.length = 0
  })

  it.each(refused)('D6 refuses %s', async (_, bytes, status) => {
    const answer = await rig.raw(bytes)
    expect(answer.slice(0, 12)).toBe(`HTTP/1.1 ${status}`)
    expect(answer).toContain('application/problem+json')
    expect(answer).toMatch(/"request_id":"req_[0-9a-hjkmnp-tv-z]{22}"/)
    expect(rig.seen).toEqual([])
    const [outcome] = await rig.over(1)
    expect(outcome).toMatchObject({ status, reason: expect.any(String), clientAddress: '127.0.0.1' })
    expect(answer).toContain(`"request_id":"${outcome?.ctx.requestId}"`)
    expect(rig.outcomes).toHaveLength(1)
  })

  it('G2 counts no connection on which nothing was asked', async () => {
    const own = await startRig({ headersTimeoutMs: 60 })
    await own.raw('')
    expect(own.outcomes).toEqual([])
    await own.close()
  })

  it.each([
    ['a path', target('/a/b?c=%0A&d'), '/a/b?c=%0A&d'],
    ['an absolute target', target('http://A/b?c'), '/b?c'],
    ['an absolute target without a path', target('http://a'), '/'],
    ['encoded unreserved characters', target('/%61%7e%2Dx'), '/a~-x'],
    ['hexadecimal digits in lower case', target('/a%2fb%c3%a4'), '/a%2Fb%C3%A4'],
    ['dot segments inside', target('/a/./b/../c/..'), '/a/'],
    ['encoded dot segments inside', target('/a/%2e/b/%2e%2e/c'), '/a/c'],
    ['dots in names', target('/.well-known/a..b/...'), '/.well-known/a..b/...'],
    ['an IPv6 Host', get('Host: [::1]:80\r\n'), '/a'],
    ['HTTP/1.0 without Host', 'GET /a HTTP/1.0\r\n\r\n', '/a'],
  ])('reads %s as one path', async (_, bytes, url) => {
    const answer = await rig.raw(bytes)
    expect(answer.slice(0, 12)).toBe('HTTP/1.1 200')
    expect(rig.seen.map((it) => it.url)).toEqual([url])
  })

  it('answers OPTIONS * itself when nothing is routed there', async () => {
    const own = await startRig({ match: () => null })
    const answer = await own.raw('OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n')
    expect(answer).toMatch(/^HTTP\/1.1 204 /)
    expect(answer).toContain('Allow: GET, HEAD, OPTIONS')
    await own.close()
  })

  it('does not let a second request hide behind a refused one', async () => {
    const hidden = 'GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n'
    await rig.raw(post('Content-Length: 5\r\nTransfer_Encoding: chunked\r\n', `0\r\n\r\n${hidden}`))
    await rig.raw(post('Transfer-Encoding: xchunked\r\n', hidden))
    expect(rig.seen.map((it) => it.url)).not.toContain('/hidden')
  })
})
