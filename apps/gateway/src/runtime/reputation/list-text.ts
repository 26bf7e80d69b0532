// The text of a list of addresses: one address or range a line, as Spamhaus, FireHOL and most others publish them.
import { parseCidr, type Range } from '@gatewright/shared/cidr'

/** Throws a sentence that names the line which is none. */
export function readListText(text: string): Range[] {
  const ranges: Range[] = []
  let number = 0
  for (const line of text.split('\n')) {
    number++
    const written = addressIn(line.trim())
    if (written === null) continue
    const range = parseCidr(written)
    if (range === null)
      throw new Error(`line ${number} is no address and no range: ${JSON.stringify(line.slice(0, 60))}`)
    ranges.push(range)
  }
  return ranges
}

/** What stands before a comment (`#` or `;`); null where nothing does. Spamhaus also has lines of JSON, of which the last is about the list. */
function addressIn(line: string): string | null {
  if (line.startsWith('{')) {
    const fields = JSON.parse(line) as { cidr?: unknown }
    return typeof fields.cidr === 'string' ? fields.cidr : null
  }
  const end = line.search(/[#;]/)
  const written = (end < 0 ? line : line.slice(0, end)).trim()
  return written === '' ? null : written
}
