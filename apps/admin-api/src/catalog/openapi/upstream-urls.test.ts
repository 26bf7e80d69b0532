import { describe, expect, it } from 'vitest'
import { hideUrls } from './upstream-urls.ts'

const shown = (text: string, ...hidden: string[]) => hideUrls(text, hidden, 'https://gw.test/shop/')

describe('A7: upstream addresses in text', () => {
  it.each([
    ['the server itself', 'see https://api.example.com/v1', 'see https://gw.test/shop'],
    ['what is below it', 'https://api.example.com/v1/orders?x=1#y', 'https://gw.test/shop/orders?x=1#y'],
    ['at the end of a sentence', 'Call https://api.example.com/v1.', 'Call https://gw.test/shop.'],
    ['with its default port', 'https://api.example.com:443/v1/a', 'https://gw.test/shop/a'],
    ['in other letters', 'HTTPS://API.example.com/v1/a', 'https://gw.test/shop/a'],
    ['another path of a public host', 'https://api.example.com/help', 'https://api.example.com/help'],
    [
      'in the query of another',
      'https://d.test/?url=https://api.example.com/v1/a',
      'https://d.test/?url=https://gw.test/shop/a',
    ],
    ['a longer path', 'https://api.example.com/v10', 'https://api.example.com/v10'],
    ['a longer host', 'https://api.example.com.evil.test/v1', 'https://api.example.com.evil.test/v1'],
    ['another port', 'https://api.example.com:8443/v1', 'https://api.example.com:8443/v1'],
    ['a public host alone', 'api.example.com', 'api.example.com'],
  ])('%s', (_, text, expected) => expect(shown(text, 'https://api.example.com/v1')).toBe(expected))

  it.each([
    ['any page', 'http://orders.internal:81/metrics', 'https://gw.test/shop/metrics'],
    ['the host alone', 'ask orders.internal:81, please', 'ask gw.test, please'],
    [
      'amid other text',
      'orders.internal:810 x.orders.internal:81 me@orders.internal:81',
      'orders.internal:810 x.orders.internal:81 me@orders.internal:81',
    ],
  ])('of an internal host: %s', (_, text, expected) =>
    expect(shown(text, 'http://orders.internal:81/v1')).toBe(expected),
  )

  it('addresses, one-word hosts, and several at once', () => {
    const text =
      'http://10.0.0.1/x http://[fd00::1]:8/x http://backend/x backend http://localhost:3000/ localhost:3000 10.0.0.1'
    expect(
      shown(text, 'http://10.0.0.1', 'http://[fd00::1]:8', 'http://backend', 'http://localhost:3000'),
    ).toBe(
      'https://gw.test/shop/x https://gw.test/shop/x https://gw.test/shop/x backend https://gw.test/shop/ gw.test gw.test',
    )
  })

  it('leaves the gateway itself and links for people alone, and reaches into examples', () => {
    expect(shown('https://gw.test/a', 'https://gw.test/a')).toBe('https://gw.test/a')
    const document = {
      externalDocs: { url: 'http://a.internal/docs' },
      example: [{ self: 'http://a.internal/1' }],
    }
    expect(hideUrls(document, ['http://a.internal'], 'https://gw.test')).toEqual({
      externalDocs: { url: 'http://a.internal/docs' },
      example: [{ self: 'https://gw.test/1' }],
    })
  })
})
