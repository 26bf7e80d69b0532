// Payment card numbers in text: told from other digits by the prefix of a network, their length and the check digit.

/** Groups of digits with at most one separator between two of them; `+` and `%20` are a space in an address. */
const runs = /\d+(?:(?:[ .+_-]|%20|%2[dD])\d+)*/g
const separators = /[ .+_-]|%20|%2[dD]/g

/** Fewest and most digits of a card number. */
export const cardDigitsMin = 13
const cardDigitsMax = 19

/** The text with every card number masked but for its last four digits (PCI DSS 3.4 allows to show them). */
export function maskCards(text: string): string {
  return text.replace(runs, (run) => (run.length < cardDigitsMin ? run : maskRun(run)))
}

/** Any groups in a row may be the number: `4111 1111 1111 1111 123` has the code of its back behind it. */
function maskRun(run: string): string {
  const groups = run.split(separators)
  if (groups.length === 1) return isCardNumber(run) ? maskOf(run) : run
  const gaps = run.match(separators) ?? []
  let out = ''
  for (let i = 0; i < groups.length; ) {
    const count = groupsOfCard(groups, i)
    const group = groups[i] ?? ''
    out += count === 0 ? group : maskOf(groups.slice(i, i + count).join(''))
    i += Math.max(count, 1)
    if (i < groups.length) out += gaps[i - 1] ?? ''
  }
  return out
}

/** How many groups from here on are a card number; 0 = none. */
function groupsOfCard(groups: readonly string[], from: number): number {
  let digits = ''
  for (let i = from; i < groups.length; i++) {
    digits += groups[i]
    if (digits.length > cardDigitsMax) return 0
    if (digits.length >= cardDigitsMin && isCardNumber(digits)) return i - from + 1
  }
  return 0
}

const maskOf = (digits: string) => `[card …${digits.slice(-4)}]`

/** Digits that a network could have issued (ISO/IEC 7812: 3 travel, 4 and 5 banking, 2 and 6 banking and merchandising). */
export function isCardNumber(digits: string): boolean {
  return /^(?:4\d{12}(?:\d{3}){0,2}|[256]\d{15}|6\d{16,18}|3\d{13,15})$/.test(digits) && hasLuhnDigit(digits)
}

/** ISO/IEC 7812-1 annex B. */
function hasLuhnDigit(digits: string): boolean {
  let sum = 0
  for (let i = digits.length - 1, double = false; i >= 0; i--, double = !double) {
    const digit = digits.charCodeAt(i) - 48
    sum += double ? (digit > 4 ? digit * 2 - 9 : digit * 2) : digit
  }
  return sum % 10 === 0
}
