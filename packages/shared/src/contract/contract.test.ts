import { isContractProcedure } from '@orpc/contract'
import { describe, expect, it } from 'vitest'
import { permissionNames, rolePermissions, roleSchema } from '../model/role.ts'
import { contract } from './index.ts'
import type { OperationMeta } from './operation.ts'

interface Found {
  readonly name: string
  readonly method: string
  readonly path: string
  readonly meta: OperationMeta
}

function walk(node: unknown, name: string): Found[] {
  if (isContractProcedure(node)) {
    const { route, meta } = node['~orpc']
    return [{ name, method: route.method ?? '', path: route.path ?? '', meta: meta as OperationMeta }]
  }
  return Object.entries(node as Record<string, unknown>).flatMap(([key, child]) =>
    walk(child, name === '' ? key : `${name}.${key}`),
  )
}

const operations = walk(contract, '')

describe('the contract', () => {
  it('names every route once', () => {
    const routes = operations.map(({ method, path }) => `${method} ${path.replaceAll(/\{[^}]+\}/g, '{}')}`)
    expect(new Set(routes).size).toBe(routes.length)
    expect(routes.length).toBeGreaterThan(80)
  })

  it('C17 puts everything that a tenant’s permission guards under that tenant', () => {
    for (const { name, path, meta } of operations) {
      const guarded = typeof meta.permission !== 'string' || meta.permission.includes(':')
      expect(!guarded || path.startsWith('/api/v1/tenants/{tenant}'), name).toBe(true)
    }
  })

  it('C13 asks only for permissions that some role has', () => {
    const asked = operations
      .flatMap(({ meta }) => meta.permission)
      .filter((permission) => permission.includes(':'))
    for (const permission of asked) expect(permissionNames).toContain(permission)
    for (const role of roleSchema.options) expect(rolePermissions[role]).toContain('tenant:read')
  })

  it('C13 gives auditors nothing that writes', () => {
    const writes = operations.filter(({ method, meta }) => method !== 'GET' && meta.reads !== true)
    for (const { name, meta } of writes) {
      for (const permission of [meta.permission].flat()) {
        expect(rolePermissions.auditor.includes(permission as never), name).toBe(false)
      }
    }
  })
})
