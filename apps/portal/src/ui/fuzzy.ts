// Ranks palette entries: whole words first, then word starts, then letters in order.

export interface Searchable {
  title: string
  keywords?: readonly string[]
}

/** Higher is better; 0 means no match. */
export function score(query: string, entry: Searchable): number {
  const needle = query.trim().toLowerCase()
  if (needle === '') return 1
  return Math.max(
    scoreText(needle, entry.title),
    ...(entry.keywords ?? []).map((word) => scoreText(needle, word) * 0.8),
  )
}

function scoreText(needle: string, text: string): number {
  const hay = text.toLowerCase()
  if (hay === needle) return 100
  if (hay.startsWith(needle)) return 90 - Math.min(hay.length - needle.length, 20) / 10
  const at = hay.indexOf(needle)
  if (at > 0) return (/[\s\-_/.]/.test(hay[at - 1] ?? '') ? 75 : 55) - Math.min(at, 40) / 10
  return scoreLetters(needle, hay)
}

// Each letter in order; a letter that starts a word counts more, gaps cost.
function scoreLetters(needle: string, hay: string): number {
  let at = -1
  let starts = 0
  let gaps = 0
  for (const letter of needle) {
    if (letter === ' ') continue
    const next = hay.indexOf(letter, at + 1)
    if (next === -1) return 0
    if (next === 0 || /[\s\-_/.]/.test(hay[next - 1] ?? '')) starts += 1
    gaps += next - at - 1
    at = next
  }
  const worth = 20 + starts * 6 - gaps
  return worth > 0 ? Math.min(worth, 50) : 0
}

export function rank<T extends Searchable>(query: string, entries: readonly T[]): T[] {
  return entries
    .map((entry, index) => ({ entry, index, score: score(query, entry) }))
    .filter((candidate) => candidate.score > 0)
    .sort((a, b) => b.score - a.score || a.index - b.index)
    .map((candidate) => candidate.entry)
}
