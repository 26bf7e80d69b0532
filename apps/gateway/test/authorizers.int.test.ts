// Authorizers of teams at real gateways: servers and functions, what upstreams hear, and what happens when they are slow or lie.
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { describe, expect, it, vi } from 'vitest'
import { credential, plan, policy, snapshotOf, version } from './documents.ts'
import { createRig, type Rig, until } from './rig.ts'

// Several processes start in each test, on machines that do other things as well.
vi.setConfig({ testTimeout: 90_000 })

async function startServer(answer: RequestListener) {
  const server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}

async function open(rig: Rig, config: object, more: ReturnType<typeof policy>[] = []) {
  const upstream = await rig.startUpstream()
  const publish = (judge: object) =>
    rig.publisher.publish(
      snapshotOf(
        [
          version({
            upstreamUrls: [upstream.url],
            policies: [...more, policy('custom-authorizer', { caller: 'nobody', ...judge }, 'judge')],
          }),
        ],
        { plans: [plan('free', ['ver_echo'])] },
      ),
    )
  await publish(config)
  const gateway = await rig.startGateway({ WORKERS: '1' })
  await rig.publisher.live([gateway])
  const codeOf = async (headers: Record<string, string> = {}, path = '/echo/things') => {
    const reply = await gateway.call(path, { headers })
    return reply.status === 200 ? '200' : `${reply.status} ${reply.json().code}`
  }
  return { upstream, gateway, publish, codeOf }
}

describe('C8, C10: a server that decides', () => {
  it('is asked once per identity, its context reaches the upstream clean, and its reason no caller', async () => {
    await using rig = await createRig()
    const told: { headers: unknown; facts: { headers: Record<string, string> } }[] = []
    await using judge = await startServer(async (request, response) => {
      const facts = JSON.parse(await text(request))
      told.push({ headers: request.headers, facts })
      const allow = facts.headers.authorization === 'Bearer good'
      response.end(
        JSON.stringify({ allow, reason: 'not on the list', context: { user: 'grace', role: ['a', 'b'] } }),
      )
    })
    const { upstream, gateway, codeOf } = await open(rig, {
      decision: { by: 'http', url: judge.url, authorization: 'Bearer gateway' },
      identity: [{ from: 'header', name: 'Authorization' }],
    })
    const forged = {
      'X-Auth-User': 'root',
      X_Auth_User: 'root',
      'x.auth-level': '9',
      'X-Auth-Admin': 'yes',
      'X-Other': 'stays',
    }
    for (let i = 0; i < 3; i++) expect(await codeOf({ Authorization: 'Bearer good', ...forged })).toBe('200')
    expect(told).toHaveLength(1)
    expect(told[0]).toMatchObject({
      headers: { authorization: 'Bearer gateway', 'content-type': 'application/json' },
      facts: { version: 1, method: 'GET', path: '/echo/things', headers: { authorization: 'Bearer good' } },
    })
    const seen = upstream.seen.at(-1)?.headers ?? {}
    expect(
      Object.keys(seen)
        .filter((name) => /auth[-_.](?:user|role|level|admin)/.test(name))
        .sort(),
    ).toEqual(['x-auth-role', 'x-auth-user'])
    expect(seen).toMatchObject({ 'x-auth-user': 'grace', 'x-auth-role': 'a,b', 'x-other': 'stays' })
    const refused = await gateway.call('/echo/things', {
      headers: { Authorization: 'Bearer bad', ...forged },
    })
    expect([refused.status, refused.json().code]).toEqual([403, 'authorizer_denied'])
    expect(JSON.stringify([refused.json(), refused.headers])).not.toContain('not on the list')
  })

  it('lets nobody in while it hangs, lies, floods, redirects or is away; each has its code', async () => {
    await using rig = await createRig()
    let mode = ''
    let led = 0
    await using elsewhere = await startServer((request, response) => {
      led++
      request.resume()
      response.end('{"allow":true}')
    })
    await using judge = await startServer((request, response) => {
      request.resume()
      if (mode === 'hangs') return
      if (mode === 'drips') return void response.write('{"allow":')
      if (mode === 'redirects') return void response.writeHead(307, { Location: elsewhere.url }).end()
      if (mode === 'floods') return void response.end(`{"allow":true,"x":"${'y'.repeat(100_000)}"}`)
      if (mode === 'fails') return void response.writeHead(500).end('{"allow":true}')
      if (mode === 'cuts') return void request.socket.destroy()
      response.end(mode === 'html' ? '<html>' : mode === 'lies' ? '{"allow":"true"}' : '{"allow":true}')
    })
    const { codeOf } = await open(rig, {
      decision: { by: 'http', url: judge.url },
      timeoutMs: 300,
      cacheSeconds: 0,
    })
    const expected = {
      hangs: '503 authorizer_timeout',
      drips: '503 authorizer_timeout',
      redirects: '503 authorizer_unavailable',
      floods: '503 authorizer_unavailable',
      fails: '503 authorizer_unavailable',
      cuts: '503 authorizer_unavailable',
      html: '503 authorizer_answer_invalid',
      lies: '503 authorizer_answer_invalid',
      well: '200',
    }
    for (const [name, code] of Object.entries(expected)) {
      mode = name
      expect([name, await codeOf()]).toEqual([name, code])
    }
    expect(led).toBe(0)
  })
})

