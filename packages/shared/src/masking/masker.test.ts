import { describe, expect, test } from 'vitest'
import { createKey } from '../key.ts'
import { createMasker, defaultMasker, trafficMasker } from './masker.ts'

const { text, field, query, json, body } = defaultMasker
const card = '4111111111111111'

describe('D9 masking', () => {
  test.each([
    [card, '[card …1111]'],
    ['4111 1111 1111 1111', '[card …1111]'],
    ['4111-1111-1111-1111', '[card …1111]'],
    ['/pay/4111%201111%201111%201111/now', '/pay/[card …1111]/now'],
    ['5555555555554444', '[card …4444]'],
    ['/pay/4111111111111111/10', '/pay/[card …1111]/10'],
    ['12 4111 1111 1111 1111 123', '12 [card …1111] 123'],
    ['378282246310005', '[card …0005]'],
    ['6011111111111117 and 2223003122003222', '[card …1117] and [card …3222]'],
  ])('masks the card number in %s', (given, wanted) => expect(text(given)).toBe(wanted))

  test.each([
    '4111111111111112',
    '1763770000000',
    '/orders/20261122013000',
    '0b1f3c8e-1111-4111-8111-111111111111',
  ])('leaves %s, which is no card number', (given) => expect(text(given)).toBe(given))

  test.each([
    ['DE89370400440532013000', '[iban DE…]'],
    ['/accounts/gb82west12345698765432', '/accounts/[iban GB…]'],
    ['NL91 ABNA 0417 1643 00 to be paid', '[iban NL…] to be paid'],
  ])('masks the IBAN in %s', (given, wanted) => expect(text(given)).toBe(wanted))

  test('leaves what only looks like an IBAN', () =>
    expect(text('DE89370400440532013001')).toBe('DE89370400440532013001'))

  test('masks keys, tokens, credentials, private keys, passwords in addresses and in queries', () => {
    const key = createKey('prod')
    const jwt = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl'
    const secrets = [key.slice(-39), 'c2lnbmF0dXJl', 'hunter2', 'MIIEvQ', 'dXNlcjpw']
    const given = [
      `/x/${key}`,
      `/x/${jwt}`,
      'Authorization: Basic dXNlcjpw',
      'postgres://me:hunter2@db/x',
      '?a=1&api_key=hunter2&client_secret=hunter2',
      '-----BEGIN RSA PRIVATE KEY-----\nMIIEvQ\n-----END RSA PRIVATE KEY-----',
    ]
    for (const one of given) for (const secret of secrets) expect(text(one), one).not.toContain(secret)
  })

  test('hides the fields that carry credentials, whatever is in them', () => {
    for (const name of [
      'authorization',
      'cookie',
      'set-cookie',
      'x-api-key',
      'x-my-token',
      'x-session-id',
      'stripe-signature',
    ])
      expect(field(name, 'plain'), name).toBe('[masked]')
    expect(field('x-request-id', 'req_1')).toBe('req_1')
    expect(field('referer', `https://a.example/?c=${card}`)).toBe('https://a.example/?c=[card …1111]')
  })

  test('masks queries by name and by what only shows when it is decoded', () => {
    expect(query('a=1&token=abc&Card-Number=1')).toBe('a=1&token=[masked]&Card-Number=[masked]')
    expect(query('q=4111%31111%31111+1111')).not.toMatch(/1111.*1111/)
    expect(query('plain=a%20b&flag')).toBe('plain=a%20b&flag')
  })

  test('walks JSON: names, texts, numbers and names as values', () => {
    expect(
      json({
        password: 'x',
        apiKey: { a: 1 },
        hasSecret: true,
        secret: null,
        list: [{ note: card, amount: 12 }],
        n: 4111111111111111,
      }),
    ).toEqual({
      ...{ password: '[masked]', apiKey: '[masked]', hasSecret: true, secret: null },
      ...{ list: [{ note: '[card …1111]', amount: 12 }], n: '[card …1111]' },
    })
    expect(JSON.stringify(json({ [card]: 1 }))).not.toContain(card)
    expect(body(`{"__proto__": {"ssn": "1-2-3"}}`)).toBe('{"__proto__":{"ssn":"[masked]"}}')
    expect(body(`no json ${card}`)).toBe('no json [card …1111]')
    let deep: unknown = card
    for (let i = 0; i < 10_000; i++) deep = [deep]
    expect(() => json(deep)).not.toThrow()
  })

  test('masks addresses of people in what callers send, and leaves the path around them', () => {
    expect(trafficMasker.text('/users/jane.doe@mail.example/orders')).toBe('/users/[email]/orders')
    expect(trafficMasker.text('/users/jane%40mail.example')).toBe('/users/[email]')
    expect(trafficMasker.text('/a;mail=jane@mail.example')).toBe('/a;mail=[email]')
    expect(text('jane@mail.example')).toBe('jane@mail.example')
  })

  test('masks what is assigned inside of a path', () =>
    expect(text('/books/api_key=hunter2/x')).not.toContain('hunter2'))

  test('masks what a team adds', () => {
    const own = createMasker({
      fields: ['Patient-Id'],
      emails: true,
      replace: (given) => given.replace(/MRN\d+/g, '[own]'),
    })
    expect(own.query('patient_id=7&mail=a%40b.example')).toBe('patient_id=[masked]&mail=[email]')
    expect(own.json({ patientId: 7, note: 'MRN123 of jane@example.com' })).toEqual({
      patientId: '[masked]',
      note: '[own] of [email]',
    })
  })

  test('takes linear time, whatever it is given', () => {
    for (const hostile of [
      '4 '.repeat(50_000),
      '4'.repeat(100_000),
      'DE89 '.repeat(20_000),
      'eyJ'.repeat(30_000),
      'token='.repeat(20_000),
      '-----BEGIN PRIVATE KEY-----'.repeat(4_000),
      'a'.repeat(100_000),
      '://:'.repeat(20_000),
      `${'a_'.repeat(50_000)}=1`,
      `://${':'.repeat(100_000)}`,
      `${'a'.repeat(100_000)} @`,
      `bearer ${' '.repeat(100_000)}`,
      'bearer '.repeat(20_000),
    ]) {
      const startedMs = performance.now()
      createMasker({ emails: true }).text(hostile)
      expect(performance.now() - startedMs, hostile.slice(0, 20)).toBeLessThan(500)
    }
  })
})
