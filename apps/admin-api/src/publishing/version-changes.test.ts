import { describe, expect, test } from 'vitest'
import { versionChanges } from './version-changes.ts'
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
    upstream: null,
    policies: [],
    routes: [route('GET', '/books')],
    ...more,
  }
}

function route(method: string, path: string, policies: FrozenVersion['policies'] = []) {
  return { id: `rte_${method}${path}`, method, path, operationId: null, public: false, policies, mocks: [] }
}

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
})
