import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { CHANGES } from './changes.ts'
import { FINDINGS, REFUSALS } from './codes.ts'
import { FETCH_REFUSALS } from './fetch-document.ts'
import { LINT_RULES } from './lint-rules.ts'

const guide = readFileSync(
  resolve(import.meta.dirname, '../../../../../docs/guides/openapi-import.md'),
  'utf8',
)

/** The table rows under a heading, as cells. */
function rowsUnder(heading: string): string[][] {
  const [, after = ''] = guide.split(`\n${heading}\n`)
  const [section = ''] = after.split(/\n#{2,3} /)
  const rows = section.split('\n').filter((line) => line.startsWith('| `'))
  return rows.map((line) => line.slice(2, -2).split(' | '))
}

const findings = (severity: string) => {
  const found = Object.entries(FINDINGS).filter(([, finding]) => finding.severity === severity)
  return found.map(([code, { title }]) => [`\`${code}\``, title])
}
const plain = (catalogue: Record<string, string>) =>
  Object.entries(catalogue).map(([code, title]) => [`\`${code}\``, title])

describe('F8: docs/guides/openapi-import.md lists every code, and no other', () => {
  it.each([
    ['### Errors', findings('error')],
    ['### Warnings', findings('warning')],
    ['## Refusals', plain(REFUSALS)],
    ['## Import from a URL', plain(FETCH_REFUSALS)],
    [
      '## Changes between two documents',
      Object.entries(CHANGES).map(([code, { level, title }]) => [`\`${code}\``, level, title]),
    ],
    ['## Lint', LINT_RULES.map(({ id, weight, title }) => [`\`${id}\``, String(weight), title])],
  ])('%s', (heading, expected) => {
    expect(rowsUnder(heading)).toEqual(expected)
  })
})
