// Rows as CSV (RFC 4180), safe to open in a spreadsheet.

/** null is an empty cell. */
export type Cell = string | number | null

/** A cell that starts like a formula gets an apostrophe: spreadsheets would run it. */
export function csvOf(head: readonly string[], rows: ReadonlyArray<readonly Cell[]>): string {
  return [head, ...rows].map((row) => row.map(written).join(',')).join('\r\n')
}

function written(cell: Cell): string {
  if (cell === null) return ''
  if (typeof cell === 'number') return String(cell)
  const safe = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
