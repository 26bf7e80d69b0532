// Functions in policies: what no gateway could load is told before it goes live, whatever it does to the parser.
import { expect, it } from 'vitest'
import { functionFault } from './function-check.ts'

it('C8: a function that does not parse is told by line and column, one that does is not', async () => {
  expect(await functionFault('export default () => {\n  retrn 1 +\n}')).toMatch(/^line 2, column \d+: /)
  expect(await functionFault('export default (a: number) => ({ allow: a > 1 })')).toBeNull()
})

it('C8: what breaks the parser breaks it for nobody else', async () => {
  const nested = `export default ${'('.repeat(5_000)}1${')'.repeat(5_000)}`
  expect(await functionFault(nested)).toBe('it is nested too deep to be read')
  expect(await functionFault('export default (b: number) => b')).toBeNull()
})
