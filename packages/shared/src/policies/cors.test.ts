// D11: cors answers preflights itself, and lets pages of allowed origins read refusals.
import { describe, expect, it } from 'vitest'
import { createContext, createDeps } from '../testing/policy.fixture.ts'
import { policy } from './cors.ts'
import type { Reply } from './policy.ts'

const at = { id: 'pol_1', name: 'cors', scope: 'version', tenantId: 'ten_1', timeZone: 'UTC' } as const
const create = (config: object) => policy.create(policy.spec.config.parse(config), createDeps(), at)

function preflight(config: object, origin: string, headers = {}) {
  const ctx = createContext({
    method: 'OPTIONS',
    header: { origin, 'access-control-request-method': 'PUT', ...headers },
  })
  const phases = create(config)
  const reply = phases.request?.(ctx) as Reply
  phases.response?.(ctx)
  return { status: reply.status, fields: reply.headers.join('\n'), edits: ctx.replyHeaders.log.join('\n') }
}

describe('a preflight', () => {
  it('of an allowed origin gets methods, the headers it asked for, and its origin', () => {
    const { status, fields, edits } = preflight({ origins: ['https://app.test'] }, 'https://app.test', {
      'access-control-request-headers': 'x-api-key',
    })
    expect(status).toBe(204)
    expect(fields).toContain('Access-Control-Allow-Headers\nx-api-key')
    expect(fields).toContain('PUT')
    expect(edits).toContain('set access-control-allow-origin: https://app.test')
    expect(edits).toContain('append vary: Origin')
  })

  it.each([
    'https://evil.test',
    'https://app.test.evil.test',
    'http://app.test',
    'https://pages.test',
    'null',
  ])('of %s gets no allow field', (origin) => {
    const { fields, edits } = preflight({ origins: ['https://app.test', 'https://*.pages.test'] }, origin)
    expect(fields).not.toContain('Access-Control-Allow')
    expect(edits).not.toContain('set access-control-allow-origin')
  })

  it('headers may be a closed list', () => {
    const { fields } = preflight({ headers: ['X-One', 'X-Two'] }, 'https://a.test', {
      'access-control-request-headers': 'x-three',
    })
    expect(fields).toContain('Access-Control-Allow-Headers\nX-One, X-Two')
  })
})

it('OPTIONS that is no preflight goes on', () => {
  expect(create({}).request?.(createContext({ method: 'OPTIONS' }))).toBeUndefined()
  expect(create({}).request?.(createContext({ header: { origin: 'https://a.test' } }))).toBeUndefined()
})

it('any origin is a star, never together with cookies', () => {
  expect(preflight({}, 'https://a.test').edits).toContain('set access-control-allow-origin: *')
  expect(policy.spec.config.safeParse({ credentials: true }).success).toBe(false)
  const cookies = preflight({ origins: ['https://a.test'], credentials: true }, 'https://a.test')
  expect(cookies.edits).toContain('set access-control-allow-credentials: true')
})
