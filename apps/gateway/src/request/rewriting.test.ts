// What the upstream is asked for and what the reply says it depended on, over real sockets: rewrites, versions, Vary.
import type { PolicyContext } from '@gatewright/shared/policies/policy'
import { policy as redirect } from '@gatewright/shared/policies/redirect'
import { policy as rewrite } from '@gatewright/shared/policies/rewrite'
import { plainSessionCookie } from '@gatewright/shared/portal-cookies'
import { afterEach, describe, expect, it } from 'vitest'
import { createDeps } from '../../../../packages/shared/src/testing/policy.fixture.ts'
import type { CompiledRoute } from '../config/generation.ts'
import { emptyChain, type Rig, type RigOptions, routeTo, startRig } from '../testing/gateway.fixture.ts'

const rigs: Rig[] = []
afterEach(() => Promise.all(rigs.splice(0).map((rig) => rig.close())))

async function open(options: RigOptions): Promise<Rig> {
  const rig = await startRig(options)
  rigs.push(rig)
  return rig
}

const at = { id: 'pol_1', name: 'it', scope: 'route', tenantId: 'ten_1', timeZone: 'UTC' } as const

function routeWith(
  template: string,
  policy: typeof rewrite | typeof redirect,
  config: object,
): Partial<CompiledRoute> {
  const phases = policy.create(policy.spec.config.parse(config) as never, createDeps(), at)
  const request = phases.request ? [phases.request.bind(phases)] : []
  const step = { policy: 'it', type: policy.spec.type, scope: 'route', stage: policy.spec.stage }
  return {
    facts: { ...routeTo(null).facts, template },
    chain: { ...emptyChain, request, requestSteps: [step] },
    basePathLength: '/shop'.length,
  }
}

const get = (target: string, lines = '') => `GET ${target} HTTP/1.1\r\nHost: a.test\r\n${lines}\r\n`
const fieldOf = (answer: string, name: string) =>
  [...answer.matchAll(new RegExp(`^${name}: (.*)\r$`, 'gim'))].map((match) => match[1])

describe('A6: rewrites', () => {
  it('a parameter reaches the backend through the mapping, as it stands in the path', async () => {
    const rig = await open({
      pathPrefix: '/api',
      route: routeWith('/shop/products/{productID}', rewrite, { path: '/items/{productID}' }),
    })
    await rig.raw(get('/shop/products/a%2Fb%20c?x=%0A'))
    expect(rig.seen.map(({ url }) => url)).toEqual(['/api/items/a%2Fb%20c?x=%0A'])
  })

  it('query, prefix and host are the upstream’s; what was not touched stays byte for byte', async () => {
    const rig = await open({
      route: routeWith('/shop/{*}', rewrite, {
        stripPrefix: '/old',
        addPrefix: '/new',
        host: 'books.internal:81',
        query: { set: [{ name: 'by', value: '{header.x-user}' }], remove: ['debug'] },
      }),
    })
    await rig.raw(get('/shop/old/a?debug&q=%7e+&&by=me', 'X-User: a&b=c d\r\n'))
    await rig.raw(get('/shop/other', 'X-User: me\r\n'))
    await rig.raw(get('/shop/other?debug=1'))
    expect(rig.seen.map(({ url }) => url)).toEqual([
      '/new/a?q=%7e+&&by=a%26b%3Dc%20d',
      '/new/other?by=me',
      '/new/other',
    ])
    expect(
      rig.seen[0]?.headers.filter((_, i, all) => i % 2 === 1 && all[i - 1]?.toLowerCase() === 'host'),
    ).toEqual(['books.internal:81'])
  })

  it('C10: a key that a policy took away, and cookies of the portal, come to the upstream in no other place', async () => {
    const { chain, ...route } = routeWith('/shop/a', rewrite, {
      query: {
        set: ['x-api-key', 'cookie', 'x-other'].map((name) => ({ name, value: `{header.${name}}` })),
      },
    })
    const request = [
      (ctx: PolicyContext) => void ctx.upstreamHeaders.remove('x-api-key'),
      ...(chain?.request ?? []),
    ]
    const rig = await open({ route: { ...route, chain: { ...emptyChain, request } } })
    await rig.raw(
      get('/shop/a', `X-Api-Key: secret\r\nCookie: a=1; ${plainSessionCookie}=secret\r\nX-Other: o\r\n`),
    )
    expect(rig.seen.map(({ url }) => url)).toEqual(['/a?cookie=a%3D1&x-other=o'])
  })

  it('D6: a value that would leave its segment is refused before anything is called', async () => {
    const rig = await open({ route: routeWith('/shop/a', rewrite, { path: '/t/{header.x-tenant}/a' }) })
    for (const tenant of ['..', '.', '..%2f..', '../..', '..;x']) {
      const answer = await rig.raw(get('/shop/a', `X-Tenant: ${tenant}\r\n`))
      if (answer.startsWith('HTTP/1.1 200')) continue
      expect(answer).toMatch(/^HTTP\/1\.1 400 [\s\S]*"code":"invalid_path"/)
    }
    expect(rig.seen.map(({ url }) => url)).toEqual(['/t/..%252f../a'])
  })
})

it('redirects with the values of the path', async () => {
  const rig = await open({
    route: routeWith('/shop/{id}/x', redirect, { status: 307, location: 'https://b.test/{id}' }),
  })
  const answer = await rig.raw(get('/shop/a%2Fb/x?y'))
  expect(answer).toMatch(/^HTTP\/1\.1 307 /)
  expect([fieldOf(answer, 'location'), rig.seen]).toEqual([['https://b.test/a%2Fb?y'], []])
})

describe('replies that depend on how a version was named', () => {
  it.each([
    ['nothing', [], 'Accept, x-version'],
    [
      'other fields',
      ['Vary', 'Accept-Encoding', 'Vary', 'origin'],
      'Accept-Encoding, origin, Accept, x-version',
    ],
    ['the same field', ['Vary', 'accept, Origin'], 'accept, Origin, x-version'],
    ['everything', ['Vary', 'Origin, *'], '*'],
  ])('F2: Vary is one list with that of an upstream that says %s', async (_, headers, expected) => {
    const rig = await open({
      route: { vary: 'Accept, x-version' },
      upstream: (_request, response) => void response.writeHead(200, headers).end('hello'),
    })
    expect(fieldOf(await rig.raw(get('/a')), 'vary')).toEqual([expected])
  })

  it('F2: and with our own replies', async () => {
    const rig = await open({
      route: {
        vary: 'Accept',
        chain: {
          ...emptyChain,
          request: [() => ({ kind: 'reply', status: 200, headers: [], body: 'mock' })],
          requestSteps: [{ policy: 'mock', type: 'mock', scope: 'route', stage: 'upstream' }],
          response: [(ctx) => ctx.replyHeaders.append('vary', 'Origin')],
        },
      },
    })
    expect(fieldOf(await rig.raw(get('/a')), 'vary')).toEqual(['Origin, Accept'])
  })

  it('F3: the parameter that names a version is not for the upstream', async () => {
    const rig = await open({ route: { strippedParameter: 'version' } })
    await rig.raw(get('/a?version=2'))
    await rig.raw(get('/a?x=%20&v%65rsion=2&y'))
    await rig.raw(get('/a'))
    expect(rig.seen.map(({ url }) => url)).toEqual(['/a', '/a?x=%20&y', '/a'])
  })
})
