import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { errors } from '@gatewright/shared/errors'
import { policy as ipFilter } from '@gatewright/shared/policies/ip-filter'
import { refuse } from '@gatewright/shared/policies/policy'
import { afterEach, describe, expect, it } from 'vitest'
import { createDeps } from '../../../../packages/shared/src/testing/policy.fixture.ts'
import type { Chain, Miss } from '../config/generation.ts'
import { emptyChain, type Rig, type RigOptions, startRig } from '../testing/gateway.fixture.ts'

const rigs: Rig[] = []
afterEach(async () => {
  for (const rig of rigs.splice(0)) {
    expect(rig.leases()).toBe(0)
    await rig.close()
  }
})
async function open(options: RigOptions = {}): Promise<Rig> {
  const rig = await startRig(options)
  rigs.push(rig)
  return rig
}

const step = (policy: string) => ({ policy, type: policy, scope: 'route', stage: 'admit' })
const chainOf = (parts: Partial<Chain>): Partial<{ chain: Chain }> => ({
  chain: {
    ...emptyChain,
    ...parts,
    requestSteps: parts.requestSteps ?? (parts.request ?? []).map((_, i) => step(`policy-${i}`)),
  },
})

function valuesOf(fields: readonly string[], name: string): string[] {
  return fields.flatMap((field, i) =>
    i % 2 === 0 && field.toLowerCase() === name ? [fields[i + 1] as string] : [],
  )
}

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of message) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** Reads to the end without keeping anything. */
async function drainOf(message: IncomingMessage): Promise<number> {
  let length = 0
  for await (const chunk of message) length += chunk.length
  return length
}

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

/** Memory that is in use, garbage not counted. */
function liveBytes(): number {
  collectGarbage()
  const { external, heapUsed } = process.memoryUsage()
  return external + heapUsed
}

const missOf = (allow: string): Miss => ({
  kind: 'miss',
  refusal: refuse('method_not_allowed', { headers: ['Allow', allow] }),
  allow,
  facts: { tenantId: 't', apiId: 'a', versionId: 'v' },
  secretTemplate: null,
})

const get = (lines = '', path = '/a') => `GET ${path} HTTP/1.1\r\nHost: api.example:8000\r\n${lines}\r\n`

