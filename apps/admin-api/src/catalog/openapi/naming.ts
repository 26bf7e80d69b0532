// Ways of writing a name of several words, for the lint rules on consistent naming.

export type WordCase = 'camelCase' | 'PascalCase' | 'snake_case' | 'kebab-case' | 'mixed'

/** Null for a single lower-case word or a number, which fits every way. */
export function wordCase(name: string): WordCase | null {
  if (/^[a-z0-9]*$/.test(name) || /^[A-Z0-9]+$/.test(name)) return null
  if (/^[a-z0-9]+(-[a-z0-9]+)+$/.test(name)) return 'kebab-case'
  if (/^_*[a-z0-9]+(_+[a-z0-9]+)*_*$/.test(name)) return 'snake_case'
  if (/^[a-z][a-zA-Z0-9]*$/.test(name)) return 'camelCase'
  if (/^[A-Z][a-zA-Z0-9]*$/.test(name)) return 'PascalCase'
  return 'mixed'
}

/** The way most names are written; null where none of them shows one. */
export function majorityCase(names: string[]): WordCase | null {
  const votes = new Map<WordCase, number>()
  for (const name of names) {
    const written = wordCase(name)
    if (written !== null && written !== 'mixed') votes.set(written, (votes.get(written) ?? 0) + 1)
  }
  const [first] = [...votes].sort((a, b) => b[1] - a[1])
  return first?.[0] ?? null
}
