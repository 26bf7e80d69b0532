// Paths that logins answer themselves: there on every version they stand on, in front of its routes, and nobody else's.
import type { Snapshot } from '@gatewright/shared/snapshot'
import { describe, expect, it } from 'vitest'
import { policy, snapshotOf, version } from '../../test/documents.ts'
import { createCompileDeps } from '../testing/compile.fixture.ts'
import { compileSnapshot } from './compile.ts'
import { partsOf } from './parts.ts'

const upstreamUrls = ['http://127.0.0.1:1']
const login = (name: string, config: object = {}) =>
  policy('oidc-login', { issuer: 'https://id.example.com', clientId: 'app', ...config }, name)

const compile = (snapshot: Snapshot) =>
  compileSnapshot({ revision: 1, hash: 'hash' }, partsOf(snapshot), createCompileDeps(), null)

async function found(snapshot: Snapshot, path: string, method = 'GET') {
  const { router } = await compile(snapshot)
  const match = router.match('any.test', path, method, { query: '', header: () => undefined })
  return match?.kind === 'route' ? match : null
}

describe('C4: own paths', () => {
  it('stand below the base path, behind the policies of the edge, and win over parameters', async () => {
    const snapshot = snapshotOf(
      [
        version({
          upstreamUrls,
          policies: [login('in'), policy('rate-limit', { limit: 5 })],
          routes: ['GET /{*}', 'POST /{a}/{b}'],
        }),
        version({ name: 'other', upstreamUrls, isPublic: true }),
      ],
      { policies: [policy('ip-filter', { deny: ['10.0.0.1'] })] },
    )
    const callback = await found(snapshot, '/echo/.login/callback')
    expect(callback?.chain.requestSteps.map((step) => step.policy)).toEqual(['ip-filter', 'in'])
    expect(callback?.upstream).toBeNull()
    for (const method of ['GET', 'POST'])
      expect((await found(snapshot, '/echo/.login/logout', method))?.facts.template).toBe(
        '/echo/.login/logout',
      )
    expect((await found(snapshot, '/echo/x'))?.chain.requestSteps.map((step) => step.policy)).toEqual([
      'ip-filter',
      'in',
      'rate-limit',
    ])
    expect(await found(snapshot, '/other/.login/callback')).toBeNull()
  })

  it('are shared by logins of several routes that answer alike', async () => {
    const snapshot = snapshotOf([
      version({
        upstreamUrls,
        routes: [
          { method: 'GET', path: '/a', policies: [login('readers')] },
          {
            method: 'GET',
            path: '/b',
            policies: [login('editors', { requiredClaims: [{ claim: 'roles', values: ['editor'] }] })],
          },
        ],
      }),
    ])
    expect(await found(snapshot, '/echo/.login/callback')).not.toBeNull()
  })

  it.each<[string, Snapshot, string]>([
    [
      'a route before it',
      snapshotOf([
        version({
          upstreamUrls,
          routes: [
            { method: 'PUT', path: '/.login/callback', public: true },
            { method: 'GET', path: '/a', policies: [login('in')] },
          ],
        }),
      ]),
      'tenant acme, API echo v1: the policy in answers at /.login/callback itself: no route may have this path',
    ],
    [
      'a route behind it',
      snapshotOf([
        version({ upstreamUrls, policies: [login('in')], routes: ['GET /a', 'GET /.login/logout'] }),
      ]),
      'tenant acme, API echo v1, route GET /.login/logout: the policy in answers at /.login/logout itself: no route may have this path',
    ],
    [
      'another login',
      snapshotOf([
        version({
          upstreamUrls,
          policies: [login('in'), login('other', { clientId: 'b' })],
          routes: ['GET /a'],
        }),
      ]),
      'tenant acme, API echo v1: /.login/callback is the own path of both in and other: give one of them another one',
    ],
  ])('are refused where there is %s', async (_, snapshot, reason) => {
    await expect(compile(snapshot)).rejects.toThrow(reason)
  })
})
