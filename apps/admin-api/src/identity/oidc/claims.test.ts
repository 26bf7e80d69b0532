import { expect, test } from 'vitest'
import { addressOf, readClaims } from './claims.ts'

const read = (idToken: Record<string, string | boolean>, userinfo: Record<string, string | boolean>) =>
  readClaims({ sub: 'x', ...userinfo, ...idToken, ...addressOf(idToken, userinfo) }, null).email

test('C4 an address is believed only as the document says that verifies it', () => {
  const [ann, eve] = ['ann@example.com', 'eve@example.com']
  expect(read({ email: ann, email_verified: true }, { email: eve, email_verified: true })).toBe(ann)
  expect(read({ email: ann, email_verified: false }, { email: ann, email_verified: true })).toBeNull()
  // One document's verification says nothing of another one's address.
  expect(read({ email: ann }, { email_verified: true })).toBeNull()
  expect(read({ email_verified: true }, { email: ann })).toBeNull()
  expect(read({ email: ann }, { email: eve, email_verified: true })).toBe(eve)
  expect(read({}, { email: ann, email_verified: true })).toBe(ann)
  expect(read({ email: ann, email_verified: true }, {})).toBe(ann)
  expect(read({}, {})).toBeNull()
})