describe('what the upstream gets', () => {
  it('A18 passes method, path, query and end-to-end fields as they were sent', async () => {
    const rig = await open()
    await rig.raw(get('X-Thing: One\r\nx-thing: two\r\nACCEPT: text/*;q=0.3\r\n', '/a/B?c=d&e=%20'))
    const [seen] = rig.seen
    expect(seen).toMatchObject({ method: 'GET', url: '/a/B?c=d&e=%20' })
    expect(seen?.headers).toEqual(
      expect.arrayContaining(['X-Thing', 'One', 'x-thing', 'two', 'ACCEPT', 'text/*;q=0.3']),
    )
  })

  it('removes hop-by-hop fields, also those that Connection nominates (RFC 9110 7.6.1)', async () => {
    const rig = await open()
    await rig.raw(
      get(
        'Connection: keep-alive, X-Private\r\nX-Private: 1\r\nKeep-Alive: 5\r\nTE: trailers\r\nProxy-Connection: x\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\nProxy-Authorization: x\r\nProxy: x\r\nX-Public: 1\r\n',
      ),
    )
    const names = rig.seen[0]?.headers.filter((_, i) => i % 2 === 0).map((name) => name.toLowerCase())
    expect(names).toContain('x-public')
    for (const name of [
      'x-private',
      'te',
      'proxy-connection',
      'upgrade',
      'http2-settings',
      'keep-alive',
      'proxy-authorization',
      'proxy',
    ]) {
      expect(names).not.toContain(name)
    }
  })

  it('C10 strips identity fields that a client made up, however it spells them', async () => {
    const rig = await open({
      route: chainOf({ request: [(ctx) => void ctx.upstreamHeaders.set('x-consumer-application', 'real')] }),
    })
    await rig.raw(
      get(
        'X-Consumer-Application: fake\r\nX_Consumer_Plan: fake\r\nX!Consumer~Plan: fake\r\nx-gatewright-anything: fake\r\nX-Request-Id: fake\r\n',
      ),
    )
    const headers = rig.seen[0]?.headers ?? []
    expect(headers).not.toContain('fake')
    expect(valuesOf(headers, 'x-consumer-application')).toEqual(['real'])
    expect(valuesOf(headers, 'x-request-id')[0]).toMatch(/^req_[0-9a-hjkmnp-tv-z]{22}$/)
  })

  it('C9 tells who the client is, and believes nobody but trusted proxies', async () => {
    const lines =
      'X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: evil\r\nForwarded: for=6.6.6.6\r\nX-Real-IP: 6.6.6.6\r\nVia: 1.0 fred\r\n'
    const rig = await open()
    await rig.raw(get(lines))
    const headers = rig.seen[0]?.headers ?? []
    expect(valuesOf(headers, 'x-forwarded-for')).toEqual(['127.0.0.1'])
    expect(valuesOf(headers, 'x-forwarded-proto')).toEqual(['http'])
    expect(valuesOf(headers, 'x-forwarded-host')).toEqual(['api.example:8000'])
    expect(valuesOf(headers, 'forwarded')).toEqual(['for=127.0.0.1;host="api.example:8000";proto=http'])
    expect(valuesOf(headers, 'x-real-ip')).toEqual([])
    expect(valuesOf(headers, 'via')).toEqual(['1.0 fred, 1.1 gatewright'])
    expect((await rig.over(1))[0]?.clientAddress).toBe('127.0.0.1')
  })

  it('C9 believes a trusted proxy up to the first address that is not one', async () => {
    const rig = await open({ trustedProxies: ['127.0.0.0/8', '10.0.0.0/8'] })
    await rig.raw(
      get(
        'X-Forwarded-For: 6.6.6.6, 203.0.113.9, 10.1.2.3\r\nX-Forwarded-Proto: https\r\nForwarded: for=203.0.113.9\r\n',
      ),
    )
    const headers = rig.seen[0]?.headers ?? []
    expect(valuesOf(headers, 'x-forwarded-for')).toEqual(['6.6.6.6, 203.0.113.9, 10.1.2.3, 127.0.0.1'])
    expect(valuesOf(headers, 'x-forwarded-proto')).toEqual(['https'])
    expect(valuesOf(headers, 'forwarded')[0]).toMatch(/^for=203.0.113.9, for=127.0.0.1;/)
    expect((await rig.over(1))[0]?.clientAddress).toBe('203.0.113.9')
  })

  it('C9: a spoofed X-Forwarded-For does not pass an IP filter, and hides nobody from one', async () => {
    const filter = (config: object) => {
      const at = { id: 'pol_1', name: 'it', scope: 'route', tenantId: 'ten_1', timeZone: 'UTC' } as const
      const phases = ipFilter.create(ipFilter.spec.config.parse(config), createDeps(), at)
      return chainOf({ request: [(ctx) => phases.request?.(ctx)] })
    }
    const spoofed = get('X-Forwarded-For: 10.1.1.1\r\nForwarded: for=10.1.1.1\r\nX-Real-IP: 10.1.1.1\r\n')
    const inner = await open({ route: filter({ allow: ['10.0.0.0/8'] }) })
    expect(await inner.raw(spoofed)).toMatch(/^HTTP\/1\.1 403 [\s\S]*"code":"address_not_allowed"/)
    const outer = await open({ route: filter({ deny: ['127.0.0.0/8', '::1/128'] }) })
    expect(await outer.raw(spoofed)).toMatch(/^HTTP\/1\.1 403 /)
    const proxied = await open({ route: filter({ allow: ['10.0.0.0/8'] }), trustedProxies: ['127.0.0.1'] })
    expect(await proxied.raw(spoofed)).toMatch(/^HTTP\/1\.1 200 /)
    expect(await proxied.raw(get('X-Forwarded-For: 10.1.1.1, 192.0.2.1\r\n'))).toMatch(/^HTTP\/1\.1 403 /)
    expect([inner.seen.length, outer.seen.length, proxied.seen.length]).toEqual([0, 0, 1])
  })

  it('sends the Host that the upstream is configured to see', async () => {
    const own = await open()
    await own.raw(get())
    expect(valuesOf(own.seen[0]?.headers ?? [], 'host')).toEqual([`127.0.0.1:${own.upstreamPort}`])
    const clients = await open({ document: { hostHeader: 'client' } })
    await clients.raw(get())
    expect(valuesOf(clients.seen[0]?.headers ?? [], 'host')).toEqual(['api.example:8000'])
  })

  it('A1 replaces the base path of the API by the path of the upstream', async () => {
    const rig = await open({ pathPrefix: '/v1/', route: { basePathLength: '/shop'.length } })
    await rig.raw(get('', '/shop/items?x'))
    await rig.raw(get('', '/shop'))
    expect(rig.seen.map((it) => it.url)).toEqual(['/v1/items?x', '/v1'])
  })

  it('applies the edits of policies to fields and query', async () => {
    const rig = await open({
      route: chainOf({
        request: [
          (ctx) => {
            ctx.upstreamHeaders.remove('x-key')
            ctx.upstreamHeaders.append('x-new', 'a')
            ctx.upstreamHeaders.append('x-new', 'b')
            expect(ctx.queryParameter('k e')).toBe('s&t')
            ctx.dropQueryParameter('k e')
          },
        ],
      }),
    })
    await rig.raw(get('X-Key: secret\r\n', '/a?z=1&k%20e=s%26t&y&k+e=u'))
    expect(rig.seen[0]?.url).toBe('/a?z=1&y')
    expect(valuesOf(rig.seen[0]?.headers ?? [], 'x-new')).toEqual(['a', 'b'])
    expect(rig.seen[0]?.headers).not.toContain('secret')
  })

  it.each(['X-User-Id', 'x_user_id', 'X.USER-ID'])(
    'C10 what a policy drops or says itself comes from no caller: %s, as a field or as a trailer',
    async (name) => {
      let trailers: string[] = []
      const rig = await open({
        route: chainOf({ request: [(ctx) => ctx.upstreamHeaders.remove('x-user-id') as undefined] }),
        async upstream(request, response) {
          await drainOf(request)
          trailers = request.rawTrailers
          response.end()
        },
      })
      await rig.raw(get(`${name}: admin\r\nX-User-Idea: kept\r\n`))
      await rig.raw(
        `POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n${name}: admin\r\nX-Sum: kept\r\n\r\n`,
      )
      expect(rig.seen).toHaveLength(2)
      expect(rig.seen[0]?.headers).toContain('kept')
      expect(JSON.stringify(rig.seen.map(({ headers }) => headers))).not.toContain('admin')
      expect(trailers).toEqual(['X-Sum', 'kept'])
    },
  )

  it.each(['GET', 'PUT', 'PATCH', 'DELETE', 'QUERY', 'PROPFIND'])(
    'A5 passes the method %s',
    async (method) => {
      const rig = await open()
      const body = method === 'QUERY' ? 'q=1' : ''
      await rig.raw(
        `${method} /a HTTP/1.1\r\nHost: a\r\n${body ? `Content-Length: ${body.length}\r\n` : ''}\r\n${body}`,
      )
      expect(rig.seen[0]?.method).toBe(method)
    },
  )
})

