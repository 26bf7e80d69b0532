import { expect, test } from 'vitest'
import { withKey } from './snippet.ts'

test('J8: the key takes the place of the variable', () => {
  expect(withKey('curl https://api.example/books \\\n  -H "X-API-Key: $GATEWRIGHT_KEY"', 'gw_dev_x')).toBe(
    'curl https://api.example/books \\\n  -H "X-API-Key: gw_dev_x"',
  )
  expect(withKey("-H 'X-API-Key: YOUR_API_KEY'", 'k')).toBe("-H 'X-API-Key: k'")
})

test('the header name and the rest stay as they are', () => {
  expect(withKey('curl https://api.example/keys/monkey', 'k')).toBe('curl https://api.example/keys/monkey')
})
