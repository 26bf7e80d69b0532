import { expect, test } from 'vitest'
import { withKey } from './typed-early.ts'

const key = (name: string, held: Partial<Parameters<typeof withKey>[1]> = {}) => ({
  key: name,
  metaKey: false,
  ctrlKey: false,
  altKey: false,
  ...held,
})

test('letters, digits, spaces and signs of any script are text; Backspace takes one back', () => {
  const typed = ['r', 'e', 'q', '_', '4', 'x', 'Backspace', ' ', 'é', '猫'].reduce(
    (text, name) => withKey(text, key(name)) ?? text,
    '',
  )
  expect(typed).toBe('req_4 é猫')
})

test('Enter presses nothing and changes nothing; shortcuts and moves are left to the page', () => {
  expect(withKey('a', key('Enter'))).toBe('a')
  for (const other of [
    key('Tab'),
    key('Shift'),
    key('F5'),
    key('v', { metaKey: true }),
    key('r', { ctrlKey: true }),
  ])
    expect(withKey('a', other)).toBeUndefined()
})