describe('what the client gets', () => {
  it('A18 passes status, reason, fields and body of the upstream', async () => {
    const body = Buffer.from(Array.from({ length: 256 }, (_, i) => i))
    const rig = await open({
      upstream: (_, response) => {
        response.writeHead(418, 'Short and stout', [
          'X-A',
          '1',
          'Set-Cookie',
          'a=1',
          'Set-Cookie',
          'b=2',
          'Content-Length',
          '256',
        ])
        response.end(body)
      },
    })
    const answer = await rig.raw(get())
    expect(answer).toMatch(/^HTTP\/1\.1 418 Short and stout\r\n/)
    expect(answer).toContain('X-A: 1\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 256\r\n')
    expect(Buffer.from(answer.slice(answer.indexOf('\r\n\r\n') + 4), 'latin1')).toEqual(body)
    expect(await rig.over(1)).toMatchObject([{ status: 418, bytesOut: 256, reason: null }])
  })

  it('A7 never tells of the upstream: addresses, software, hop-by-hop fields', async () => {
    const rig = await open({
      pathPrefix: '/inner',
      route: { basePathLength: '/shop'.length },
      upstream: (request, response) => {
        const host = request.headers.host ?? ''
        response.writeHead(302, [
          'Location',
          `http://${host}/inner/next?x=1`,
          'Content-Location',
          `https://${host.split(':')[0]}/inner/doc`,
          'Link',
          `<http://${host}/inner/2>; rel="next", <https://other.example/x>; rel="help"`,
          'Refresh',
          `5; url=http://${host}/inner/fresh`,
          'Set-Cookie',
          'a=1; Domain=127.0.0.1; Path=/',
          'Server',
          'secret/1',
          'X-Powered-By',
          'secret',
          'Alt-Svc',
          'h3=":443"',
          'X-Gatewright-Trace',
          'fake',
          'Keep-Alive',
          'timeout=1',
          'Connection',
          'keep-alive, X-Hop',
          'X-Hop',
          'secret',
        ])
        response.end()
      },
    })
    const answer = await rig.raw(get('', '/shop/items'))
    expect(answer).toContain('Location: http://api.example:8000/shop/next?x=1\r\n')
    expect(answer).toContain('Content-Location: http://api.example:8000/shop/doc\r\n')
    expect(answer).toContain(
      'Link: <http://api.example:8000/shop/2>; rel="next", <https://other.example/x>; rel="help"\r\n',
    )
    expect(answer).toContain('Refresh: 5; url=http://api.example:8000/shop/fresh\r\n')
    expect(answer).toContain('Set-Cookie: a=1; Path=/\r\n')
    expect(answer).not.toMatch(/127\.0\.0\.1|secret|inner|alt-svc|fake/i)
  })

  it('A7 maps redirects inside the upstream and leaves others alone', async () => {
    const locations = ['/inner/x', '/elsewhere', 'x', 'https://login.example/?next=/inner', '//cdn.example/a']
    const rig = await open({
      pathPrefix: '/inner',
      route: { basePathLength: '/shop'.length },
      upstream: (request, response) => {
        response.writeHead(302, [
          'Location',
          locations[Number(request.url?.slice(-1))] ?? '',
          'Content-Length',
          '0',
        ])
        response.end()
      },
    })
    const found: (string | undefined)[] = []
    for (let i = 0; i < locations.length; i++) {
      found.push(/Location: (.*)\r\n/.exec(await rig.raw(get('', `/shop/${i}`)))?.[1])
    }
    expect(found).toEqual([
      '/shop/x',
      '/elsewhere',
      'x',
      'https://login.example/?next=/inner',
      '//cdn.example/a',
    ])
  })

  it('keeps lengths of HEAD and 304, and drops the impossible one of 204', async () => {
    const rig = await open({
      upstream: (request, response) => {
        const status = request.method === 'HEAD' ? 200 : Number(request.url?.slice(1))
        response.writeHead(status, ['Content-Length', '7']).end()
      },
    })
    const head = await rig.raw('HEAD /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
    expect(head).toMatch(/Content-Length: 7\r\n/)
    expect(head.endsWith('\r\n\r\n')).toBe(true)
    expect(await rig.raw(get('Connection: close\r\n', '/304'))).toMatch(/Content-Length: 7\r\n/)
    expect(await rig.raw(get('Connection: close\r\n', '/204'))).not.toMatch(/Content-Length/)
  })

  it('passes chunked bodies and their trailers, without fields that may not be trailers', async () => {
    const rig = await open({
      upstream: (_, response) => {
        response.writeHead(200, { Trailer: 'X-Sum' })
        response.write('abc')
        response.addTrailers({ 'X-Sum': '7', 'Set-Cookie': 'a=1' })
        response.end()
      },
    })
    const answer = await rig.raw(get())
    expect(answer).toMatch(/Transfer-Encoding: chunked\r\n/)
    expect(answer).toMatch(/3\r\nabc\r\n0\r\nX-Sum: 7\r\n\r\n$/)
    const old = await rig.raw('GET /a HTTP/1.0\r\nHost: a\r\n\r\n')
    expect(old).toMatch(/\r\n\r\nabc$/)
    expect(old).not.toMatch(/chunked|trailer/i)
  })

  it('sends the head and each piece on as soon as it is there (event streams)', async () => {
    const gates: (() => void)[] = []
    const rig = await open({
      upstream: (_, response) => {
        response.writeHead(200, { 'Content-Type': 'text/event-stream' })
        response.flushHeaders()
        gates.push(
          () => response.write('data: 1\n\n'),
          () => response.end('data: 2\n\n'),
        )
      },
    })
    const request = httpRequest({ port: rig.port, path: '/a' }).end()
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    const pieces = response[Symbol.asyncIterator]()
    gates[0]?.()
    expect(String((await pieces.next()).value)).toBe('data: 1\n\n')
    gates[1]?.()
    expect(String((await pieces.next()).value)).toBe('data: 2\n\n')
    expect((await pieces.next()).done).toBe(true)
  })

  it('passes 103 and the 100 that a client asked for', async () => {
    const order: string[] = []
    const rig = await open({
      upstream: (request, response) => {
        response.writeEarlyHints({ link: '</style.css>; rel=preload' })
        request.on('data', (chunk) => order.push(String(chunk)))
        request.on('end', () => response.end('done'))
      },
    })
    const request = httpRequest({
      port: rig.port,
      method: 'POST',
      headers: { Expect: '100-continue', 'Content-Length': 4 },
    })
    request.on('information', ({ statusCode }) => order.push(String(statusCode)))
    request.on('continue', () => request.end('body'))
    request.flushHeaders()
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    expect(String(await bodyOf(response))).toBe('done')
    expect(order).toContain('103')
    expect(order.at(-1)).toBe('body')
    expect(valuesOf(rig.seen[0]?.headers ?? [], 'expect')).toEqual(['100-continue'])
  })

  it('does not ask for a body that the upstream does not want, and then trusts the connection no more', async () => {
    const rig = await open({
      route: chainOf({ request: [() => refuse('credential_missing')] }),
    })
    const answer = await rig.raw(
      'POST /a HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n',
    )
    expect(answer).toMatch(/^HTTP\/1\.1 401 /)
    expect(answer).toMatch(/Connection: close\r\n/)
    expect(rig.seen).toEqual([])
  })
})

describe('refusals', () => {
  async function problemOf(rig: Rig, bytes = get()): Promise<Record<string, unknown>> {
    const answer = await rig.raw(bytes)
    expect(answer).toMatch(/Content-Type: application\/problem\+json\r\n/)
    return JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4))
  }

  it.each([
    ['route_not_found', { match: () => null }],
    [
      'method_not_allowed',
      {
        match: () => missOf('GET, PUT'),
      },
    ],
    ['gateway_not_ready', { ready: false }],
    ['body_too_large', { route: chainOf({ request: [(ctx) => void ctx.limitBody(3)] }) }],
    ['media_type_not_supported', { route: chainOf({ request: [() => refuse('media_type_not_supported')] }) }],
    [
      'rate_limited',
      { route: chainOf({ request: [async () => refuse('rate_limited', { retryAfterMs: 1_500 })] }) },
    ],
    ['upstream_unreachable', { upstream: (request) => request.socket.destroy() }],
    ['upstream_invalid_response', { upstream: (request) => request.socket.end('HTTP/1.1 200 OK\nA: b\n\n') }],
    ['upstream_unavailable', { route: { upstream: null } }],
    ['upstream_timeout', { upstream: () => undefined, document: { firstByteTimeoutMs: 60 } }],
    [
      'internal_error',
      {
        route: chainOf({
          request: [
            () => {
              throw new Error('secret detail')
            },
          ],
        }),
      },
    ],
    [
      'internal_error',
      {
        route: chainOf({
          request: [
            async () => {
              throw new Error('secret detail')
            },
          ],
        }),
      },
    ],
    [
      'internal_error',
      {
        route: chainOf({
          response: [
            () => {
              throw new Error('secret detail')
            },
          ],
        }),
      },
    ],
  ] as [keyof typeof errors, RigOptions][])(
    'A7 %s is a problem document that names no upstream',
    async (code, options) => {
      const rig = await open(options)
      const bytes =
        code === 'body_too_large' ? 'POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nabcd' : get()
      const problem = await problemOf(rig, bytes)
      expect(problem).toMatchObject({
        type: `https://docs.example/errors/${code}`,
        title: errors[code].title,
        status: errors[code].status,
        code,
        instance: '/a',
      })
      expect(problem.request_id).toMatch(/^req_/)
      expect(JSON.stringify(problem)).not.toMatch(/127\.0\.0\.1|secret|Error/)
      expect(await rig.over(1)).toMatchObject([{ status: errors[code].status, reason: code }])
      if (code === 'upstream_timeout') expect(rig.outcomes[0]?.upstreamMs).toBeGreaterThan(50)
    },
  )

  it('A5 says in Allow what the path takes, also to OPTIONS', async () => {
    const rig = await open({
      match: () => missOf('GET, HEAD'),
    })
    expect(await rig.raw('PUT /a HTTP/1.1\r\nHost: a\r\n\r\n')).toMatch(
      /^HTTP\/1\.1 405 [\s\S]*Allow: GET, HEAD\r\n/,
    )
    expect(await rig.raw('OPTIONS /a HTTP/1.1\r\nHost: a\r\n\r\n')).toMatch(
      /^HTTP\/1\.1 204 [\s\S]*Allow: GET, HEAD\r\n/,
    )
  })

  it('D11 runs only edge policies for a preflight, and response phases for every answer', async () => {
    const ran: string[] = []
    const rig = await open({
      match: (_host, _path, method, route) => (method === 'PUT' ? route : missOf('PUT')),
      route: {
        ...chainOf({
          request: [
            (ctx) => {
              ran.push('edge')
              return ctx.method === 'OPTIONS'
                ? { kind: 'reply', status: 204, headers: ['X-Edge', '1'], body: '' }
                : undefined
            },
            () => {
              ran.push('identify')
              return refuse('credential_missing')
            },
          ],
          response: [(ctx) => ctx.replyHeaders.set('access-control-allow-origin', '*')],
        }),
        edgeCount: 1,
      },
    })
    const preflight = await rig.raw(
      'OPTIONS /a HTTP/1.1\r\nHost: a\r\nAccess-Control-Request-Method: PUT\r\n\r\n',
    )
    expect(preflight).toMatch(
      /^HTTP\/1\.1 204 [\s\S]*X-Edge: 1\r\n[\s\S]*access-control-allow-origin: \*\r\n/,
    )
    expect(ran).toEqual(['edge'])
    const refusal = await rig.raw('PUT /a HTTP/1.1\r\nHost: a\r\n\r\n')
    expect(refusal).toMatch(/^HTTP\/1\.1 401 [\s\S]*access-control-allow-origin: \*\r\n/)
    expect((await rig.over(2))[1]?.ctx.refusedBy).toBe('policy-1')
  })

  it('D6 a preflight that no edge policy answers is an OPTIONS request like any other, and reaches no upstream unasked', async () => {
    const ran: string[] = []
    const rig = await open({
      match: (_host, _path, method, route) => (method === 'PUT' ? route : missOf('PUT')),
      route: {
        ...chainOf({
          request: [() => void ran.push('edge'), () => refuse('credential_missing')],
        }),
        edgeCount: 1,
      },
    })
    const preflight = 'OPTIONS /a HTTP/1.1\r\nHost: a\r\nAccess-Control-Request-Method: PUT\r\n\r\n'
    expect(await rig.raw(preflight)).toMatch(/^HTTP\/1\.1 204 [\s\S]*Allow: PUT\r\n/)
    expect([ran, rig.seen]).toEqual([['edge'], []])
  })

  it('changes to the chain of the plan once the caller is known', async () => {
    const ran: string[] = []
    const identify = (ctx: Parameters<Chain['request'][number]>[0]) => {
      const planId = ctx.header('x-plan')
      if (planId !== undefined) ctx.principal = { planId } as never
      return undefined
    }
    const first = { ...emptyChain, request: [identify], requestSteps: [step('identify')] }
    const gold = {
      ...emptyChain,
      request: [identify, () => void ran.push('gold')],
      requestSteps: [step('identify'), step('gold')],
      response: [() => void ran.push('gold reply')],
    }
    const rig = await open({ route: { chain: first, identifiedAt: 1, plans: new Map([['pln_gold', gold]]) } })
    expect(await rig.raw(get('X-Plan: pln_gold\r\n'))).toMatch(/^HTTP\/1\.1 200 /)
    expect(ran).toEqual(['gold', 'gold reply'])
    expect(await rig.raw(get())).toMatch(/^HTTP\/1\.1 200 /)
    expect(await rig.raw(get('X-Plan: pln_gone\r\n'))).toMatch(/^HTTP\/1\.1 403 /)
    expect(ran.length).toBe(2)
  })

  it('tells limits in both styles, the nearest one in the older style', async () => {
    const rig = await open({
      route: chainOf({
        request: [
          (ctx) => {
            ctx.reportLimit({ name: 'minute', limit: 100, windowSeconds: 60, remaining: 50, resetMs: 1_200 })
            ctx.reportLimit({
              name: 'day',
              limit: 1_000,
              windowSeconds: 86_400,
              remaining: 7,
              resetMs: 3_600_000,
            })
            return undefined
          },
        ],
      }),
    })
    const answer = await rig.raw(get())
    expect(answer).toContain('RateLimit-Policy: "minute";q=100;w=60, "day";q=1000;w=86400\r\n')
    expect(answer).toContain('RateLimit: "minute";r=50;t=2, "day";r=7;t=3600\r\n')
    expect(answer).toContain(
      'X-RateLimit-Limit: 1000\r\nX-RateLimit-Remaining: 7\r\nX-RateLimit-Reset: 3600\r\n',
    )
  })

  it('A25 sends the reply of a policy, to HEAD without its body', async () => {
    const rig = await open({
      route: chainOf({
        request: [
          () => ({
            kind: 'reply',
            status: 200,
            headers: ['Content-Type', 'a/b', 'Content-Length', '9'],
            body: 'mock',
          }),
        ],
      }),
    })
    expect(await rig.raw(get())).toMatch(/Content-Length: 4\r\n[\s\S]*\r\n\r\nmock$/)
    const head = await rig.raw('HEAD /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
    expect(head).toMatch(/Content-Length: 4\r\n[\s\S]*\r\n\r\n$/)
    expect(rig.seen).toEqual([])
  })

  it.each([
    ['a line break', 'x-a', 'b\r\nEvil: 1'],
    ['framing', 'content-length', '5'],
    ['another connection field', 'connection', 'close'],
    ['an illegal name', 'x a', 'b'],
  ])('fails closed when a policy sets %s', async (_, name, value) => {
    const rig = await open({
      route: chainOf({ request: [(ctx) => ctx.upstreamHeaders.set(name, value) as undefined] }),
    })
    expect(await rig.raw(get())).toMatch(/^HTTP\/1\.1 500 /)
    expect(rig.seen).toEqual([])
  })
})

