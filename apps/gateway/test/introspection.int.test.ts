// Opaque tokens of a real identity provider at real gateways: asked about, remembered for a while, revoked, and refused when nobody can tell.
import { createHash } from 'node:crypto'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { oauthClientText } from '@gatewright/shared/oauth-client'
import type { CredentialRecord } from '@gatewright/shared/policies/policy'
import { describe, expect, it, vi } from 'vitest'
import { credential, environment, plan, policy, snapshotOf, tenantId, version } from './documents.ts'
import { audience, startIdentityProvider } from './identity-provider.ts'
import { createRig, type Rig, type TestGateway, until } from './rig.ts'

// Several processes start in each test, on machines that do other things as well.
vi.setConfig({ testTimeout: 90_000 })

async function open(rig: Rig, issuer: string, clientId: string, config: object, settings = {}) {
  const { record } = credential('reports', ['ver_echo'])
  const hash = createHash('sha256')
    .update(oauthClientText({ environment, tenantId, issuer, clientId }))
    .digest('hex')
  await rig.publisher.setCredential(hash, { ...record, kind: 'oauth-client' } satisfies CredentialRecord)
  const upstream = await rig.startUpstream()
  const policies = [
    policy('oauth2-introspection', { issuer, clientId: 'gw', clientSecret: 's', ...config }, 'tokens'),
  ]
  const demanding = policy(
    'oauth2-introspection',
    { issuer, clientId: 'gw', clientSecret: 's', ...config, scopesRequired: ['books:write'] },
    'writers',
  )
  await rig.publisher.publish(
    snapshotOf(
      [
        version({
          upstreamUrls: [upstream.url],
          policies,
          routes: [
            { method: 'GET', path: '/things' },
            { method: 'DELETE', path: '/things', policies: [demanding] },
          ],
        }),
      ],
      { plans: [plan('free', ['ver_echo'])] },
    ),
  )
  const gateway = await rig.startGateway({ WORKERS: '1', ...settings })
  await rig.publisher.live([gateway])
  return { gateway, upstream }
}

async function codeOf(gateway: TestGateway, token: string, method = 'GET') {
  const reply = await gateway.call('/echo/things', { method, headers: { Authorization: `Bearer ${token}` } })
  return reply.status === 200 ? '200' : `${reply.status} ${reply.json().code}`
}

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

describe('C3: opaque tokens', () => {
  it('are asked about once, narrowed by scopes, and refused once they are revoked', async () => {
    await using rig = await createRig()
    await using provider = await startIdentityProvider()
    const { gateway, upstream } = await open(rig, provider.issuer, provider.clientId, {
      clientId: provider.asker.id,
      clientSecret: provider.asker.secret,
      audiences: [audience],
      cacheSeconds: 1,
      claimHeaders: [{ claim: 'scope', header: 'X-Scope' }],
    })
    const reading = await provider.opaqueToken()
    expect(reading).not.toContain('.')
    expect(await Promise.all(Array.from({ length: 8 }, () => codeOf(gateway, reading)))).toEqual(
      Array(8).fill('200'),
    )
    expect(provider.questions).toBe(1)
    expect(upstream.seen.at(-1)?.headers).toMatchObject({
      'x-consumer-application': 'reports',
      'x-scope': 'books:read',
    })
    expect(upstream.seen.at(-1)?.headers).not.toHaveProperty('authorization')
    const writing = await gateway.call('/echo/things', {
      method: 'DELETE',
      headers: { Authorization: `Bearer ${reading}` },
    })
    expect([writing.status, writing.json().code]).toEqual([403, 'insufficient_scope'])
    expect(writing.headers['www-authenticate']).toContain('error="insufficient_scope", scope="books:write"')
    const both = await provider.opaqueToken('books:read books:write')
    expect(await codeOf(gateway, both, 'DELETE')).toBe('200')
    expect(await codeOf(gateway, 'made-up')).toBe('401 token_inactive')
    // A signed token is as good here: its issuer is asked about it all the same.
    expect(await codeOf(gateway, 'a.b.c')).toBe('401 token_inactive')

    await provider.revoke(reading)
    const revokedAt = performance.now()
    await until(async () => (await codeOf(gateway, reading)) === '401 token_inactive', 'it is refused')
    expect(performance.now() - revokedAt).toBeLessThan(3_000)

    const known = await provider.opaqueToken()
    await provider.stop()
    expect(await codeOf(gateway, known)).toBe('503 introspection_unavailable')
  })

  it('are refused with 503 while their server hangs, redirects, floods, lies, or is where nobody may go', async () => {
    await using rig = await createRig()
    let mode = ''
    let stolen = 0
    await using thief = await startServer((request, response) => {
      stolen++
      request.resume()
      response.end(JSON.stringify({ active: true, client_id: 'c' }))
    })
    await using server = await startServer((request, response) => {
      request.resume()
      if (mode === 'hangs') return
      if (mode === 'redirects') return void response.writeHead(307, { Location: thief.url }).end()
      if (mode === 'floods') {
        const more = () => {
          if (!response.destroyed)
            response.write(`{"active":true,"x":"${'y'.repeat(60_000)}`, () => setImmediate(more))
        }
        return more()
      }
      if (mode === 'drips') return void response.write('{"active":')
      response.end(mode === 'lies' ? '{"active":"true","client_id":"c"}' : '{"active":true,"client_id":"c"}')
    })
    const { gateway } = await open(rig, 'our-server', 'c', { endpoint: `${server.url}/ask`, timeoutMs: 300 })
    for (mode of ['hangs', 'redirects', 'floods', 'lies', 'drips'])
      expect([mode, await codeOf(gateway, `token-${mode}`)]).toEqual([mode, '503 introspection_unavailable'])
    expect(stolen).toBe(0)
    mode = ''
    expect(await codeOf(gateway, 'good')).toBe('200')
    const fenced = await rig.startGateway({ WORKERS: '1', FORBIDDEN_UPSTREAMS: '127.0.0.0/8' })
    await rig.publisher.live([gateway, fenced])
    expect(await codeOf(fenced, 'good')).toBe('503 introspection_unavailable')
  })
})
