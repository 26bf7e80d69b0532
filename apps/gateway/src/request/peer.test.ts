import { createAddressSet } from '@gatewright/shared/cidr'
import { expect, it } from 'vitest'
import { Peer } from './peer.ts'

it.each([
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['fe80::1%eth0', 'fe80::1'],
  ['2001:db8::1', '2001:db8::1'],
])('C9 the address %s is compared as %s', (address, plain) => {
  const proxies = createAddressSet([plain])
  const peer = new Peer(address, 'http', proxies)
  expect([peer.address, peer.trusted]).toEqual([plain, true])
  expect(peer.clientBehind(`198.51.100.1, ${address}`)).toBe('198.51.100.1')
})
