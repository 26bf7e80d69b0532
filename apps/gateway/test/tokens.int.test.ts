// Access tokens of real identity providers at real gateways: every way one can be wrong has its own code, and clients end within 2 s.
import { createHash } from 'node:crypto'
import { oauthClientText } from '@gatewright/shared/oauth-client'
import type { CredentialRecord } from '@gatewright/shared/policies/policy'
import { describe, expect, it, vi } from 'vitest'
import { credential, environment, plan, policy, snapshotOf, tenantId, version } from './documents.ts'
import { audience, startIdentityProvider } from './identity-provider.ts'
import { createRig, type Rig, type TestGateway, until } from './rig.ts'

// Several processes start in each test, on machines that do other things as well.
vi.setConfig({ testTimeout: 90_000 })

type IdentityProvider = Awaited<ReturnType<typeof startIdentityProvider>>

const issuerOf = ({ issuer }: IdentityProvider, more = {}) => ({
  issuer,
  audiences: [audience],
  clockSkewSeconds: 0,
  ...more,
})

function clientOf({ issuer, clientId }: IdentityProvider) {
  const { record } = credential('reports', ['ver_echo'])
  const hash = createHash('sha256')
    .update(oauthClientText({ environment, tenantId, issuer, clientId }))
    .digest('hex')
  return { hash, record: { ...record, kind: 'oauth-client' } satisfies CredentialRecord }
}

async function guarded(rig: Rig, policies: ReturnType<typeof policy>[], count = 1, routes?: object[]) {
  const upstream = await rig.startUpstream()
  await rig.publisher.publish(
    snapshotOf([version({ upstreamUrls: [upstream.url], policies, ...(routes ? { routes } : {}) })], {
      plans: [plan('free', ['ver_echo'])],
    }),
  )
  const gateways = await Promise.all(Array.from({ length: count }, () => rig.startGateway()))
  await rig.publisher.live(gateways)
  const [gateway] = gateways
  if (!gateway) throw new Error('no gateway')
  return { upstream, gateways, gateway }
}

async function codeOf(gateway: TestGateway, token: string, headers: Record<string, string> = {}) {
  const reply = await gateway.call('/echo/things', {
    headers: { Authorization: `Bearer ${token}`, ...headers },
  })
  return reply.status === 200 ? '200' : `${reply.status} ${reply.json().code}`
}

