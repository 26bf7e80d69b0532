// Bank account numbers (ISO 13616) in text, told from other words by their check digits.

/** Country, two check digits, and 11 to 30 more; in groups of four or in one piece. */
const candidates = /(?<![a-z0-9])[a-z]{2}\d{2}(?:(?:[ +_-]|%20)?[a-z0-9]){11,30}(?![a-z0-9])/gi

/** The text with every IBAN masked but for its country. */
export function maskIbans(text: string): string {
  return text.replace(candidates, (found) => {
    const compact = found.replace(/%20|[^a-z0-9]/gi, '')
    if (isIban(compact)) return `[iban ${compact.slice(0, 2).toUpperCase()}…]`
    // A word may stand right behind one that is written in groups: take words away until it fits.
    for (let end = found.length; ; ) {
      end = lastGap(found, end)
      if (end < 0) return found
      const shorter = found.slice(0, end).replace(/%20|[^a-z0-9]/gi, '')
      if (shorter.length < 15) return found
      if (isIban(shorter)) return `[iban ${shorter.slice(0, 2).toUpperCase()}…]${found.slice(end)}`
    }
  })
}

function lastGap(text: string, before: number): number {
  for (let i = before - 1; i >= 0; i--) {
    const char = text[i]
    if (char === ' ' || char === '+' || char === '-' || char === '_' || char === '%') return i
  }
  return -1
}

/** ISO 7064 MOD 97-10: the first four characters at the end, letters as 10 … 35, remainder 1. */
export function isIban(compact: string): boolean {
  if (!/^[a-z]{2}\d{2}[a-z0-9]{11,30}$/i.test(compact)) return false
  let rest = 0
  for (const char of (compact.slice(4) + compact.slice(0, 4)).toUpperCase()) {
    const value = Number.parseInt(char, 36)
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97
  }
  return rest === 1
}
