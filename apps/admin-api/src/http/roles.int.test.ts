// Every operation of the contract × every kind of caller, asked over HTTP; the answers are the role table of the docs.
import { permissionNames, rolePermissions, roleSchema } from '@gatewright/shared/model/role'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Caller, startTestApp, type TestApp } from '../testing/app.fixture.ts'
import { createFullTenant, type FullTenant } from '../testing/tenant.fixture.ts'
import { type OperationEntry, operations } from './operations.ts'

const kinds = ['visitor', 'stranger', ...roleSchema.options, 'platform-admin'] as const
type Kind = (typeof kinds)[number]

let app: TestApp
let tenant: FullTenant
const callers = new Map<Kind, Caller>()

beforeAll(async () => {
  app = await startTestApp()
  const admin = await app.admin()
  await admin.must('POST', '/environments', {
    body: { name: 'prod', title: 'Prod', gatewayUrl: 'http://localhost:8000' },
  })
  tenant = await createFullTenant(app, 'acme', 'prod')
  callers
    .set('visitor', app.visitor())
    .set('stranger', await app.signUp('stranger@example.com'))
    .set('platform-admin', admin)
  for (const role of roleSchema.options) callers.set(role, await app.member(tenant.owner, 'acme', role))
})
afterAll(() => app.close())

/** Whether the contract lets this kind of caller try the operation at all. */
function expected({ meta: { permission }, path }: OperationEntry, kind: Kind): boolean {
  if (permission === 'anyone') return true
  if (kind === 'visitor') return false
  if (kind === 'platform-admin') return true
  if (permission === 'signed-in') return true
  if (permission === 'platform' || kind === 'stranger' || !path.includes('{tenant}')) return false
  return [permission].flat().some((one) => rolePermissions[kind].includes(one))
}

// An unknown member makes every input invalid, so an admitted request stops at validation and changes nothing.
const probe = { probe: true }

async function isAdmitted(operation: OperationEntry, caller: Caller): Promise<boolean> {
  // A policy chain of a plan needs other permissions than one of a version: either is enough to be admitted.
  const scopes = operation.path.includes('{scope}') ? ['version', 'plan'] : ['']
  for (const scope of scopes) {
    const params =
      scope === 'plan' ? { ...tenant.params, scope, scopeId: tenant.params.plan ?? '' } : tenant.params
    const path = operation.path.replace(/\{(\w+)\}/g, (_, name: string) => params[name] ?? `unknown-${name}`)
    const asked = operation.method === 'GET' ? `${path}?probe=1` : path
    const answer = await caller.send(operation.method, asked, {
      ...(operation.method === 'GET' ? {} : { body: probe }),
      version: 1,
      headers: { 'idempotency-key': crypto.randomUUID() },
    })
    const { code, detail } = answer.body as { code?: string; detail?: string }
    expect(detail ?? '', `${operation.name} is not implemented`).not.toMatch(/^Nothing answers/)
    const refused =
      code === 'not_signed_in' ||
      code === 'permission_denied' ||
      (code === 'not_found' && detail?.startsWith('There is no tenant'))
    if (!refused) expect(code, `${operation.name}: ${detail}`).toBe('invalid_input')
    if (!refused) return true
  }
  return false
}

test('C13 each caller is admitted exactly where the role table says, for every operation', {
  timeout: 180_000,
}, async () => {
  const rows: string[] = []
  for (const operation of operations) {
    const cells: string[] = []
    for (const kind of kinds) {
      const caller = callers.get(kind)
      if (!caller) throw new Error(`no ${kind}`)
      const admitted = await isAdmitted(operation, caller)
      expect(admitted, `${operation.name} as ${kind}`).toBe(expected(operation, kind))
      cells.push(admitted ? 'yes' : '·')
    }
    const needs = [operation.meta.permission].flat().join(' or ')
    rows.push(`| \`${operation.name}\` | ${needs} | ${cells.join(' | ')} |`)
  }
  const table = [
    '# Who may do what',
    '',
    'Written by a test that asks every operation of the admin API as every kind of caller; it fails when this table is stale.',
    '`stranger` is signed in, but no member of the tenant: to them it does not exist. Some operations narrow further what they',
    'show: with `application:own` alone a caller sees only their own applications, subscriptions, keys and traffic.',
    'A tenant makes [roles of its own](custom-roles.md) beside the built-in ones.',
    '',
    `| operation | needs | ${kinds.join(' | ')} |`,
    `|---|---|${kinds.map(() => '---|').join('')}`,
    ...rows,
    '',
  ].join('\n')
  await expect(table).toMatchFileSnapshot('../../../../docs/guides/roles.md')
})

test('C13 every permission is asked for by some operation and granted by some role', () => {
  const asked = new Set(operations.flatMap((operation) => [operation.meta.permission].flat()))
  const granted = new Set(Object.values(rolePermissions).flat())
  for (const permission of permissionNames) {
    expect(asked, permission).toContain(permission)
    expect(granted, permission).toContain(permission)
  }
})