describe('C2, C5: access tokens', () => {
  it('of RS256, ES256 and EdDSA are good; each way one can be wrong has its own code, and the upstream sees none', async () => {
    await using rig = await createRig()
    await using provider = await startIdentityProvider()
    const { upstream, gateway } = await guarded(rig, [policy('jwt', { issuers: [issuerOf(provider)] })])
    expect(await codeOf(gateway, await provider.token())).toBe('403 client_unknown')
    const client = clientOf(provider)
    await rig.publisher.setCredential(client.hash, client.record)
    await until(async () => (await codeOf(gateway, await provider.token())) === '200', 'the client is known')
    for (const alg of ['RS256', 'ES256', 'EdDSA'] as const)
      expect(await codeOf(gateway, await provider.token(alg))).toBe('200')
    expect(upstream.seen.at(-1)?.headers).toMatchObject({ 'x-consumer-application': 'reports' })
    expect(upstream.seen.at(-1)?.headers.authorization).toBeUndefined()

    const past = Math.floor(Date.now() / 1_000) - 5
    const token = await provider.token()
    const [head, claims, signature] = token.split('.')
    const none = Buffer.from(JSON.stringify({ alg: 'none' })).toString('base64url')
    expect(await codeOf(gateway, await provider.forge({ exp: past }))).toBe('401 token_expired')
    expect(await codeOf(gateway, await provider.forge({ nbf: past + 60 }))).toBe('401 token_not_yet_valid')
    expect(await codeOf(gateway, await provider.forge({ aud: 'films' }))).toBe('401 token_wrong_audience')
    expect(await codeOf(gateway, await provider.forge({ iss: 'https://evil' }))).toBe(
      '401 token_wrong_issuer',
    )
    expect(await codeOf(gateway, `${none}.${claims}.`)).toBe('401 token_algorithm_not_allowed')
    expect(await codeOf(gateway, `${head}.${claims}x.${signature}`)).toMatch(
      /^401 token_(malformed|bad_signature)$/,
    )
    expect(await codeOf(gateway, token.slice(0, -40))).toMatch(/^401 token_(malformed|bad_signature)$/)
    const refused = await gateway.call('/echo/things', { headers: { Authorization: 'Bearer a.b.c' } })
    expect(refused.headers['www-authenticate']).toBe('Bearer realm="gatewright", error="invalid_token"')
    const without = await gateway.call('/echo/things')
    expect([without.status, without.json().code]).toEqual([401, 'token_missing'])
    const calls = upstream.seen.length
    expect(await codeOf(gateway, token)).toBe('200')
    expect(upstream.seen).toHaveLength(calls + 1)
  })

  it('of two providers are taken by one API, those of a third are refused', async () => {
    await using rig = await createRig()
    await using one = await startIdentityProvider()
    await using two = await startIdentityProvider()
    await using third = await startIdentityProvider()
    for (const provider of [one, two, third]) {
      const client = clientOf(provider)
      await rig.publisher.setCredential(client.hash, client.record)
    }
    const { gateway } = await guarded(rig, [policy('jwt', { issuers: [issuerOf(one), issuerOf(two)] })])
    expect(await codeOf(gateway, await one.token())).toBe('200')
    expect(await codeOf(gateway, await two.token())).toBe('200')
    expect(await codeOf(gateway, await third.token())).toBe('401 token_wrong_issuer')
    expect(await codeOf(gateway, await third.forge({ iss: one.issuer }))).toBe('401 token_unknown_key')
  })

  it('go on when their provider changes its keys, and when it is away; never seen, it is a 503', async () => {
    await using rig = await createRig()
    await using provider = await startIdentityProvider()
    const client = clientOf(provider)
    await rig.publisher.setCredential(client.hash, client.record)
    const { gateway } = await guarded(rig, [policy('jwt', { issuers: [issuerOf(provider)] })])
    const before = await provider.token()
    expect(await codeOf(gateway, before)).toBe('200')
    await provider.changeKeys()
    // Every worker reads the new keys for the first token that has one.
    for (let i = 0; i < 8; i++) expect(await codeOf(gateway, await provider.token())).toBe('200')
    expect(await codeOf(gateway, before)).toBe('401 token_unknown_key')
    await provider.stop()
    for (let i = 0; i < 8; i++)
      expect(await codeOf(gateway, await provider.forge({ jti: String(i) }))).toBe('200')
    const late = await rig.startGateway()
    await until(async () => (await late.call('/echo/things')).status === 401, 'the second gateway serves')
    expect(await codeOf(late, await provider.forge({}))).toBe('503 identity_provider_unavailable')
  })

  it('of a client that was taken away are refused on three gateways in less than 2 s', async () => {
    await using rig = await createRig()
    await using provider = await startIdentityProvider()
    const client = clientOf(provider)
    await rig.publisher.setCredential(client.hash, client.record)
    const { gateways } = await guarded(rig, [policy('jwt', { issuers: [issuerOf(provider)] })], 3)
    const token = await provider.token()
    const everywhere = async () =>
      new Set(await Promise.all(gateways.flatMap((it) => Array.from({ length: 8 }, () => codeOf(it, token)))))
    expect(await everywhere()).toEqual(new Set(['200']))
    const revokedAt = performance.now()
    await rig.publisher.setCredential(client.hash, { ...client.record, state: 'revoked' })
    await until(async () => {
      const codes = await everywhere()
      return codes.size === 1 && codes.has('401 credential_revoked')
    }, 'the client is refused everywhere')
    expect(performance.now() - revokedAt).toBeLessThan(2_000)
  })
})

