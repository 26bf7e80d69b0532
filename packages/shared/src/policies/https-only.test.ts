import { describe, expect, it } from 'vitest'
import { createContext, createDeps } from '../testing/policy.fixture.ts'
import { policy, spec } from './https-only.ts'
import type { Attachment } from './policy.ts'

const at: Attachment = { id: 'pol_1', name: 'https-only', scope: 'version', tenantId: null, timeZone: 'UTC' }
const create = (config: object) => policy.create(spec.config.parse(config), createDeps(), at)
const plain = { scheme: 'http', host: 'api.test', rawQuery: 'a=1' } as const

describe('C12 https only', () => {
  it('sends calls over http to the same address over https, and lets nobody keep that answer', () => {
    expect(create({}).request?.(createContext(plain))).toEqual({
      kind: 'reply',
      status: 308,
      headers: ['Location', 'https://api.test/books/7?a=1', 'Cache-Control', 'no-store'],
      body: '',
    })
    expect(create({ host: 'books.example.com:8443' }).request?.(createContext(plain))).toMatchObject({
      headers: ['Location', 'https://books.example.com:8443/books/7?a=1', 'Cache-Control', 'no-store'],
    })
  })

  it('refuses them where that is asked for, with a reason of its own', () => {
    const refusal = create({ plain: 'refuse', host: 'api.test' }).request?.(createContext(plain))
    expect(refusal).toMatchObject({ kind: 'refusal', code: 'https_required' })
  })

  it('lets calls over https pass, and tells browsers to come so ever after', () => {
    const quiet = createContext()
    expect(create({}).request?.(quiet)).toBeUndefined()
    expect(quiet.replyHeaders.log).toEqual([])
    const told = createContext()
    const config = { hstsSeconds: 31_536_000, hstsSubdomains: true, hstsPreload: true }
    expect(create(config).request?.(told)).toBeUndefined()
    const value = 'max-age=31536000; includeSubDomains; preload'
    expect(told.replyHeaders.log).toEqual([`set strict-transport-security: ${value}`])
    // RFC 6797 7.2: never over http, where anybody could have written it.
    const overHttp = createContext(plain)
    create(config).request?.(overHttp)
    expect(overHttp.replyHeaders.log).toEqual([])
  })

  it('takes no configuration that the list of browsers would not', () => {
    expect(spec.config.safeParse({ hstsPreload: true, hstsSeconds: 31_536_000 }).success).toBe(false)
    expect(spec.config.safeParse({ hstsPreload: true, hstsSubdomains: true }).success).toBe(false)
  })
})
