import { expect, it } from 'vitest'
import { withOwnIssuer } from './own-issuer-config.ts'

const own = {
  issuer: 'https://portal.example/oauth/acme',
  audience: 'https://portal.example/oauth/acme/apis',
}
const row = { issuer: own.issuer, audiences: [own.audience] }
const other = { issuer: 'https://id.books.test', audiences: ['books'] }

it('C5 the own authorisation server is put in the place of empty rows and the example, beside other providers, and once', () => {
  expect(withOwnIssuer({}, own)).toEqual({ issuers: [row] })
  expect(withOwnIssuer({ issuers: [{ issuer: '', audiences: [] }] }, own)).toEqual({ issuers: [row] })
  const begun = { issuer: 'https://id.example.com/realms/main', audiences: ['https://api.example.com'] }
  expect(withOwnIssuer({ issuers: [begun] }, own)).toEqual({ issuers: [row] })
  expect(withOwnIssuer({ issuers: [other], scopesRequired: ['a'] }, own)).toEqual({
    issuers: [other, row],
    scopesRequired: ['a'],
  })
  expect(withOwnIssuer({ issuers: [other, row] }, own)).toBeUndefined()
})
