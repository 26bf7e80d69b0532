import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hostOf, normalisePath } from './target.ts'

const segment = fc.stringMatching(/^(?:[A-Za-z0-9._~-]|%[0-9A-Fa-f]{2}|[!$&'()*+,;=:@]){0,6}$/)
const paths = fc
  .array(fc.oneof(segment, fc.constantFrom('.', '..', '%2e', '%2E%2e', '...', '')), { maxLength: 6 })
  .map((segments) => `/${segments.join('/')}`)

describe('normal form of a path', () => {
  it('is its own normal form', () => {
    fc.assert(
      fc.property(paths, (path) => {
        const normal = normalisePath(path)
        fc.pre(normal !== null)
        expect(normalisePath(normal ?? '')).toBe(normal)
      }),
      { numRuns: 2_000 },
    )
  })

  it('has no dot segments, no encoded unreserved characters and no controls, whatever came in', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          paths,
          fc.string().map((text) => `/${text}`),
        ),
        (path) => {
          const normal = normalisePath(path)
          if (normal === null) return
          expect(normal).toMatch(/^\//)
          expect(normal).not.toMatch(/\/\.\.?(?:\/|$)/)
          expect(normal).not.toMatch(
            /%(?:[01][0-9A-F]|7F|2D|2E|5F|7E|3[0-9]|4[1-9A-F]|5[0-9A]|6[1-9A-F]|7[0-9A])/,
          )
          expect(normal).toMatch(/^[\x21-\x7e]*$/)
        },
      ),
      { numRuns: 2_000 },
    )
  })

  it('resolves dot segments as the URL standard does', () => {
    fc.assert(
      fc.property(paths, (path) => {
        const normal = normalisePath(path)
        // The standard keeps what it may not decode; both sides are compared decoded where they differ in that alone.
        fc.pre(normal !== null && !path.startsWith('//') && !path.includes('%'))
        expect(normal).toBe(new URL(path, 'http://a').pathname)
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('A1: what two spellings of a path are to router and upstream', () => {
  it.each([
    ['a final slash counts', '/a/', '/a/'],
    ['empty segments count', '//a///b', '//a///b'],
    ['letters keep their case', '/A/b', '/A/b'],
    ['an encoded slash divides nothing', '/a%2fb', '/a%2Fb'],
    ['what is encoded twice stays so', '/a%252fb/%252e%252e/c', '/a%252fb/%252e%252e/c'],
    ['what needs no encoding has none', '/%61%7E%2d', '/a~-'],
    ['reserved characters stay as they are written', '/a%3ab:c', '/a%3Ab:c'],
    ['dot segments are gone', '/a/./b/../c', '/a/c'],
    ['also encoded ones', '/a/%2E/b/%2e./c', '/a/c'],
    ['and a slash is left where one ended the path', '/a/b/..', '/a/'],
    ['an empty segment is one to them too', '/a//../b', '/a/b'],
    ['dots in a name are a name', '/a/...', '/a/...'],
  ])('%s: %s is %s', (_, path, normal) => expect(normalisePath(path)).toBe(normal))
})

describe('host of an authority', () => {
  it.each([
    ['Example.COM', 'example.com'],
    ['example.com:8080', 'example.com'],
    ['example.com.', 'example.com'],
    ['127.0.0.1:1', '127.0.0.1'],
    ['[2001:DB8::1]:443', '[2001:db8::1]'],
    ['a_b', 'a_b'],
  ])('%s is %s', (authority, host) => {
    expect(hostOf(authority)).toBe(host)
  })

  it.each([
    '',
    ':80',
    'a:',
    'a:0',
    'a:99999',
    'a:8 0',
    'a/b',
    'a@b',
    'a b',
    '[::1',
    '::1',
    '[::1]x',
    '.',
    'a,b',
    'ä',
    `${'a'.repeat(254)}`,
  ])('refuses %j', (authority) => {
    expect(hostOf(authority)).toBeNull()
  })
})