describe('C11, C15: who calls, and how far the token reaches', () => {
  it('keys and tokens on one route: either will do, both must be of one application, a bad one is refused, none is told of both', async () => {
    await using rig = await createRig()
    await using provider = await startIdentityProvider()
    const client = clientOf(provider)
    await rig.publisher.setCredential(client.hash, client.record)
    const app = credential('app', ['ver_echo'])
    await rig.publisher.setCredential(app.hash, app.record)
    const { upstream, gateway } = await guarded(rig, [
      policy('api-key'),
      policy('jwt', { issuers: [issuerOf(provider)] }),
    ])
    const consumer = () => upstream.seen.at(-1)?.headers['x-consumer-application']
    expect(await codeOf(gateway, await provider.token())).toBe('200')
    expect(consumer()).toBe('reports')
    expect((await gateway.call('/echo/things', { headers: { 'X-API-Key': app.key } })).status).toBe(200)
    expect(consumer()).toBe('app')
    expect(await codeOf(gateway, await provider.token(), { 'X-API-Key': app.key })).toBe('400 callers_differ')
    const own = { ...credential('own', ['ver_echo']), record: { ...client.record, kind: undefined } }
    await rig.publisher.setCredential(own.hash, own.record)
    await until(
      async () => (await codeOf(gateway, await provider.token(), { 'X-API-Key': own.key })) === '200',
      'a key of the application that has the client',
    )
    expect(consumer()).toBe('reports')
    expect(upstream.seen.at(-1)?.headers).not.toHaveProperty('authorization')
    expect(upstream.seen.at(-1)?.headers).not.toHaveProperty('x-api-key')
    const before = upstream.seen.length
    expect(await codeOf(gateway, 'nonsense', { 'X-API-Key': app.key })).toBe('401 token_malformed')
    expect(await codeOf(gateway, await provider.token(), { 'X-API-Key': 'nonsense' })).toBe(
      '401 credential_invalid',
    )
    const none = await gateway.call('/echo/things')
    expect([none.status, none.json().code]).toEqual([401, 'credential_missing'])
    expect(none.json().detail).toMatch(/X-API-Key.* Or: .*Bearer/)
    expect(none.headers['www-authenticate']).toMatch(/ApiKey .*Bearer /)
    // What is hashed of a client is no secret: it must not open anything when it is sent as a key.
    const name = oauthClientText({
      environment,
      tenantId,
      issuer: provider.issuer,
      clientId: provider.clientId,
    })
    const asKey = await gateway.call('/echo/things', { headers: { 'X-API-Key': name } })
    expect([asKey.status, asKey.json().code]).toEqual([401, 'credential_invalid'])
    expect(upstream.seen).toHaveLength(before)
  })

  it('a token with the scope to read reads, and is refused where writing is asked for', async () => {
    await using rig = await createRig()
    await using provider = await startIdentityProvider()
    const client = clientOf(provider)
    await rig.publisher.setCredential(client.hash, client.record)
    const issuers = [issuerOf(provider)]
    const demand = (...scopesRequired: string[]) =>
      policy('jwt', { issuers, scopesRequired }, scopesRequired[0])
    const { gateway } = await guarded(rig, [demand('books:read')], 1, [
      { method: 'GET', path: '/things' },
      { method: 'DELETE', path: '/things', policies: [demand('books:write')] },
    ])
    const send = async (method: string, token: string) => {
      const reply = await gateway.call('/echo/things', {
        method,
        headers: { Authorization: `Bearer ${token}` },
      })
      return [reply.status, reply.headers['www-authenticate']]
    }
    const reading = await provider.token()
    expect(await send('GET', reading)).toEqual([200, undefined])
    expect(await send('DELETE', reading)).toEqual([
      403,
      'Bearer realm="gatewright", error="insufficient_scope", scope="books:write"',
    ])
    expect(await send('DELETE', await provider.token('ES256', 'books:read books:write'))).toEqual([
      200,
      undefined,
    ])
  })
})
