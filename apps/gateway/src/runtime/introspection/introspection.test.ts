// How servers are asked about tokens: once per token, so often at most, with the right proof of who asks, and what is no answer.
import { describe, expect, it } from 'vitest'
import { type OutboundAnswer, type OutboundCall, OutboundFailure } from '../outbound.ts'
import { createIntrospection } from './introspection.ts'

const source = {
  issuer: 'https://id.example.com/main',
  endpoint: 'https://id.example.com/introspect' as string | null,
  client: {
    id: 'gate way',
    secret: { text: 'a:b&ü' as string | null, key: 'a' },
    authentication: 'client_secret_basic' as const,
  },
  refusalMs: 5_000,
  timeoutMs: 2_000,
  callsPerSecondMax: 100,
}

type Answer = (call: OutboundCall) => Partial<OutboundAnswer> & { json?: unknown }

function open(answer: Answer, more: Partial<Omit<typeof source, 'client'>> & { client?: object } = {}) {
  const calls: OutboundCall[] = []
  const logged: unknown[] = []
  let nowMs = 1_000_000
  const log = (fields: object, message: string) => void logged.push({ ...fields, message })
  const introspection = createIntrospection({
    open: () => ({
      async call(call) {
        calls.push(call)
        await Promise.resolve()
        const { json, status = 200, body = JSON.stringify(json) } = answer(call)
        return { status, body }
      },
    }),
    log: { info: log, warn: log },
    now: () => nowMs,
  })
  const all = { ...source, ...more } as typeof source
  return {
    calls,
    logged,
    line: introspection.follow(all),
    again: () => introspection.follow({ ...all }),
    wait: (ms: number) => {
      nowMs += ms
    },
  }
}

const active = { json: { active: true, client_id: 'c' } }

