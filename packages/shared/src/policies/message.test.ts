// ip-filter, body-limit, headers, mock: what they let pass, what they change, what they answer.
import { describe, expect, it } from 'vitest'
import { createContext, createDeps } from '../testing/policy.fixture.ts'
import { policy as bodyLimit } from './body-limit.ts'
import { policy as headers } from './headers.ts'
import { policy as ipFilter } from './ip-filter.ts'
import { policy as mock } from './mock.ts'
import type { MockExample, Reply, Verdict } from './policy.ts'

const at = { id: 'pol_1', name: 'it', scope: 'version', tenantId: 'ten_1', timeZone: 'UTC' } as const

describe('C9: ip-filter', () => {
  const codeFor = (config: object, clientAddress: string) => {
    const phases = ipFilter.create(ipFilter.spec.config.parse(config), createDeps(), at)
    const verdict = phases.request?.(createContext({ clientAddress })) as Verdict
    return verdict?.kind === 'refusal' ? verdict.code : 'passed'
  }

  it.each([
    [{ allow: ['10.0.0.0/8'] }, '10.1.1.1', 'passed'],
    [{ allow: ['10.0.0.0/8'] }, '11.1.1.1', 'address_not_allowed'],
    [{ deny: ['10.0.0.0/8'] }, '11.1.1.1', 'passed'],
    [{ allow: ['10.0.0.0/8'], deny: ['10.6.0.0/16'] }, '10.6.1.1', 'address_not_allowed'],
    [{ allow: ['2001:db8::/32'] }, '2001:db8::7', 'passed'],
    [{ allow: ['0.0.0.0/0'] }, 'not an address', 'address_not_allowed'],
  ])('%o with %s: %s', (config, address, expected) => expect(codeFor(config, address)).toBe(expected))

  it('an empty filter is a mistake, not a filter', () =>
    expect(ipFilter.spec.config.safeParse({}).success).toBe(false))
})

describe('body-limit', () => {
  const config = bodyLimit.spec.config.parse({
    maxBytes: 100,
    mediaTypes: ['application/*+json', 'text/plain', 'image/*'],
  })
  const phases = bodyLimit.create(config, createDeps(), at)
  const verdictFor = (bodyLength: number | null, type?: string) => {
    const ctx = createContext({ bodyLength, header: type === undefined ? {} : { 'content-type': type } })
    const verdict = phases.request?.(ctx) as Verdict
    return [verdict?.kind === 'refusal' ? verdict.code : 'passed', ctx.bodyLimits]
  }

  it.each([
    [0, undefined, ['passed', []]],
    [100, 'text/plain; charset=utf-8', ['passed', [100]]],
    [101, 'text/plain', ['body_too_large', []]],
    [null, 'Application/Problem+JSON', ['passed', [100]]],
    [5, 'image/png', ['passed', [100]]],
    [5, 'application/json', ['media_type_not_supported', []]],
    [5, undefined, ['media_type_not_supported', []]],
  ])('%s bytes of %s', (length, type, expected) => expect(verdictFor(length, type)).toEqual(expected))
})

describe('headers', () => {
  it('removes, sets and appends in both directions', () => {
    const edits = {
      remove: ['X-Old'],
      set: [{ name: 'X-New', value: '1' }],
      append: [{ name: 'Vary', value: 'Accept' }],
    }
    const phases = headers.create(
      headers.spec.config.parse({ request: edits, response: edits }),
      createDeps(),
      at,
    )
    const ctx = createContext()
    phases.request?.(ctx)
    phases.response?.(ctx)
    const expected = ['remove x-old', 'set x-new: 1', 'append vary: Accept']
    expect([ctx.upstreamHeaders.log, ctx.replyHeaders.log]).toEqual([expected, expected])
  })

  it('has no phase where there is nothing to do', () => {
    const phases = headers.create(
      headers.spec.config.parse({ response: { remove: ['Server'] } }),
      createDeps(),
      at,
    )
    expect(Object.keys(phases)).toEqual(['response'])
  })

  it.each([
    'Host',
    'content-length',
    'Transfer-Encoding',
    'X-Consumer-Plan',
    'x-forwarded-for',
    'X-Gatewright-Debug',
    'Via',
  ])('C10: %s belongs to the gateway', (name) => {
    for (const edit of [
      { set: [{ name, value: 'x' }] },
      { append: [{ name, value: 'x' }] },
      { remove: [name] },
    ]) {
      expect(headers.spec.config.safeParse({ request: edit }).success).toBe(false)
    }
  })

  it('a value is one line', () => {
    for (const value of ['a\r\nX-Evil: 1', 'a\nb', '\u0000', ' a']) {
      expect(headers.spec.config.safeParse({ request: { set: [{ name: 'X', value }] } }).success).toBe(false)
    }
  })
})

describe('A25: mock', () => {
  const example = (status: number, name: string, mediaType = 'application/json'): MockExample => ({
    status,
    name,
    mediaType,
    body: `${status} ${name} ${mediaType}`,
  })
  const mocks = [
    example(404, 'gone'),
    example(201, 'b'),
    example(200, 'a'),
    example(200, 'a', 'application/xml'),
  ]
  const answer = (config: object, header: Record<string, string> = {}, found = mocks) => {
    const phases = mock.create(mock.spec.config.parse(config), createDeps(), at)
    return phases.request?.(createContext({ header, route: { mocks: found } })) as Reply
  }

  it.each([
    [{}, {}, '201 b application/json'],
    [{ status: 200 }, {}, '200 a application/json'],
    [{ status: 200 }, { accept: 'application/xml' }, '200 a application/xml'],
    [{ status: 200 }, { accept: 'text/html, */*;q=0.1' }, '200 a application/json'],
    [{ example: 'gone' }, {}, '404 gone application/json'],
    [{}, { prefer: 'code=404' }, '404 gone application/json'],
    [{}, { prefer: 'respond-async, example="a"' }, '200 a application/json'],
    [{}, { prefer: 'code=599' }, '201 b application/json'],
    [{ preferHeader: false }, { prefer: 'code=404' }, '201 b application/json'],
  ])('%o and %o answer %s', (config, header, body) => expect(answer(config, header).body).toBe(body))

  it('says what it had nothing to answer with', () => {
    expect(answer({}, {}, [])).toMatchObject({
      code: 'mock_missing',
      detail: 'The document has no example for GET /books/{id}.',
    })
    expect(answer({ status: 204 })).toMatchObject({ code: 'mock_missing' })
  })
})
