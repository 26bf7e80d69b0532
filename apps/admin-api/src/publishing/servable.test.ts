// What gateways would refuse is found before it is published: paths that logins answer themselves.
import type { PolicyUse, Snapshot } from '@gatewright/shared/snapshot'
import { expect, it } from 'vitest'
import { snapshotProblems } from './servable.ts'

const login = (name: string, config: object = {}): PolicyUse => ({
  id: `pol_${name}`,
  type: 'oidc-login',
  name,
  config: { issuer: 'https://id.example.com', clientId: 'app', ...config },
})

function snapshotWith(
  paths: readonly string[],
  policies: readonly PolicyUse[],
  ofTenant: readonly PolicyUse[] = [],
): Snapshot {
  const routes = paths.map((path) => ({
    ...{ id: `rte_${path}`, method: 'GET', path, operationId: null, public: false },
    ...{ when: null, upstream: null, policies: [], mocks: [] },
  }))
  const lifecycle = { state: 'published', deprecatedAt: null, sunsetAt: null, successorPath: null } as const
  return {
    format: 1,
    environment: { id: 'env_prod', name: 'prod' },
    policies: [],
    tenants: [{ id: 'ten_1', name: 'acme', timeZone: 'UTC', policies: [...ofTenant] }],
    versions: [
      {
        ...{ id: 'ver_1', tenantId: 'ten_1', apiId: 'api_1', apiName: 'books', name: 'v1', apiRevision: 1 },
        ...{ hosts: [], basePath: '/books', groups: [], lifecycle, selector: null, upstreams: [] },
        ...{ traffic: null, policies: [...policies], routes },
      },
    ],
    plans: [],
  }
}

const codes = (snapshot: Snapshot) =>
  snapshotProblems(snapshot).map(({ code, detail }) => `${code}: ${detail}`)

it('C4 no route may have a path that a login answers itself, and no two logins the same', () => {
  const taken = 'path_taken: the policy in answers at /.login/callback itself: no route may have this path'
  expect(codes(snapshotWith(['/a', '/{any}'], [login('in')]))).toEqual([])
  expect(codes(snapshotWith(['/.login/callback'], [login('in')]))).toEqual([taken])
  expect(codes(snapshotWith(['/.login/callback'], [], [login('in')]))).toEqual([taken])
  expect(codes(snapshotWith(['/a'], [login('in'), login('again', { consumerHeaders: false })]))).toEqual([])
  const [first, ...more] = codes(snapshotWith(['/a'], [login('in'), login('other', { clientId: 'b' })]))
  expect(first).toBe(
    'duplicate: /.login/callback is the own path of both in and other: give one of them another one',
  )
  expect(more).toHaveLength(1)
})
