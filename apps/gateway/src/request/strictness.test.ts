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
  ['a Host that only looks like an IPv6 address', get('Host: [:::::]\r\n'), 400],
  ['a Host with something behind its IPv6 address', get('Host: [::1]a\r\n'), 400],
  ['a Host with the zone of an IPv6 address', get('Host: [fe80::1%25eth0]\r\n'), 400],
  ['a Host with two ports', get('Host: a:80:80\r\n'), 400],
  ['a Host with port 0', get('Host: a:0\r\n'), 400],
  ['a Host of nothing but a port', get('Host: :80\r\n'), 400],
  ['a Host with a scheme', get('Host: http://a\r\n'), 400],
  ['a Host with a fragment', get('Host: a#b\r\n'), 400],
  ['a Host with a backslash', get('Host: a\\b\r\n'), 400],
  ['a Host that is a wildcard', get('Host: *\r\n'), 400],
  ['a Host outside ASCII', get('Host: \xc3\xa4\r\n'), 400],
  ['a Host that ends at a NUL', get('Host: a\0.example\r\n'), 400],
  ['a folded Host', get('Host:\r\n a\r\n'), 400],
  [
    'two Content-Types',
    post('Content-Type: text/plain\r\ncontent-type: application/json\r\nContent-Length: 2\r\n', '{}'),
    400,
  ],
  ['two Hosts in HTTP/1.0', 'GET /a HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n', 400],
  ['a space before a colon', get('Host : a\r\n'), 400],
  ['a tab before a colon', get('Host: a\r\nA\t: b\r\n'), 400],
  ['a folded field', get('Host: a\r\nA: b\r\n c\r\n'), 400],
  ['a folded first field', get(' Host: a\r\n'), 400],
  ['a field folded by a tab', get('Host: a\r\nA: b\r\n\tc\r\n'), 400],
  ['a field folded before its value', get('Host: a\r\nA:\r\n b\r\n'), 400],
  ['a line of one space', get('Host: a\r\nA: b\r\n \r\n'), 400],
  ['a line of one space before the fields', get(' \r\nHost: a\r\n'), 400],
  ['a field name over two lines', get('Host: a\r\nTransfer-\r\nEncoding: chunked\r\n'), 400],
  ['a bare carriage return in a field', get('Host: a\r\nA: b\rc\r\n'), 400],
  ['a bare carriage return before a value', get('Host: a\r\nA:\rb\r\n'), 400],
  ['two carriage returns at the end of a line', get('Host: a\r\nA: b\r\r\n'), 400],
  ['a bare carriage return as the end of a line', 'GET /a HTTP/1.1\rHost: a\r\n\r\n', 400],
  [
    'a head that ends in a bare carriage return',
    'GET /a HTTP/1.1\r\nHost: a\r\n\rGET /b HTTP/1.1\r\n\r\n',
    400,
  ],
  ['a head that ends in a bare line feed', 'GET /a HTTP/1.1\r\nHost: a\r\n\n', 400],
  ['line feeds where a value begins', get('Host: a\r\nA:\n\nGET /b HTTP/1.1\r\n'), 400],
  ['a bare line feed between fields', 'GET /a HTTP/1.1\nHost: a\n\n', 400],
  ['a bare line feed after a field', get('Host: a\r\nA: b\nC: d\r\n'), 400],
  ['a NUL in a field', get('Host: a\r\nA: b\0c\r\n'), 400],
  ['a vertical tab in a field', get('Host: a\r\nA: b\x0bc\r\n'), 400],
  ['an escape in a field', get('Host: a\r\nA: b\x1bc\r\n'), 400],
  ['a DEL in a field', get('Host: a\r\nA: b\x7fc\r\n'), 400],
  ['a field without a colon', get('Host: a\r\nhello\r\n'), 400],
  ['a field without a name', get('Host: a\r\n: b\r\n'), 400],
  ['a field of nothing but a colon', get('Host: a\r\n:\r\n'), 400],
  ['a field with a space for a colon', get('Host: a\r\nContent-Length 10\r\n'), 400],
  ['a field name outside ASCII', get('Host: a\r\nA\xe4: b\r\n'), 400],
  ['a field name that ends in a next-line character', get('Host: a\r\nContent-Length\x85: 3\r\n'), 400],
  ['a field name with a backslash', get('Host: a\r\nTransfer\\Encoding: chunked\r\n'), 400],
  ['a field name with a parenthesis', get('Host: a\r\nA(: b\r\n'), 400],
  ['* with GET', 'GET * HTTP/1.1\r\nHost: a\r\n\r\n', 400],
  ['no target', 'GET HTTP/1.1\r\nHost: a\r\n\r\n', 400],
  ['a space inside the target', target('/a b'), 400],
  ['a DEL in the target', target('/a\x7f'), 400],
  ['an overlong form of a slash', target('/\xc0\xaf'), 400],
  ['an encoded carriage return and line feed', target('/a%0d%0aX:%20b'), 400],
  ['a fragment behind the query', target('/a?b#c'), 400],
  ['a target without a slash', 'GET a HTTP/1.1\r\nHost: a\r\n\r\n', 400],
  ['an authority as target', 'GET a:80 HTTP/1.1\r\nHost: a\r\n\r\n', 400],
  ['CONNECT', 'CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n', 405],
  ['an absolute target with user information', target('http://me@a/b'), 400],
  ['an absolute target of another scheme', target('ftp://a/b'), 400],
  ['an absolute target of another host', target('http://b/c'), 400],
  ['an absolute target without a host', target('http:///b'), 400],
  ['an absolute target with one slash', target('http:/a/b'), 400],
  ['an absolute target with backslashes', target('http:\\\\a\\b'), 400],
  ['an absolute target of another port', target('http://a:81/b'), 400],
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
  ['dot segments with an encoded path parameter', target('/a/..%3bx/b'), 400],
  ['a length and a coding', post('Content-Length: 3\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'), 400],
  ['a coding and a length', post('Transfer-Encoding: chunked\r\nContent-Length: 3\r\n', '0\r\n\r\n'), 400],
  ['two different lengths', post('Content-Length: 3\r\nContent-Length: 4\r\n', 'abcd'), 400],
  ['two equal lengths', post('Content-Length: 3\r\nContent-Length: 3\r\n', 'abc'), 400],
  ['a list of lengths', post('Content-Length: 3, 3\r\n', 'abc'), 400],
  ['a negative length', post('Content-Length: -3\r\n', 'abc'), 400],
  ['a signed length', post('Content-Length: +3\r\n', 'abc'), 400],
  ['a hexadecimal length', post('Content-Length: 0x3\r\n', 'abc'), 400],
  ['an empty length', post('Content-Length:\r\n', 'abc'), 400],
  ['an empty length before another', post('Content-Length:\r\nContent-Length: 3\r\n', 'abc'), 400],
  ['an empty length behind another', post('Content-Length: 3\r\nContent-Length:\r\n', 'abc'), 400],
  ['a length that is minus zero', post('Content-Length: -0\r\n', ''), 400],
  ['a length in octal', post('Content-Length: 0o3\r\n', 'abc'), 400],
  ['a length with an underscore', post('Content-Length: 1_0\r\n', '0123456789'), 400],
  ['a length with a letter', post('Content-Length: 3a\r\n', 'abc'), 400],
  ['a length with a fraction', post('Content-Length: 3.0\r\n', 'abc'), 400],
  ['a length with an exponent', post('Content-Length: 3e0\r\n', 'abc'), 400],
  ['a quoted length', post('Content-Length: "3"\r\n', 'abc'), 400],
  ['a list of one length and nothing', post('Content-Length: 3,\r\n', 'abc'), 400],
  ['a list of nothing and one length', post('Content-Length: , 3\r\n', 'abc'), 400],
  ['a length behind a vertical tab', post('Content-Length:\x0b3\r\n', 'abc'), 400],
  ['a length behind a no-break space', post('Content-Length: \xa03\r\n', 'abc'), 400],
  ['a folded length', post('Content-Length:\r\n 3\r\n', 'abc'), 400],
  ['a length that overflows 64 bits', post('Content-Length: 18446744073709551619\r\n', 'abc'), 400],
  ['a length beyond 2^53', post('Content-Length: 9007199254740993\r\n', ''), 400],
  ['a length with a space inside', post('Content-Length: 3 3\r\n', 'abc'), 400],
  ['a length beyond counting', post('Content-Length: 99999999999999999999\r\n', 'abc'), 400],
  ['an underscored length', post('Content_Length: 3\r\n', 'abc'), 400],
  ['an empty coding', post('Transfer-Encoding:\r\n', '0\r\n\r\n'), 400],
  ['a coding twice', post('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'), 400],
  ['a coding listed twice', post('Transfer-Encoding: chunked, chunked\r\n', '0\r\n\r\n'), 400],
  [
    'a coding behind another field of it',
    post('Transfer-Encoding: cow\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'),
    400,
  ],
  [
    'an empty coding behind a whole one',
    post('Transfer-Encoding: chunked\r\nTransfer-Encoding:\r\n', '0\r\n\r\n'),
    400,
  ],
  ['a coding that does not come last', post('Transfer-Encoding: chunked, gzip\r\n', '0\r\n\r\n'), 400],
  ['identity before the coding', post('Transfer-Encoding: identity, chunked\r\n', '0\r\n\r\n'), 400],
  ['a coding behind an empty one', post('Transfer-Encoding: ,chunked\r\n', '0\r\n\r\n'), 400],
  ['a coding before an empty one', post('Transfer-Encoding: chunked,\r\n', '0\r\n\r\n'), 400],
  ['two codings without a comma', post('Transfer-Encoding: chunked chunked\r\n', '0\r\n\r\n'), 400],
  ['a folded coding', post('Transfer-Encoding:\r\n chunked\r\n', '0\r\n\r\n'), 400],
  ['a coding with a form feed', post('Transfer-Encoding: \x0cchunked\r\n', '0\r\n\r\n'), 400],
  ['a coding that ends at a NUL', post('Transfer-Encoding: chunked\0\r\n', '0\r\n\r\n'), 400],
  ['a coding in an encoded word', post('Transfer-Encoding: =?UTF-8?B?Y2h1bmtlZA==?=\r\n', '0\r\n\r\n'), 400],
  ['a coding with dots for hyphens', post('Transfer.Encoding: chunked\r\n', '0\r\n\r\n'), 400],
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
  ['a negative chunk size', chunkedWith('-3\r\nabc\r\n0\r\n\r\n'), 400],
  ['a chunk size with a letter behind it', chunkedWith('3g\r\nabc\r\n0\r\n\r\n'), 400],
  ['a chunk size with a space behind it', chunkedWith('3 \r\nabc\r\n0\r\n\r\n'), 400],
  ['a chunk size that ends in two carriage returns', chunkedWith('3\r\r;abc\r\n0\r\n\r\n'), 400],
  ['a last chunk with a sign', chunkedWith('+0\r\n\r\nX'), 400],
  ['a last chunk that ends in a bare line feed', chunkedWith('3\r\nabc\r\n0\n\r\n'), 400],
  ['an empty line between chunks', chunkedWith('3\r\nabc\r\n\r\n0\r\n\r\n'), 400],
  ['a chunk without its end', chunkedWith('3\r\nabc0\r\n\r\n'), 400],
  ['a chunk that ends in a bare carriage return', chunkedWith('3\r\nabc\r0\r\n\r\n'), 400],
  ['a chunk size with a sign', chunkedWith('+3\r\nabc\r\n0\r\n\r\n'), 400],
  ['a chunk size with an underscore', chunkedWith('0_3\r\nabc\r\n0\r\n\r\n'), 400],
  ['an empty chunk size', chunkedWith('\r\nabc\r\n0\r\n\r\n'), 400],
  ['a chunk size beyond counting', chunkedWith('10000000000000000000\r\nabc\r\n0\r\n\r\n'), 400],
  ['a chunk size with a space before it', chunkedWith(' 3\r\nabc\r\n0\r\n\r\n'), 400],
  ['a chunk size with a bare line feed', chunkedWith('3\nabc\r\n0\r\n\r\n'), 400],
  ['a chunk longer than its size', chunkedWith('3\r\nabcd\r\n0\r\n\r\n'), 400],
  ['a chunk that ends in a bare line feed', chunkedWith('3\r\nabc\n0\r\n\r\n'), 400],
  ['a bare line feed in a chunk extension', chunkedWith('3;a\nb\r\nabc\r\n0\r\n\r\n'), 400],
  ['a bare carriage return in a chunk extension', chunkedWith('3;a\rb\r\nabc\r\n0\r\n\r\n'), 400],
  ['a chunk extension without a name', chunkedWith('3;\r\nabc\r\n0\r\n\r\n'), 400],
  ['a chunk extension without a semicolon', chunkedWith('3 a=b\r\nabc\r\n0\r\n\r\n'), 400],
  ['a chunk extension with a bracket', chunkedWith('3;a[=b\r\nabc\r\n0\r\n\r\n'), 400],
  ['a chunk extension with a NUL', chunkedWith('3;a\0\r\nabc\r\n0\r\n\r\n'), 400],
  ['a chunk extension whose quotes do not end', chunkedWith('3;a="b\r\nabc\r\n0\r\n\r\n'), 400],
  ['a line break inside a quoted chunk extension', chunkedWith('3;a="b\r\n"\r\nabc\r\n0\r\n\r\n'), 400],
  ['a chunk extension beyond its limit', chunkedWith(`3;a=${'b'.repeat(20_000)}\r\nabc\r\n0\r\n\r\n`), 413],
  ['a folded trailer', chunkedWith('3\r\nabc\r\n0\r\nA: b\r\n c\r\n\r\n'), 400],
  ['a trailer with a space before its colon', chunkedWith('3\r\nabc\r\n0\r\nA : b\r\n\r\n'), 400],
  ['a trailer without a colon', chunkedWith('3\r\nabc\r\n0\r\nA\r\n\r\n'), 400],
  ['a trailer with a NUL', chunkedWith('3\r\nabc\r\n0\r\nA: b\0\r\n\r\n'), 400],
  ['a length as a trailer', chunkedWith('3\r\nabc\r\n0\r\nContent-Length: 3\r\n\r\n'), 400],
  ['trailers that end in a bare line feed', chunkedWith('3\r\nabc\r\n0\r\n\n'), 400],
  ['another major version', 'GET /a HTTP/2.0\r\nHost: a\r\n\r\n', 505],
  ['a minor version to come', 'GET /a HTTP/1.2\r\nHost: a\r\n\r\n', 505],
  ['a version without its minor part', 'GET /a HTTP/1\r\nHost: a\r\n\r\n', 400],
  ['a version with leading zeros', 'GET /a HTTP/01.01\r\nHost: a\r\n\r\n', 400],
  ['a version with a space inside', 'GET /a HTTP/ 1.1\r\nHost: a\r\n\r\n', 400],
  ['a version that overflows', 'GET /a HTTP/4294967297.1\r\nHost: a\r\n\r\n', 400],
  ['a space behind the version', 'GET /a HTTP/1.1 \r\nHost: a\r\n\r\n', 400],
  ['another protocol', 'GET /a HTTPS/1.1\r\nHost: a\r\n\r\n', 400],
  ['the protocol of another age', 'GET /a HTTP/0.9\r\nHost: a\r\n\r\n', 400],
  ['tabs between the parts of the request line', 'GET\t/a\tHTTP/1.1\r\nHost: a\r\n\r\n', 400],
  ['a line feed between the parts of the request line', 'GET /a\nHTTP/1.1\r\nHost: a\r\n\r\n', 400],
  ['a space before the method', ' GET /a HTTP/1.1\r\nHost: a\r\n\r\n', 400],
  ['a NUL before the method', '\0GET /a HTTP/1.1\r\nHost: a\r\n\r\n', 400],
  ['a method in lower case', 'get /a HTTP/1.1\r\nHost: a\r\n\r\n', 400],
  ['a method without end', `${'A'.repeat(100_000)} /a HTTP/1.1\r\nHost: a\r\n\r\n`, 400],
  ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
  ['the greeting of TLS', `\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03${'a'.repeat(100)}`, 400],
  ['a version of two digits', 'GET /a HTTP/1.10\r\nHost: a\r\n\r\n', 400],
  ['no version', 'GET /a\r\nHost: a\r\n\r\n', 400],
  ['a version in lower case', 'GET /a http/1.1\r\nHost: a\r\n\r\n', 400],
  ['an unknown method', 'GETS /a HTTP/1.1\r\nHost: a\r\n\r\n', 400],
  ['an unknown expectation', get('Host: a\r\nExpect: a pony\r\n'), 400],
  ['an empty expectation', get('Host: a\r\nExpect:\r\n'), 400],
  ['one expectation too many', get('Host: a\r\nExpect: 100-continue, a pony\r\n'), 400],
  ['trailers beyond their limit', chunkedWith(`3\r\nabc\r\n0\r\nA: ${'b'.repeat(20_000)}\r\n\r\n`), 431],
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
