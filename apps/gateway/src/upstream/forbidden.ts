// Where nobody's requests go, whoever asks for it: the ranges of FORBIDDEN_UPSTREAMS as sockets check them.
import { BlockList } from 'node:net'

/** A socket that is given the list checks every address that a name leads to, after it was resolved. */
export function createBlockList(ranges: readonly string[]): BlockList {
  const list = new BlockList()
  for (const range of ranges) {
    const [address = '', prefix] = range.split('/')
    const family = address.includes(':') ? 'ipv6' : 'ipv4'
    if (prefix === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(prefix), family)
  }
  return list
}
