import { describe, expect, test } from 'vitest'
import {
  attemptSeconds,
  beginAttempt,
  browserSecret,
  openAttempt,
  safeReturnPath,
  sealAttempt,
} from './attempt.ts'

const now = new Date('2026-11-21T12:00:00Z')
const later = (seconds: number) => new Date(now.getTime() + seconds * 1000)

describe('C4 an attempt to sign in', () => {
  const browser = browserSecret(null)
  const attempt = beginAttempt('idp_1', '/admin', now)
  const state = sealAttempt(attempt, browser)

  test('is opened by the browser that began it, for the provider it began it with, for a quarter of an hour', () => {
    expect(openAttempt(state, browser, 'idp_1', later(attemptSeconds))).toEqual(attempt)
    expect(openAttempt(state, browser, 'idp_1', later(attemptSeconds + 1))).toBeNull()
    expect(openAttempt(state, browser, 'idp_2', now)).toBeNull()
    expect(openAttempt(state, browserSecret(null), 'idp_1', now)).toBeNull()
    expect(openAttempt(state, null, 'idp_1', now)).toBeNull()
  })

  test.each(['', 'x', state.slice(0, -4), `A${state.slice(1)}`, `${state}AAAA`])(
    'is nothing when changed: %s',
    (text) => {
      expect(openAttempt(text === state ? undefined : text, browser, 'idp_1', now)).toBeNull()
    },
  )

  test('shows nothing of itself', () => {
    const text = Buffer.from(state, 'base64url').toString('latin1')
    for (const secret of [attempt.verifier, attempt.nonce, '/admin']) expect(text).not.toContain(secret)
  })

  test('keeps the secret of a browser that has one, and none that is not ours', () => {
    expect(browserSecret(browser)).toBe(browser)
    expect(browserSecret('chosen by somebody else')).not.toBe('chosen by somebody else')
  })
})

describe('C4 the way back after a sign-in', () => {
  test.each([
    ['/', '/'],
    ['/admin/t/acme/prod/apis?search=a#b', '/admin/t/acme/prod/apis?search=a#b'],
    ['/a/../b', '/b'],
    ['/p/acme?next=https://evil.example', '/p/acme?next=https://evil.example'],
  ])('is a path of the portal: %s', (raw, path) => {
    expect(safeReturnPath(raw)).toBe(path)
  })

  test.each([
    'https://evil.example',
    '//evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    '/.//evil.example',
    '/a/..//evil.example',
    '/%2e//evil.example',
    '/\t/evil.example',
    '/\n/evil.example',
    'javascript:alert(1)',
    ' /a',
    '',
    '/api/v1/me',
    `/${'a'.repeat(1000)}`,
    undefined,
    ['/a', '/b'],
  ])('is nowhere else: %j', (raw) => {
    expect(safeReturnPath(raw)).toBeNull()
  })
})
