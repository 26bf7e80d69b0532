// Members of responses that only some callers may see, at a real gateway: what an auditor gets and a user does not.
import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { oauthClientText } from '@gatewright/shared/oauth-client'
import type { CredentialRecord } from '@gatewright/shared/policies/policy'
import { describe, expect, it, vi } from 'vitest'
import { credential, environment, plan, policy, snapshotOf, tenantId, version } from './documents.ts'
import { audience, startIdentityProvider } from './identity-provider.ts'
import { createRig, until } from './rig.ts'

vi.setConfig({ testTimeout: 90_000 })

const people = '{"items":[{"id":1,"ssn":"123-45-6789"},{"id":2,"ssn":"987-65-4321"}]}'

describe('D3: what callers may not see', () => {
  it('ssn is removed for role user and kept for role auditor, in arrays, compressed bodies and streams', async () => {
    await using rig = await createRig()
    await using provider = await startIdentityProvider()
    const upstream = await rig.startUpstream((request, response) => {
      if (request.url?.endsWith('/zipped')) {
        response.writeHead(200, {
          'content-type': 'application/json',
          'content-encoding': 'gzip',
          etag: '"1"',
        })
        response.end(gzipSync(people))
      } else if (request.url?.endsWith('/stream')) {
        response.writeHead(200, { 'content-type': 'text/event-stream' })
        response.write('data: {"items":[{"ssn":1}]}\n\n')
        response.end('data: {"items":[{"ssn":2,"id":3}]}\n\n')
      } else if (request.url?.endsWith('/broken')) {
        response.writeHead(200, { 'content-type': 'application/json' }).end('<html>123-45-6789')
      } else {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': people.length })
        response.end(people)
      }
    })
    const policies = [
      policy('jwt', { issuers: [{ issuer: provider.issuer, audiences: [audience], clockSkewSeconds: 0 }] }),
      policy('response-filter', { rules: [{ paths: ['$.items[*].ssn'], roles: ['auditor'] }] }),
    ]
    await rig.publisher.publish(
      snapshotOf(
        [version({ upstreamUrls: [upstream.url], policies, routes: ['GET /people', 'GET /people/{form}'] })],
        { plans: [plan('free', ['ver_echo'])] },
      ),
    )
    const { record } = credential('reports', ['ver_echo'])
    const client = { environment, tenantId, issuer: provider.issuer, clientId: provider.clientId }
    const hash = createHash('sha256').update(oauthClientText(client)).digest('hex')
    await rig.publisher.setCredential(hash, { ...record, kind: 'oauth-client' } satisfies CredentialRecord)
    const gateway = await rig.startGateway({ WORKERS: '1' })
    await rig.publisher.live([gateway])
    const as = async (role: string, path = '') =>
      gateway.call(`/echo/people${path}`, {
        headers: { Authorization: `Bearer ${await provider.forge({ roles: [role] })}` },
      })
    await until(async () => (await as('user')).status === 200, 'the client is known')

    for (const path of ['', '/zipped']) {
      expect((await as('user', path)).body).toBe('{"items":[{"id":1},{"id":2}]}')
      expect((await as('auditor', path)).headers['content-type']).toBe('application/json')
    }
    expect((await as('auditor')).body).toBe(people)
    expect((await as('user', '/stream')).body).toBe('data: {"items":[{}]}\n\ndata: {"items":[{"id":3}]}\n\n')
    expect((await as('auditor', '/stream')).body).toContain('"ssn":2')
    const broken = await as('user', '/broken')
    expect([broken.status, broken.json().code]).toEqual([502, 'response_not_filterable'])
    expect(broken.body).not.toContain('123-45')
  })
})