describe('C3: introspection', () => {
  it('asks with the client in the Authorization field, form-encoded as RFC 6749 2.3.1 says', async () => {
    const { line, calls } = open(() => active)
    expect(await line.introspect('tok/en+=', 'h')).toEqual({
      kind: 'active',
      claims: { active: true, client_id: 'c' },
    })
    const [call] = calls
    expect(call?.url.href).toBe('https://id.example.com/introspect')
    expect(atob(call?.headers?.Authorization?.slice('Basic '.length) ?? '')).toBe('gate+way:a%3Ab%26%C3%BC')
    expect(Object.fromEntries(new URLSearchParams(call?.body))).toEqual({
      token: 'tok/en+=',
      token_type_hint: 'access_token',
    })
  })

  it('or in the form', async () => {
    const { line, calls } = open(() => active, {
      client: { ...source.client, authentication: 'client_secret_post' },
    })
    await line.introspect('t', 'h')
    expect(calls[0]?.headers?.Authorization).toBeUndefined()
    expect(Object.fromEntries(new URLSearchParams(calls[0]?.body))).toMatchObject({
      client_id: 'gate way',
      client_secret: 'a:b&ü',
    })
  })

  it('asks once about a token, however many calls come with it at the same time', async () => {
    const { line, calls, again } = open(() => active)
    await Promise.all([line.introspect('t', 'h'), line.introspect('t', 'h'), again().introspect('t', 'h')])
    expect(calls).toHaveLength(1)
    await line.introspect('t', 'h')
    expect(calls).toHaveLength(2)
  })

  it('remembers for a moment that a token is not active', async () => {
    const { line, calls, wait } = open(() => ({ json: { active: false } }))
    await line.introspect('t', 'h')
    expect(await line.introspect('t', 'h')).toEqual({ kind: 'inactive' })
    expect(calls).toHaveLength(1)
    wait(5_000)
    await line.introspect('t', 'h')
    expect(calls).toHaveLength(2)
  })

  it('asks so many times a second, and no more', async () => {
    const { line, calls, wait } = open(() => active, { callsPerSecondMax: 2 })
    const ask = async (name: string) => (await line.introspect(name, name)).kind
    expect([await ask('a'), await ask('b'), await ask('c')]).toEqual(['active', 'active', 'limited'])
    wait(500)
    expect([await ask('d'), await ask('e')]).toEqual(['active', 'limited'])
    expect(calls).toHaveLength(3)
  })

  it.each<[string, ReturnType<Answer>]>([
    ['no JSON', { body: '<html>' }],
    ['a list', { json: [] }],
    ['null', { body: 'null' }],
    ['without active', { json: { client_id: 'c' } }],
    ['with active as a text', { json: { active: 'true' } }],
    ['with active as a number', { json: { active: 1 } }],
    ['a redirect', { status: 302, json: { active: true } }],
    ['401: the client is not known', { status: 401, json: { active: true } }],
    ['500', { status: 500, json: { active: true } }],
  ])('%s is no answer, and is not remembered', async (_, answer) => {
    const { line, calls } = open(() => answer)
    expect(await line.introspect('t', 'h')).toEqual({ kind: 'unavailable' })
    await line.introspect('t', 'h')
    expect(calls).toHaveLength(2)
  })

  it('says once that a server is away, and once that it is back, and neither token nor secret', async () => {
    let isAway = true
    const { line, logged } = open(() => {
      if (isAway) throw new OutboundFailure('id.example.com cannot be reached: ECONNREFUSED')
      return active
    })
    await line.introspect('the-token', 'h')
    await line.introspect('the-token', 'h')
    isAway = false
    await line.introspect('the-token', 'h')
    await line.introspect('the-token', 'h')
    expect(logged).toMatchObject([
      { reason: expect.stringContaining('ECONNREFUSED') },
      { message: expect.stringContaining('again') },
    ])
    expect(logged).toHaveLength(2)
    expect(JSON.stringify(logged)).not.toMatch(/the-token|a:b/)
  })

  describe('finds the endpoint', () => {
    const metadata = (more: object = {}) => ({
      json: { issuer: source.issuer, introspection_endpoint: 'https://id.example.com/ask', ...more },
    })
    const places = (calls: readonly OutboundCall[]) => calls.map(({ url }) => url.pathname)

    it('by RFC 8414, else by OpenID Connect, and reads it again after five minutes', async () => {
      const { line, calls, wait } = open(
        ({ url }) => {
          if (url.pathname === '/.well-known/oauth-authorization-server/main')
            return { status: 404, body: '' }
          if (url.pathname === '/main/.well-known/openid-configuration') return metadata()
          return active
        },
        { endpoint: null },
      )
      await line.introspect('a', 'a')
      await line.introspect('b', 'b')
      const found = ['/.well-known/oauth-authorization-server/main', '/main/.well-known/openid-configuration']
      expect(places(calls)).toEqual([...found, '/ask', '/ask'])
      wait(300_000)
      await line.introspect('c', 'c')
      expect(places(calls)).toEqual([...found, '/ask', '/ask', ...found, '/ask'])
    })

    it.each([
      ['another issuer', metadata({ issuer: 'https://evil.example' })],
      ['no endpoint', metadata({ introspection_endpoint: undefined })],
      ['an endpoint without https', metadata({ introspection_endpoint: 'http://id.example.com/ask' })],
      ['an endpoint with a password', metadata({ introspection_endpoint: 'https://a:b@id.example.com/' })],
      ['an endpoint that is none', metadata({ introspection_endpoint: 'ask me' })],
      ['no JSON', { body: 'x' }],
      ['404 at both', { status: 404, body: '' }],
    ])('and shows no token to metadata with %s', async (_, answer) => {
      const { line, calls } = open(() => answer, { endpoint: null })
      expect(await line.introspect('t', 'h')).toEqual({ kind: 'unavailable' })
      expect(calls.every(({ method }) => method === 'GET')).toBe(true)
    })
  })
})
