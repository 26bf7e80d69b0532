// Rows → a table by COPY: the fastest way into Postgres, in its text format.
import { finished } from 'node:stream/promises'
import type { ClientBase } from 'pg'
import { from } from 'pg-copy-streams'

export type Cell = string | number | boolean | null

/** Writes rows into `table`. The names come from this folder's own constants, never from outside. */
export async function copyRows(
  client: ClientBase,
  table: string,
  columns: readonly string[],
  rows: readonly (readonly Cell[])[],
): Promise<void> {
  if (rows.length === 0) return
  const stream = client.query(from(`COPY ${table} (${columns.join(', ')}) FROM STDIN`))
  stream.end(rows.map(copyLine).join(''))
  await finished(stream)
}

// https://www.postgresql.org/docs/current/sql-copy.html, "Text Format"
const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' }

export function copyLine(row: readonly Cell[]): string {
  return `${row.map(copyCell).join('\t')}\n`
}

function copyCell(cell: Cell): string {
  if (cell === null) return '\\N'
  return typeof cell === 'string'
    ? cell.replace(/[\\\t\n\r]/g, (found) => escapes[found] ?? found)
    : String(cell)
}
