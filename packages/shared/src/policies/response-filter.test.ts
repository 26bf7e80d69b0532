import { describe, expect, test } from 'vitest'
import { createContext, createDeps } from '../testing/policy.fixture.ts'
import type { Attachment, BodyFilter, PolicyContext, Principal } from './policy.ts'
import { policy, spec } from './response-filter.ts'

const at: Attachment = { id: 'pol_1', name: 'it', scope: 'route', tenantId: 'ten_1', timeZone: 'UTC' }
const principal = { applicationId: 'app_1', planName: 'free', groups: ['billing'] } as unknown as Principal

interface Caller {
  readonly claims?: Record<string, unknown>
  readonly principal?: Principal
  readonly type?: string
}

function filterFor(
  config: object,
  { claims, principal, type = 'application/json' }: Caller,
): BodyFilter | null {
  const ctx: PolicyContext = createContext({
    principal: principal ?? null,
    responseHeader: { 'content-type': type },
  })
  ctx.claims = claims ?? null
  const phases = policy.create(spec.config.parse(config), createDeps(), at)
  return phases.responseBody?.(ctx) ?? null
}

async function seen(config: object, caller: Caller, body: string): Promise<string> {
  const filter = filterFor(config, caller)
  if (filter === null) return body
  const parts = [filter.push(new TextEncoder().encode(body)), await filter.end()]
  let out = ''
  for (const part of parts) {
    if (part !== null && 'kind' in part) return part.code
    if (part !== null) out += new TextDecoder().decode(part)
  }
  return out
}

const rule = {
  paths: ['$.items[*].ssn'],
  roles: ['auditor'],
  scopes: ['pii'],
  groups: ['billing'],
  plans: ['gold'],
}
const config = { rules: [rule] }
const body = '{"items":[{"id":1,"ssn":"1"},{"id":2,"ssn":"2"}]}'
const without = '{"items":[{"id":1},{"id":2}]}'

describe('D3 response filter', () => {
  test('removed for a user, kept for an auditor; by scope, group and plan too', async () => {
    expect(await seen(config, {}, body)).toBe(without)
    expect(await seen(config, { claims: { roles: ['user'] } }, body)).toBe(without)
    expect(await seen(config, { claims: { roles: ['user', 'auditor'] } }, body)).toBe(body)
    expect(await seen(config, { claims: { roles: 'auditor' } }, body)).toBe(body)
    expect(await seen(config, { claims: { scope: 'read pii' } }, body)).toBe(body)
    expect(await seen(config, { principal }, body)).toBe(body)
    expect(await seen(config, { principal: { ...principal, groups: [] } }, body)).toBe(without)
    expect(await seen(config, { principal: { ...principal, groups: [], planName: 'gold' } }, body)).toBe(body)
    const nested = { ...config, rolesClaim: 'realm_access.roles' }
    expect(await seen(nested, { claims: { realm_access: { roles: ['auditor'] } } }, body)).toBe(body)
    expect(await seen(nested, { claims: { roles: ['auditor'] } }, body)).toBe(without)
  })

  test('each rule for itself; removing is stronger than masking', async () => {
    const two = { rules: [rule, { paths: ['$.items[*].id', '$.items[*].ssn'], action: 'mask' }] }
    expect(await seen(two, {}, body)).toBe('{"items":[{"id":"[masked]"},{"id":"[masked]"}]}')
    expect(await seen(two, { claims: { roles: ['auditor'] } }, '{"items":[{"id":1,"ssn":2}]}')).toBe(
      '{"items":[{"id":"[masked]","ssn":"[masked]"}]}',
    )
  })

  test('JSON lines, sequences and event streams by their media types', async () => {
    const lines = { rules: [{ paths: ['$.ssn'] }] }
    const of = (type: string, text: string) => seen(lines, { type }, text)
    expect(await of('application/x-ndjson', '{"ssn":1}\n{"a":1}\n')).toBe('{}\n{"a":1}\n')
    expect(await of('application/json-seq', '\u001e{"ssn":1}\n')).toBe('\u001e{}\n')
    expect(await of('text/event-stream;charset=utf-8', 'data: {"ssn":1}\n\n')).toBe('data: {}\n\n')
    expect(await of('application/problem+json', '{"ssn":1}')).toBe('{}')
  })

  test('what cannot be read does not leave; of other media types only where somebody chose so', async () => {
    for (const [type, text] of [
      ['application/json', '{"items":[{"ssn":1}'],
      ['application/json', '<html>'],
      ['application/json; charset=utf-16', body],
      ['text/html', '<html>'],
      ['text/plain', body],
    ] as const)
      expect(await seen(config, { type }, text), `${type} ${text}`).toBe('response_not_filterable')
    expect(await seen({ ...config, otherMediaTypes: 'pass' }, { type: 'text/html' }, '<html>')).toBe('<html>')
    expect(await seen({ ...config, otherMediaTypes: 'pass' }, {}, '<html>')).toBe('response_not_filterable')
    expect(await seen(config, { type: 'text/html' }, '')).toBe('')
  })

  test('a path that is none is refused where it is written', () => {
    expect(spec.config.safeParse({ rules: [{ paths: ['items.ssn'] }] }).success).toBe(false)
  })
})
