import { requestConditions, versionSelector } from '@gatewright/shared/model/match'
import { type Traffic, traffic } from '@gatewright/shared/model/traffic'
import { upstreamSettings } from '@gatewright/shared/model/upstream'
import { describe, expect, test } from 'vitest'
import { trafficChanges, versionChanges } from './version-changes.ts'
import type { FrozenVersion } from './version-document.ts'

const limit = (calls: number, name = 'rate-limit') => ({
  id: `pol_${name}`,
  type: 'rate-limit',
  name,
  config: { limit: calls, windowMs: 60_000 },
})

function version(more: Partial<FrozenVersion> = {}): FrozenVersion {
  return {
    id: 'ver_1',
    tenantId: 'ten_1',
    apiId: 'api_1',
    apiName: 'books',
    name: 'v1',
    hosts: [],
    basePath: '/books/v1',
    selector: null,
    upstreams: [],
    policies: [],
    routes: [route('GET', '/books')],
    ...more,
  }
}

function route(
  method: string,
  path: string,
  policies: FrozenVersion['policies'] = [],
  more: Partial<FrozenVersion['routes'][number]> = {},
): FrozenVersion['routes'][number] {
  const rest = { operationId: null, public: false, when: null, upstream: null, policies, mocks: [] }
  return { id: `rte_${method}${path}`, method, path, ...rest, ...more }
}

const upstream = (name: string, url: string) => ({
  id: `ups_${name}`,
  name,
  ...upstreamSettings.parse({ targets: [{ url }] }),
})

const spread = (canary: number): Traffic =>
  traffic.parse({
    shares: [
      { upstream: 'default', weight: 100 - canary },
      { upstream: 'canary', weight: canary },
    ],
  })

const told = (before: FrozenVersion | null, after: FrozenVersion | null) =>
  versionChanges(before, after).map(({ kind, pointer }) => `${kind} ${pointer}`)

describe('changes of a version', () => {
  test('equal versions have none, whatever their ids are', () => {
    const renewed = version({ routes: [{ ...route('GET', '/books'), id: 'rte_other' }] })
    expect(told(version(), renewed)).toEqual([])
  })

  test('a setting is named by the names that people gave', () => {
    const before = version({ routes: [route('GET', '/books', [limit(10)])] })
    const after = version({ routes: [route('GET', '/books', [limit(20)])] })
    expect(versionChanges(before, after)).toEqual([
      { kind: 'changed', pointer: 'routes/GET /books/policies/rate-limit/limit', before: 10, after: 20 },
    ])
  })

  test('routes come and go one by one; a chain in another order is moved, not changed', () => {
    const before = version({ policies: [limit(1, 'a'), limit(2, 'b')] })
    const after = version({ policies: [limit(2, 'b'), limit(1, 'a')], routes: [route('POST', '/books')] })
    expect(told(before, after).sort()).toEqual([
      'added routes/POST /books',
      'moved policies',
      'removed routes/GET /books',
    ])
  })

  test('of a version that was never published every route is named', () => {
    const first = version({ routes: [route('GET', '/a'), route('GET', '/b')] })
    expect(told(null, first)).toContain('added routes/GET /a')
    expect(told(null, first)).toContain('added routes/GET /b')
    expect(told(first, null)).toContain('removed routes/GET /b')
  })

  test('A28: upstreams, selector and conditions are named as people named them', () => {
    const when = requestConditions.parse({ headers: [{ name: 'x-client', values: ['app'] }] })
    const before = version({ upstreams: [upstream('default', 'http://old.test')] })
    const after = version({
      selector: versionSelector.parse({ by: 'header', name: 'x-version', value: '2' }),
      upstreams: [upstream('app', 'http://app.test'), upstream('default', 'http://new.test')],
      routes: [route('GET', '/books'), route('GET', '/books', [], { when, upstream: 'app' })],
    })
    expect(told(before, after)).toEqual([
      'added upstreams/app',
      'changed upstreams/default/targets',
      'added routes/GET /books (x-client is app)',
      'added selector',
    ])
  })

  test('I7: a step of a canary is told by the names of its shares', () => {
    expect(trafficChanges(spread(5), spread(25))).toEqual([
      { kind: 'changed', pointer: 'traffic/shares/default/weight', before: 95, after: 75 },
      { kind: 'changed', pointer: 'traffic/shares/canary/weight', before: 5, after: 25 },
    ])
    expect(trafficChanges(spread(5), null).map(({ kind, pointer }) => `${kind} ${pointer}`)).toEqual([
      'removed traffic/shares/default',
      'removed traffic/shares/canary',
    ])
  })

  test('I7: another first share is told: it is the one that a guard falls back to', () => {
    const even = spread(50)
    const swapped = { ...even, shares: even.shares.toReversed() }
    expect(trafficChanges(even, swapped)).toEqual([
      {
        kind: 'moved',
        pointer: 'traffic/shares',
        before: ['default', 'canary'],
        after: ['canary', 'default'],
      },
    ])
  })
})
