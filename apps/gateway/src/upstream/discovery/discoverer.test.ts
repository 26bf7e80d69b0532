import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { instanceAt } from './discoverer.ts'

describe('what a registry says of an instance', () => {
  it.each([
    ['10.0.0.1', 8080, 'http://10.0.0.1:8080'],
    ['10.0.0.1', 80, 'http://10.0.0.1'],
    ['fd00::1', 8080, 'http://[fd00::1]:8080'],
    ['Pod-1.books_blue.test', 8080, 'http://pod-1.books_blue.test:8080'],
  ])('%s and %i become %s', (address, port, url) => {
    expect(instanceAt({ scheme: 'http', address, port })).toEqual([
      { url, hostName: null, weight: 1, region: null },
    ])
  })

  it.each([
    ['', 80],
    ['10.0.0.1/admin', 80],
    ['user@10.0.0.1', 80],
    ['a b', 80],
    ['[::1]', 80],
    ['256.1.1.1', 80],
    ['books.1', 80],
    ['10.0.0.1', 0],
    ['10.0.0.1', 65_536],
    ['10.0.0.1', 1.5],
  ])('%j and %d are nobody', (address, port) => {
    expect(instanceAt({ scheme: 'http', address, port })).toEqual([])
  })

  it.each(['books.1', '1.2.3.4.5', '10.0.0.1', 'a b', ''])('%j is no name of an instance', (hostName) => {
    expect(instanceAt({ scheme: 'http', address: '10.0.0.1', port: 80, hostName })[0]?.hostName).toBeNull()
  })

  it('nothing else than an address or a name, and no more than they say, comes into requests', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.domain(),
      fc.ipV4(),
      fc.ipV6(),
      fc.stringMatching(/^(xn--)?[a-z0-9_.-]{1,12}$/),
      fc.constantFrom('a\r\nb', 'x:1'),
    )
    fc.assert(
      fc.property(text, fc.integer({ min: -1, max: 70_000 }), text, (address, port, hostName) => {
        for (const target of instanceAt({ scheme: 'https', address, port, hostName })) {
          const url = new URL(target.url)
          expect(url.origin).toBe(target.url)
          expect(url.port === '' ? 443 : Number(url.port)).toBe(port)
          expect(target.hostName === null || /^[\w.-]+$/.test(target.hostName)).toBe(true)
          expect(URL.canParse(`https://${target.hostName}:${port}`)).toBe(true)
        }
      }),
    )
  })
})
