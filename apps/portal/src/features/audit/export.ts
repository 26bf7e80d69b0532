// The audit log as NDJSON: one event per line, oldest page last, exactly as the API gives them.

import { client } from '../../api/client.ts'

type AuditInput = Parameters<typeof client.audit.list>[0]

const mostEvents = 100_000

export async function exportAudit(input: AuditInput, onProgress: (count: number) => void): Promise<string> {
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
  return `${lines.join('\n')}\n`
}
