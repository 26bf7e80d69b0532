// Lazy pages are named by text, so that the route tree's type does not depend on them; this proves that each name exists.

import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const here = import.meta.dirname

test('every lazy page exists in its module', () => {
  const named = globSync('*-routes.ts', { cwd: here }).flatMap((file) => {
    const text = readFileSync(join(here, file), 'utf8')
    return [...text.matchAll(/import\('([^']+)'\),\s*'(\w+)'/g)].map(([, module = '', name = '']) => ({
      file,
      module,
      name,
    }))
  })
  expect(named.length).toBeGreaterThan(20)
  const missing = named.filter(({ module, name }) => {
    const source = readFileSync(join(here, module), 'utf8')
    return !new RegExp(`export (?:function|const) ${name}\\b`).test(source)
  })
  expect(missing).toEqual([])
})
