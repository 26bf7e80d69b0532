import { describe, expect, it } from 'vitest'
import { isAllowedAddress, isAllowedHost } from './addresses.ts'

const PUBLIC = ['8.8.8.8', '1.1.1.1', '2606:4700:4700::1111', '::ffff:8.8.8.8', '64:ff9b::8.8.8.8']
const PRIVATE = [
  '127.0.0.1',
  '127.9.9.9',
  '10.0.0.1',
  '172.16.0.1',
  '192.168.1.1',
  '100.64.0.1',
  '::1',
  'fd00:ec2::254',
]
const NEVER = [
  ...[
    '0.0.0.0',
    '0.1.2.3',
    '169.254.169.254',
    '192.0.0.192',
    '192.0.2.1',
    '198.18.0.1',
    '198.51.100.1',
    '203.0.113.1',
  ],
  ...['192.88.99.1', '224.0.0.1', '239.255.255.250', '240.0.0.1', '255.255.255.255', '168.63.129.16'],
  ...['::', 'fe80::1', 'fe80::1%eth0', 'fec0::1', 'ff02::1', '100::1', '2001:db8::1', '3fff::1', '5f00::1'],
  ...[
    '2002:7f00:1::',
    '2001::1',
    '64:ff9b:1::1',
    '::7f00:1',
    '::ffff:169.254.169.254',
    '64:ff9b::169.254.169.254',
  ],
  ...['', 'localhost', '1.2.3', '999.1.1.1'],
]

describe('F8: addresses that a URL import may reach', () => {
  it.each(PUBLIC)('%s', (address) => expect(isAllowedAddress(address, {})).toBe(true))
  it.each([...PRIVATE, ...NEVER, '::ffff:127.0.0.1', '64:ff9b::10.0.0.1'])('not %s', (address) => {
    expect(isAllowedAddress(address, {})).toBe(false)
  })
  it.each([...PRIVATE, '::ffff:127.0.0.1'])('%s when the operator allows private addresses', (address) => {
    expect(isAllowedAddress(address, { allowPrivate: true })).toBe(true)
  })
  it.each(NEVER)('not %s, even then', (address) => {
    expect(isAllowedAddress(address, { allowPrivate: true })).toBe(false)
  })

  it('what the operator lists by address or CIDR, also when it comes as IPv4-mapped', () => {
    const rules = { allow: ['10.1.0.0/16', '169.254.169.254', 'fd00::/8'] }
    expect(
      ['10.1.2.3', '::ffff:10.1.2.3', '169.254.169.254', 'fd12::1'].map((one) =>
        isAllowedAddress(one, rules),
      ),
    ).toEqual([true, true, true, true])
    expect(['10.2.0.1', '169.254.169.253', 'fe80::1'].map((one) => isAllowedAddress(one, rules))).toEqual([
      false,
      false,
      false,
    ])
  })

  it('host names exactly as listed', () => {
    const rules = { allow: ['Specs.internal'] }
    expect(
      ['specs.internal', 'SPECS.INTERNAL.', 'a.specs.internal', 'specs.internal.evil.test'].map((one) =>
        isAllowedHost(one, rules),
      ),
    ).toEqual([true, true, false, false])
  })
})
