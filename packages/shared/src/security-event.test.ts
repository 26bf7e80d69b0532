import { describe, expect, test } from 'vitest'
import { securityCategory } from './security-event.ts'

describe('D14 security events', () => {
  test.each([
    ['credential_invalid', 'authentication'],
    ['token_expired', 'authentication'],
    ['address_not_allowed', 'authorization'],
    ['insufficient_scope', 'authorization'],
    ['malformed_request', 'protection'],
  ] as const)('%s is one of %s', (code, category) => expect(securityCategory(code)).toBe(category))

  test.each([
    null,
    'rate_limited',
    'route_not_found',
    'upstream_timeout',
    'internal_error',
    'toString',
    'unheard_of',
  ])('%s is none', (code) => expect(securityCategory(code)).toBeNull())
})
