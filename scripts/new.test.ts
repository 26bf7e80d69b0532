import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { policyFiles } from './new.ts'

const read = (path: string) => readFileSync(join(import.meta.dirname, '..', path), 'utf8')
const folder = 'packages/shared/src/policies'

test('a new policy is named wherever policies are, behind those that run no later', () => {
  const files = policyFiles('header-guard', 'admit', read)
  expect([...files.keys()]).toEqual([
    `${folder}/header-guard.ts`,
    `${folder}/header-guard.test.ts`,
    `${folder}/specs.ts`,
    `${folder}/index.ts`,
  ])
  const specs = files.get(`${folder}/specs.ts`) ?? ''
  expect(specs).toContain("import { spec as headerGuard } from './header-guard.ts'")
  expect(specs).toMatch(/policySpecs = \[[^\]]*quota, headerGuard,\s+bodyLimit/)
  expect(specs).toContain('  attachment(quota),\n  attachment(headerGuard),\n')
  const index = files.get(`${folder}/index.ts`) ?? ''
  expect(index).toContain("import { policy as headerGuard } from './header-guard.ts'")
  expect(index).toContain('    runnable(quota),\n    runnable(headerGuard),\n')
  expect(files.get(`${folder}/header-guard.ts`)).toContain("stage: 'admit'")
})

test.each([
  ['Header', 'admit', 'npm run new policy <type> <stage>'],
  ['header-guard', 'later', 'edge, identify, admit, shape, upstream'],
  ['cors', 'edge', 'There is a policy cors already.'],
])('%s at %s is refused', (type, stage, message) => {
  expect(() => policyFiles(type, stage, read)).toThrow(message)
})