describe('streams', () => {
  it('A18 passes 100 MB both ways at flat memory', async () => {
    const size = 100 * 1024 * 1024
    const piece = Buffer.alloc(256 * 1024, 'x')
    let arrived = 0
    const rig = await open({
      upstream: async (request, response) => {
        for await (const chunk of request) arrived += chunk.length
        response.writeHead(200, { 'Content-Length': String(size) })
        for (let sent = 0; sent < size; sent += piece.length) {
          if (!response.write(piece)) await once(response, 'drain')
        }
        response.end()
      },
    })
    const before = liveBytes()
    let peak = 0
    const sample = () => {
      peak = Math.max(peak, liveBytes())
    }
    const request = httpRequest({ port: rig.port, method: 'POST', headers: { 'Content-Length': size } })
    const answered = once(request, 'response') as Promise<[IncomingMessage]>
    for (let sent = 0; sent < size; sent += piece.length) {
      if (!request.write(piece)) await once(request, 'drain')
      if (sent % (size / 8) === 0) sample()
    }
    request.end()
    const [response] = await answered
    let received = 0
    let sampledAt = 0
    for await (const chunk of response) {
      received += chunk.length
      if (received - sampledAt < size / 8) continue
      sampledAt = received
      sample()
    }
    expect(received).toBe(size)
    expect(arrived).toBe(size)
    // Client, gateway and upstream share this process; a buffering gateway would hold 100 MB more.
    expect(peak - before).toBeLessThan(64 * 1024 * 1024)
    expect(await rig.over(1)).toMatchObject([{ status: 200, bytesIn: size, bytesOut: size }])
  }, 30_000)

  it('A18 makes a fast upstream wait for a slow client', async () => {
    let sent = 0
    const rig = await open({
      upstream: (_, response) => {
        const piece = Buffer.alloc(256 * 1024)
        response.writeHead(200)
        const pump = () => {
          while (sent < 400 * piece.length && response.write(piece)) sent += piece.length
          sent += piece.length
        }
        response.on('drain', pump)
        pump()
      },
    })
    const socket = connect({ host: '127.0.0.1', port: rig.port })
    socket.write(get())
    await once(socket, 'readable')
    let before = -1
    while (before !== sent) {
      before = sent
      for (let i = 0; i < 200; i++) await new Promise(setImmediate)
    }
    expect(sent).toBeLessThan(32 * 1024 * 1024)
    socket.destroy()
    expect(await rig.over(1)).toMatchObject([{ reason: 'client_closed_request' }])
  })

  it('stops a body that grows beyond its limit while it streams', async () => {
    const rig = await open({
      upstream: (request, response) => request.resume().on('end', () => response.end('too late')),
      route: chainOf({ request: [(ctx) => ctx.limitBody(1_000) as undefined] }),
    })
    const request = httpRequest({ port: rig.port, method: 'POST' })
    request.on('error', () => undefined)
    request.write(Buffer.alloc(800))
    const answered = once(request, 'response') as Promise<[IncomingMessage]>
    request.write(Buffer.alloc(800))
    const [response] = await answered
    expect(response.statusCode).toBe(413)
    await drainOf(response)
    request.destroy()
    expect(await rig.over(1)).toMatchObject([{ status: 413, reason: 'body_too_large' }])
  })

  it('says so once, however many pieces come after the limit', async () => {
    const rig = await open({ route: chainOf({ request: [(ctx) => ctx.limitBody(3) as undefined] }) })
    const socket = connect({ host: '127.0.0.1', port: rig.port })
    const pieces = '2\r\nab\r\n'.repeat(5_000)
    socket.write(`POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${pieces}0\r\n\r\n`)
    socket.write(get('Connection: close\r\n'))
    let answer = ''
    for await (const chunk of socket) answer += chunk
    // Were the connection broken off over the rest of the body, the reply could be lost with it.
    expect(answer).toMatch(/^HTTP\/1\.1 413 [\s\S]*"code":"body_too_large"[\s\S]*HTTP\/1\.1 200 /)
    expect(await rig.over(2)).toMatchObject([{ status: 413, reason: 'body_too_large' }, { status: 200 }])
  })

  it.each([
    ['a head', { headersTimeoutMs: 60 }],
    ['a head when the whole request has less time than a head', { requestTimeoutMs: 60 }],
  ])('D7 ends %s that does not arrive in time', async (_, limits) => {
    const rig = await open(limits)
    const answer = await rig.raw('GET /a HTTP/1.1\r\nHost: a\r\nX-Slow:')
    expect(answer).toMatch(/^HTTP\/1\.1 408 [\s\S]*"code":"request_timeout"/)
    expect(rig.seen).toEqual([])
  })

  it('D7 blames the client, not the upstream, for a body that stops arriving', async () => {
    const rig = await open({ document: { idleTimeoutMs: 80 }, upstream: (request) => void request.resume() })
    const answer = await rig.raw('POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc')
    expect(answer).toMatch(/^HTTP\/1\.1 408 [\s\S]*"code":"request_timeout"/)
    expect(await rig.over(1)).toMatchObject([{ status: 408, reason: 'request_timeout', bytesIn: 3 }])
  })

  it('passes chunked request bodies and their trailers', async () => {
    let text = ''
    let trailers: NodeJS.Dict<string> = {}
    const rig = await open({
      upstream: async (request, response) => {
        for await (const chunk of request) text += chunk
        trailers = request.trailers
        response.end()
      },
    })
    const answer = await rig.raw(
      'POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nX-Sum: 5\r\nAuthorization: x\r\n\r\n',
    )
    expect(answer).toMatch(/^HTTP\/1\.1 200 /)
    expect(text).toBe('abcde')
    expect(trailers).toEqual({ 'x-sum': '5' })
  })

  it('cancels the upstream call when the client leaves', async () => {
    const gone = Promise.withResolvers<void>()
    const rig = await open({ upstream: (request) => request.socket.on('close', () => gone.resolve()) })
    const socket = connect({ host: '127.0.0.1', port: rig.port })
    socket.write(get())
    while (rig.seen.length === 0) await new Promise(setImmediate)
    socket.destroy()
    await gone.promise
    expect(await rig.over(1)).toMatchObject([{ status: 499, reason: 'client_closed_request' }])
  })

  it('breaks the connection when the upstream fails inside the body', async () => {
    const rig = await open({
      upstream: (_, response) => {
        response.writeHead(200, { 'Content-Length': '100' })
        response.write('abc', () => response.socket?.destroy())
      },
    })
    const answer = await rig.raw(get())
    expect(answer.endsWith('abc')).toBe(true)
    expect(await rig.over(1)).toMatchObject([{ status: 200, reason: 'upstream_unreachable' }])
  })

  it('answers before the body has arrived, and reads what is left of it', async () => {
    const rig = await open({ route: chainOf({ request: [() => refuse('credential_missing')] }) })
    const request = httpRequest({ port: rig.port, method: 'POST', headers: { 'Content-Length': 1_000_000 } })
    request.flushHeaders()
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    expect(response.statusCode).toBe(401)
    await drainOf(response)
    request.end(Buffer.alloc(1_000_000))
    await once(request, 'close')
  })

  it('G2 splits time between gateway and upstream', async () => {
    const tookMs = { policy: 0, upstream: 0 }
    const pause = async (who: keyof typeof tookMs, ms: number) => {
      const startedMs = performance.now()
      await delay(ms)
      tookMs[who] = performance.now() - startedMs
    }
    const rig = await open({
      route: chainOf({ request: [() => pause('policy', 40).then(() => undefined)] }),
      upstream: (_, response) => void pause('upstream', 60).then(() => response.end('x')),
    })
    await rig.raw(get())
    const [outcome] = await rig.over(1)
    const { durationMs = 0, upstreamMs = 0 } = outcome ?? {}
    // The upstream's own time lies within what is counted for it, and a policy's within the rest: each only there.
    expect(upstreamMs).toBeGreaterThanOrEqual(tookMs.upstream)
    expect(durationMs - upstreamMs).toBeGreaterThanOrEqual(tookMs.policy)
  })

  it('I17 survives clients and upstreams that break off anywhere, and gives every lease back', async () => {
    const rig = await open({
      upstream: (request, response) => {
        const url = new URL(request.url ?? '/', 'http://a')
        const breakAt = Number(url.searchParams.get('u'))
        if (breakAt === 0) return request.socket.destroy()
        response.writeHead(200, url.searchParams.has('l') ? { 'Content-Length': '400000' } : {})
        for (let i = 0; i < 4; i++) {
          if (i === breakAt) return request.socket.destroy()
          response.write(Buffer.alloc(100_000))
        }
        response.end()
      },
    })
    const clients = Array.from({ length: 240 }, async (_, n) => {
      const socket = connect({ host: '127.0.0.1', port: rig.port })
      socket.on('error', () => undefined)
      const stopAt = [1, 50_000, 150_000, 1_000_000][n % 4] as number
      let length = 0
      socket.on('data', (chunk) => {
        length += chunk.length
        if (length >= stopAt) socket.resetAndDestroy()
      })
      const body = n % 5 === 0 ? 'x'.repeat(1_000) : ''
      socket.write(
        `POST /?u=${n % 6}${n % 2 ? '&l' : ''} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: ${n % 7 === 0 ? 2_000 : body.length}\r\n\r\n${body}`,
      )
      if (n % 7 === 0) setImmediate(() => socket.destroy())
      await once(socket, 'close')
    })
    await Promise.all(clients)
    while (rig.leases() > 0) await new Promise(setImmediate)
    expect(await rig.raw(get('', '/?u=9'))).toMatch(/^HTTP\/1\.1 200 /)
    expect(rig.outcomes.length).toBeGreaterThan(200)
  }, 30_000)

  it('answers pipelined requests one after the other, in their order', async () => {
    let atOnce = 0
    let most = 0
    const rig = await open({
      upstream(request, response) {
        most = Math.max(most, ++atOnce)
        setTimeout(
          () => {
            atOnce--
            response.end(request.url)
          },
          request.url === '/1' ? 30 : 1,
        )
      },
    })
    const asked = Array.from({ length: 20 }, (_, i) =>
      get(i === 19 ? 'Connection: close\r\n' : '', `/${i + 1}`),
    )
    const answer = await rig.rawAll(asked.join(''))
    expect([...answer.matchAll(/\r\n\r\n\/(\d+)/g)].map(([, n]) => Number(n))).toEqual(
      asked.map((_, i) => i + 1),
    )
    expect(most).toBe(1)
  })

  it('reads the body of one request and the head of the next from one piece, and from pieces of one byte', async () => {
    const rig = await open({ upstream: (request, response) => void request.pipe(response) })
    const asked = `POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc\r\nPOST /b HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n2;x="\\"y"\r\nde\r\n1\r\nf\r\n0\r\n\r\n`
    const bodies = (text: string) => text.replace(/\r\n[0-9](?=\r\n)/g, '').replace(/\r\n/g, '')
    expect(bodies(await rig.rawAll(asked))).toMatch(/abcHTTP\/1\.1 200 .*def$/)
    const socket = connect(rig.port, '127.0.0.1')
    socket.setNoDelay(true)
    let text = ''
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
    })
    const closed = once(socket, 'close')
    for (const byte of asked) {
      socket.write(byte)
      await new Promise(setImmediate)
    }
    await closed
    expect(bodies(text)).toMatch(/abcHTTP\/1\.1 200 .*def$/)
    expect(rig.outcomes.map(({ bytesIn }) => bytesIn)).toEqual([3, 3, 3, 3])
  })

  it.each([
    ['an upstream answers', {}],
    ['a policy answers at once', chainOf({ request: [() => refuse('credential_missing')] })],
  ])(
    'answers a whole request although garbage follows it, refuses that, then closes: %s',
    async (_, route) => {
      const rig = await open({ route })
      const answer = await rig.rawAll(`${get()}garbage\r\n\r\n${get('', '/hidden')}`)
      expect(answer).toMatch(route.chain ? /^HTTP\/1\.1 401 / : /^HTTP\/1\.1 200 [\s\S]*hello/)
      expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual([expect.any(String), 'HTTP/1.1 400'])
      expect(rig.seen.map(({ url }) => url)).not.toContain('/hidden')
      const outcomes = await rig.over(2)
      expect(outcomes.map(({ reason }) => reason)).toEqual([
        route.chain ? 'credential_missing' : null,
        'malformed_request',
      ])
    },
  )
})
