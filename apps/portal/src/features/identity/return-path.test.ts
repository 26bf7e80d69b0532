import { expect, test } from 'vitest'
import { safeReturn } from './return-path.ts'

test('a path of the app is kept with its query', () => {
  expect(safeReturn('/admin/t/acme/dev/apis?q=1#x')).toBe('/admin/t/acme/dev/apis?q=1#x')
})

test('another site is never a return path', () => {
  for (const bad of [
    '//evil.example',
    'https://evil.example',
    '/\\evil.example',
    '/.//evil.example',
    '/x/..//evil.example',
    '/\t/evil.example',
    'javascript:alert(1)',
    '',
    undefined,
  ]) {
    expect(safeReturn(bad)).toBeUndefined()
  }
})
