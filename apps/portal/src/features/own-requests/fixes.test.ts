import { errors } from '@gatewright/shared/errors'
import { expect, test } from 'vitest'
import { fixOf } from './fixes.ts'

const place = { tenant: 'acme', application: 'graces-app', api: 'bookshop' }

test('J10: every refusal of credentials, subscriptions and limits leads somewhere', () => {
  const codes = Object.keys(errors).filter((code) =>
    /^(?:credential_|token_(?!invalid)|client_unknown|insufficient_scope|subscription_|rate_limited|concurrency_limited|quota_exceeded)/.test(
      code,
    ),
  )
  expect(codes.length).toBeGreaterThan(9)
  for (const code of codes) expect(fixOf(code, place)?.href, code).toMatch(/^\/p\/acme\//)
})

test('without an application the link leads to the list', () => {
  expect(fixOf('credential_invalid', { ...place, application: undefined })?.href).toBe('/p/acme/applications')
  expect(fixOf(null, place)).toBeUndefined()
})