describe('C8: a function that decides', () => {
  const guard = `
    interface Request { headers: Record<string, string | null>; caller: { application: string } | null }
    export default function authorize({ headers, caller }: Request) {
      if (headers['x-mode'] === 'loop') for (;;);
      if (headers['x-mode'] === 'throw') throw new Error('a secret of the team')
      return { allow: headers['x-team'] === 'books', context: { app: caller?.application ?? 'none' }, reason: 'team' }
    }`
  const told = ['X-Team', 'X-Mode']

  it('decides beside keys: who calls is known to it, and both have to agree', async () => {
    await using rig = await createRig()
    const app = credential('app', ['ver_echo'])
    await rig.publisher.setCredential(app.hash, app.record)
    const { upstream, codeOf } = await open(
      rig,
      { decision: { by: 'function', source: guard }, headers: told, caller: 'other-policy' },
      [policy('api-key')],
    )
    const key = { 'X-API-Key': app.key }
    expect(await codeOf({ ...key, 'X-Team': 'books' })).toBe('200')
    expect(upstream.seen.at(-1)?.headers['x-auth-app']).toBe('app')
    expect(await codeOf({ ...key, 'X-Team': 'films' })).toBe('403 authorizer_denied')
    expect(await codeOf({ 'X-Team': 'books' })).toBe('401 credential_missing')
    expect(await codeOf({ ...key, 'X-Mode': 'loop' })).toBe('503 authorizer_timeout')
    expect(await codeOf({ ...key, 'X-Mode': 'throw' })).toBe('503 authorizer_unavailable')
    // Whoever waits for a function holds up nobody else.
    const calls = Array.from({ length: 20 }, (_, i) =>
      codeOf({ ...key, 'X-Mode': 'loop', 'X-Team': String(i) }),
    )
    const before = performance.now()
    expect(await codeOf({ 'X-API-Key': 'nonsense' })).toBe('401 credential_invalid')
    expect(performance.now() - before).toBeLessThan(1_000)
    expect(new Set(await Promise.all(calls))).toEqual(new Set(['503 authorizer_timeout']))
  })

  it('that cannot be read, and a route that it would leave without anybody who asks, never go live', async () => {
    await using rig = await createRig()
    const { publish, codeOf } = await open(rig, {
      decision: { by: 'function', source: guard },
      headers: told,
    })
    expect(await codeOf({ 'X-Team': 'books' })).toBe('200')
    const reasonOf = async () => (await rig.publisher.reports())[0]?.refusal?.reason ?? ''
    await publish({ decision: { by: 'function', source: 'export default () => {\n  retrn 1 +\n}' } })
    await until(async () => /line 2, column \d+: /.test(await reasonOf()), 'the function is refused')
    await publish({ decision: { by: 'function', source: guard }, caller: 'other-policy' })
    await until(
      async () => /custom-authorizer|nothing|who/.test(await reasonOf()) && !/line 2/.test(await reasonOf()),
      'the route is refused',
    )
    expect(await codeOf({ 'X-Team': 'books' })).toBe('200')
    // What only fails where it runs holds up no revision, and lets nobody in.
    const early = `throw new Error('early')\n${guard}`
    await publish({ decision: { by: 'function', source: early }, headers: told })
    await until(
      async () => (await codeOf({ 'X-Team': 'books' })) === '503 authorizer_unavailable',
      'the function that cannot be loaded is live',
    )
  })
})
