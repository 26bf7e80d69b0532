// The threat model names files: each of them exists, so that the page says what is so.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const root = join(import.meta.dirname, '../..')
const folders = {
  A: 'apps/admin-api/src',
  G: 'apps/gateway/src',
  GT: 'apps/gateway/test',
  P: 'packages/shared/src/policies',
}

it('I19: the tests that the threat model names are there, for each boundary', () => {
  const text = readFileSync(join(root, 'docs/security/threat-model.md'), 'utf8')
  const rows = text
    .slice(text.indexOf('## Where each is tested'), text.indexOf('## What remains'))
    .split('\n')
  const named = rows.flatMap((row) =>
    Array.from(row.matchAll(/`([^`]+\.(?:test|e2e)\.ts)`/g), ([, path = '']) => path),
  )
  const pathOf = (name: string) => {
    const [first = '', ...rest] = name.split('/')
    const folder = folders[first as keyof typeof folders]
    return folder === undefined ? name : [folder, ...rest].join('/')
  }
  expect(named.length).toBeGreaterThan(50)
  expect(named.filter((name) => !existsSync(join(root, pathOf(name))))).toEqual([])
})
