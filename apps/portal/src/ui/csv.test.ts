import { expect, test } from 'vitest'
import { csvOf } from './csv.ts'

test('quotes what needs it and disarms formulas', () => {
  expect(
    csvOf(
      ['a', 'b'],
      [
        ['x, "y"', 1],
        ['=SUM(A1)', null],
      ],
    ),
  ).toBe('a,b\r\n"x, ""y""",1\r\n\'=SUM(A1),')
})
