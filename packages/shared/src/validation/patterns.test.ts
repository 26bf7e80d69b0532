import { describe, expect, test } from 'vitest'
import { compilePattern, TooComplex } from './patterns.ts'

describe('patterns of documents', () => {
  test('mean what they say, plain ones and others', () => {
    for (const [pattern, right, wrong] of [
      ['^[a-z]+-\\d{4}$', 'book-1813', 'book-13'],
      ['^.{0,9999}$', 'a'.repeat(9_999), 'a'.repeat(10_000)],
      ['(?:a|b)+c$', 'ababc', 'abab'],
    ] as const) {
      const fits = compilePattern(pattern)
      expect([fits(right), fits(wrong)], pattern).toEqual([true, false])
    }
  })

  test('one that reads on for long at every place it goes back to is given up, and not waited for', () => {
    for (const pattern of ['^a*a{9999}b$', '^[a+]*[a+]{999}[+]$', '^a{1,9999}a{9999}$'])
      expect(() => compilePattern(pattern)('a'.repeat(200_000)), pattern).toThrow(TooComplex)
    expect(compilePattern('^[a-z]*\\d{4}$')('a'.repeat(1_000_000))).toBe(false)
  })
})
