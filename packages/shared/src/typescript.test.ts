// Where a module is no TypeScript, and that what breaks the parser is told apart from what is merely wrong.
import { expect, it } from 'vitest'
import { strippingFault, stripTypes } from './typescript.ts'

it.each([
  ['export default () => {\n  retrn 1 +\n}', /^line 2, column \d+: Expected/],
  ['const a: = 1', /^line 1, column 10: /],
  ['enum A { x }', /^line 1, column 1: TypeScript enum/],
])('C8: %j is told by line and column', (source, fault) => {
  expect(strippingFault(stripTypes(source))).toMatch(fault)
})

it('C8: types are gone, and everything else stays in its place', () => {
  expect(stripTypes('const a: number = 1')).toEqual({ kind: 'code', code: 'const a         = 1' })
  expect(strippingFault(stripTypes('export default 1'))).toBeNull()
})
