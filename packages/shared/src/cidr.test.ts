// Address ranges: what is one, what is in one, and agreement with node:net on what an address is.
import { BlockList, isIP } from 'node:net'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { callerNetwork, createAddressSet, formatCidr, parseAddress, parseCidr } from './cidr.ts'

describe('parseCidr', () => {
  it.each([
    '10.0.0.0/8',
    '192.0.2.7',
    '0.0.0.0/0',
    '2001:db8::/32',
    '::1',
    '::',
    '::ffff:10.0.0.0',
    'fe80::1:2/64',
  ])('reads %s', (text) => expect(parseCidr(text)).not.toBeNull())

  it.each([
    '',
    '10.0.0.0/33',
    '10.0.0/8',
    '10.0.0.0.0',
    '010.0.0.1',
    '256.0.0.1',
    '1.2.3.4/',
    '1.2.3.4/-1',
    '1.2.3.4/08',
    '::1/129',
    ':::',
    '1::2::3',
    '12345::',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    'localhost',
    '1.2.3.4:80',
  ])('refuses %s', (text) => expect(parseCidr(text)).toBeNull())
})

describe('createAddressSet', () => {
  it('knows what is inside', () => {
    const set = createAddressSet(['10.0.0.0/8', '10.5.0.0/16', '192.0.2.7', '2001:db8::/32'])
    expect(
      ['10.0.0.0', '10.255.255.255', '192.0.2.7', '2001:db8:ffff::1', '::ffff:10.1.2.3'].map(set.has),
    ).toEqual(Array(5).fill(true))
    expect(
      ['9.255.255.255', '11.0.0.0', '192.0.2.8', '2001:db9::', '::10.1.2.3', '', 'x'].map(set.has),
    ).toEqual(Array(7).fill(false))
  })

  it('throws on what is no range', () =>
    expect(() => createAddressSet(['10.0.0.0/99'])).toThrow('10.0.0.0/99'))
})

describe('agreement with node:net', () => {
  const v4 = fc.ipV4()
  const v6 = fc.ipV6()

  it('on what an address is', () => {
    fc.assert(
      fc.property(fc.oneof(v4, v6, fc.stringMatching(/^[0-9a-f:.]{0,20}$/)), (text) => {
        // node:net takes leading zeros of IPv4, which mean different things to different readers.
        if (/(^|[.:])0[0-9]/.test(text)) return
        expect(parseAddress(text) !== null).toBe(isIP(text) !== 0)
      }),
    )
  })

  it('on what a range covers', () => {
    const range = (address: fc.Arbitrary<string>, bits: number) =>
      fc.tuple(address, fc.integer({ min: 0, max: bits }))
    fc.assert(
      fc.property(fc.array(range(v4, 32), { maxLength: 5 }), v4, (ranges, address) => {
        const list = new BlockList()
        for (const [net, prefix] of ranges) list.addSubnet(net, prefix, 'ipv4')
        const set = createAddressSet(ranges.map((parts) => parts.join('/')))
        expect(set.has(address)).toBe(list.check(address, 'ipv4'))
      }),
    )
  })
})

describe('formatCidr', () => {
  it.each([
    ['192.0.2.9/24', '192.0.2.0/24'],
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['2001:db8:0:1:0:0:0:1', '2001:db8:0:1::1'],
    ['2001:0:0:1:0:0:1:1', '2001::1:0:0:1:1'],
    ['2001:db8:1:2:3:4:5:6/32', '2001:db8::/32'],
    ['1:0:2:3:4:5:6:7', '1:0:2:3:4:5:6:7'],
    ['::', '::'],
    ['::1', '::1'],
  ])('%s is %s', (text, expected) => {
    const range = parseCidr(text)
    expect(range && formatCidr(range)).toBe(expected)
  })
})

it('C3: one holder of an IPv6 network is one caller, each IPv4 address another', () => {
  expect(callerNetwork('203.0.113.9')).toBe('203.0.113.9')
  expect(callerNetwork('2001:db8:1:2::1')).toBe(callerNetwork('2001:db8:1:2:ffff:0:0:9'))
  expect(callerNetwork('2001:db8:1:3::1')).not.toBe(callerNetwork('2001:db8:1:2::1'))
  expect(callerNetwork('nonsense:')).toBe('nonsense:')
})
