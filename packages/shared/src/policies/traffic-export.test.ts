import { describe, expect, it } from 'vitest'
import { createContext, createDeps } from '../testing/policy.fixture.ts'
import { policy, spec } from './traffic-export.ts'

const at = { id: 'pol_1', name: 'it', scope: 'version', tenantId: 'ten_1', timeZone: 'UTC' } as const
const config = (more: object) => spec.config.parse(more)

function exportedOf(more: object, header: Record<string, string>) {
  const ctx = createContext({ header })
  policy.create(config(more), createDeps(), at).done?.(ctx)
  return ctx.exported
}

describe('D12 traffic export', () => {
  it('tells the fields that were named, and no others', () => {
    const header = { origin: 'https://a.example', authorization: 'Bearer x', 'x-other': '1' }
    expect(exportedOf({ requestFields: ['Origin'] }, header)).toEqual([
      { request: { origin: 'https://a.example' }, response: {} },
    ])
  })

  it('masks what is in them, and cuts no secret in two', () => {
    const header = {
      referer: 'https://a.example/?c=4111111111111111&m=jane@mail.example',
      'x-long': `${'a'.repeat(490)} 4111111111111111`,
    }
    const [call] = exportedOf({ requestFields: ['Referer', 'X-Long'] }, header)
    expect(call?.request.referer).toBe('https://a.example/?c=[card …1111]&m=[email]')
    expect(call?.request['x-long']).not.toContain('4111')
    expect(call?.request['x-long']).toHaveLength(500)
  })

  it('refuses to name a field that carries credentials', () => {
    for (const name of ['Authorization', 'cookie', 'X-Api-Key', 'x-session-token'])
      expect(spec.config.safeParse({ requestFields: [name] }).success, name).toBe(false)
    expect(spec.config.safeParse({ responseFields: ['Set-Cookie'] }).success).toBe(false)
  })
})
