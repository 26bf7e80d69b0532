// The audit log as NDJSON: one event per line, newest first, exactly as the API gives them.

import { client } from '../../api/client.ts'

type AuditInput = Parameters<typeof client.audit.list>[0]

/** The file is put together in memory. */
const mostEvents = 100_000

export interface AuditExport {
  text: string
  count: number
  /** False when there are older events than the file could hold. */
  isWhole: boolean
}

/** Reads page after page; `onProgress` hears how many events it has so far. */
export async function exportAudit(
  input: AuditInput,
  onProgress: (count: number) => void,
): Promise<AuditExport> {
  const lines: string[] = []
  let cursor: string | null = null
  do {
    const { data, page }: Awaited<ReturnType<typeof client.audit.list>> = await client.audit.list({
      ...input,
      limit: 200,
      ...(cursor ? { cursor } : {}),
    })
    for (const event of data) lines.push(JSON.stringify(event))
    onProgress(lines.length)
    cursor = page.has_more ? page.next_cursor : null
  } while (cursor !== null && lines.length < mostEvents)
  return { text: `${lines.join('\n')}\n`, count: lines.length, isWhole: cursor === null }
}
