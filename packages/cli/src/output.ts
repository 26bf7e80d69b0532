// What commands print: text for people, JSON or YAML for programs.
import type { Change } from '@gatewright/shared/model/environment'
import type { Propagation } from '@gatewright/shared/model/wire'
import { stringify } from 'yaml'
import type { OutputFormat } from './settings.ts'

/** Prints `value` as asked; `text` gives the form for people. */
export function print(format: OutputFormat, value: unknown, text: () => string): void {
  if (format === 'json') process.stdout.write(`${JSON.stringify(value, null, 2)}\n`)
  else if (format === 'yaml') process.stdout.write(stringify(value))
  else process.stdout.write(`${text()}\n`)
}

const signs = { added: '+', removed: '-', changed: '~', moved: '>' } as const

export function describeChanges(changes: readonly Change[]): string {
  if (changes.length === 0) return 'no changes'
  return changes
    .map(({ kind, pointer, before, after }) => {
      const values = kind === 'changed' ? `: ${short(before)} → ${short(after)}` : ''
      return `${signs[kind]} ${pointer}${values}`
    })
    .join('\n')
}

export function describeRevisions({ revisions, live }: Propagation): string {
  const made = revisions.map(({ environment, revision }) => `${environment} revision ${revision}`)
  const lines = made.length === 0 ? [] : [made.join(', ')]
  for (const { environment, live: done, gateways, laggards } of live ?? []) {
    lines.push(`${environment}: live on ${gateways - laggards.length} of ${gateways} gateways`)
    if (done) continue
    for (const { gatewayId, revision, refusal } of laggards) {
      lines.push(
        `  ${gatewayId} runs revision ${revision}${refusal === null ? '' : ` and refused: ${refusal}`}`,
      )
    }
  }
  return lines.join('\n')
}

function short(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > 60 ? `${text.slice(0, 57)}…` : text
}
