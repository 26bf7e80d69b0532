// The family of a user agent: what kind of client it is, and no more than that.
import { trafficMasker } from '@gatewright/shared/masking/masker'

const known = new Map<string, string>()
const knownMax = 1_000
const longest = 64

// In the order in which they must be looked for: each of them also claims to be those after it.
const browsers = [
  ['Edg/', 'Edge'],
  ['OPR/', 'Opera'],
  ['SamsungBrowser/', 'Samsung Internet'],
  ['Firefox/', 'Firefox'],
  ['Chrome/', 'Chrome'],
  ['CriOS/', 'Chrome'],
  ['FxiOS/', 'Firefox'],
  ['Safari/', 'Safari'],
] as const

/** `curl/8.5.0` → `curl`; empty when there is none. */
export function agentFamily(userAgent: string | undefined): string {
  if (userAgent === undefined || userAgent === '') return ''
  const family = known.get(userAgent)
  if (family !== undefined) return family
  const fresh = familyOf(userAgent)
  // Whoever sends a new one with each request only empties this table.
  if (known.size >= knownMax) known.clear()
  known.set(userAgent, fresh)
  return fresh
}

function familyOf(userAgent: string): string {
  if (userAgent.startsWith('Mozilla/')) {
    for (const [mark, name] of browsers) if (userAgent.includes(mark)) return name
    return 'Browser'
  }
  // RFC 9110 10.1.5: the first product is the most significant one.
  const end = userAgent.search(/[/\s(;]/)
  const product = (end < 0 ? userAgent : userAgent.slice(0, end)).replace(/[^\x21-\x7e]/g, '')
  // Callers write what they like here. Masked before it is cut, so that nothing is cut in two.
  return trafficMasker.text(product).slice(0, longest)
}
