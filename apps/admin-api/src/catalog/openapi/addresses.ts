// Which network addresses a URL import may connect to: public unicast, and what the operator adds.
import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

export interface AddressRules {
  /** Also loopback, RFC 1918, unique local and carrier-grade NAT; never link-local, where clouds keep their credentials. */
  allowPrivate?: boolean
  /** Host names (exact) and CIDRs that may be reached whatever they are. */
  allow?: readonly string[]
}

/** Azure's host agent: a public address that answers instance metadata inside a virtual machine. */
const METADATA_OUTSIDE_PRIVATE_RANGES = new Set(['168.63.129.16'])
const PRIVATE = new Set(['loopback', 'private', 'uniqueLocal', 'carrierGradeNat'])

export function isAllowedHost(hostname: string, { allow = [] }: AddressRules): boolean {
  const host = hostname.toLowerCase().replace(/\.$/, '')
  return allow.some((entry) => !entry.includes('/') && entry.toLowerCase() === host)
}

export function isAllowedAddress(address: string, rules: AddressRules): boolean {
  // The library also reads 1.2.3 and 0x7f.1, which a resolver never answers with.
  if (isIP(address) === 0) return false
  const parsed = effective(ipaddr.parse(address))
  if (!parsed) return false
  if ((rules.allow ?? []).some((entry) => matches(parsed, entry))) return true
  if (METADATA_OUTSIDE_PRIVATE_RANGES.has(parsed.toString())) return false
  const range = parsed.range()
  if (range === 'unicast') {
    // Of IPv6, only 2000::/3 is assigned for global use; ::a.b.c.d and the like are not.
    return parsed.kind() === 'ipv4' || parsed.match(ipaddr.parseCIDR('2000::/3'))
  }
  return rules.allowPrivate === true && PRIVATE.has(range)
}

/** The address that packets really go to: the IPv4 inside ::ffff:0:0/96 and 64:ff9b::/96. Null: a tunnel we do not enter. */
function effective(address: ipaddr.IPv4 | ipaddr.IPv6): ipaddr.IPv4 | ipaddr.IPv6 | null {
  if (address.kind() === 'ipv4') return address
  const v6 = address as ipaddr.IPv6
  if (v6.zoneId !== undefined && v6.zoneId !== null) return null
  if (v6.isIPv4MappedAddress()) return v6.toIPv4Address()
  if (v6.match(ipaddr.parseCIDR('64:ff9b::/96'))) {
    return ipaddr.fromByteArray(v6.toByteArray().slice(12))
  }
  return v6
}

function matches(address: ipaddr.IPv4 | ipaddr.IPv6, entry: string): boolean {
  if (ipaddr.isValid(entry)) return ipaddr.process(entry).toString() === address.toString()
  if (!ipaddr.isValidCIDR(entry)) return false
  const [network, bits] = ipaddr.parseCIDR(entry)
  return network.kind() === address.kind() && address.match(network, bits)
}
