import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createKey, keyHint, parseKey, withoutKeys } from './key.ts'

describe('C1 API keys', () => {
  it('parse back to their environment and id', () => {
    const key = createKey('prod')
    expect(key).toMatch(/^gw_prod_/)
    expect(parseKey(key)?.environment).toBe('prod')
    expect(keyHint(key).prefix).toBe(`gw_prod_${parseKey(key)?.id}`)
  })

  it('refuse any single changed character without a look-up', () => {
    const key = createKey('test')
    fc.assert(
      fc.property(fc.nat(key.length - 1), fc.constantFrom(...'0AZaz9_'), (at, character) => {
        fc.pre(key[at] !== character)
        expect(parseKey(key.slice(0, at) + character + key.slice(at + 1))).toBeNull()
      }),
    )
  })

  it('show no secret in their hint', () => {
    const key = createKey('prod')
    const { prefix, last4 } = keyHint(key)
    const secret = key.split('_')[3] ?? ''
    expect(secret).toHaveLength(32)
    expect(secret.endsWith(last4)).toBe(true)
    expect(prefix).not.toContain(secret.slice(0, 8))
  })

  it('leave only their hint in a text they were put into', () => {
    const key = createKey('prod')
    const { prefix } = keyHint(key)
    expect(withoutKeys(`/books/${key}/x?k=${key}`)).toBe(`/books/${prefix}_…/x?k=${prefix}_…`)
    expect(withoutKeys(`${key.toLowerCase()}.example`)).toBe(`${prefix.toLowerCase()}_….example`)
    expect(withoutKeys('/gw_books/gw_prod_1')).toBe('/gw_books/gw_prod_1')
  })
})
