// Which refusals are security events, what kind they are of, and what is said of them to a SIEM.
import { type ErrorCode, errors } from './errors.ts'

/** `authentication`: who they are was not proved · `authorization`: they may not · `protection`: what they sent was turned away. */
export type SecurityCategory = 'authentication' | 'authorization' | 'protection'

/**
 * Refusals of the gateway that say nothing of an attack: wrong addresses, limits in everyday use, and what failed on our side or
 * behind us. Everything else is a security event, so that a new way to refuse is one unless somebody decides otherwise.
 */
const everyday: ReadonlySet<ErrorCode> = new Set([
  'request_timeout',
  'uri_too_long',
  'headers_too_large',
  'unsupported_transfer_coding',
  'http_version_not_supported',
  'route_not_found',
  'version_not_offered',
  'method_not_allowed',
  'api_retired',
  'gateway_not_ready',
  'overloaded',
  'credentials_unavailable',
  'identity_provider_unavailable',
  'introspection_unavailable',
  'login_failed',
  'login_unavailable',
  'authorizer_timeout',
  'authorizer_unavailable',
  'authorizer_answer_invalid',
  'rate_limited',
  'quota_exceeded',
  'concurrency_limited',
  'limits_unavailable',
  'body_too_large',
  'media_type_not_supported',
  'virus_scanner_unavailable',
  'waf_unavailable',
  'place_unavailable',
  'reputation_unavailable',
  'secret_unavailable',
  'mock_missing',
  'upstream_unreachable',
  'upstream_invalid_response',
  'upstream_unavailable',
  'circuit_open',
  'upstream_timeout',
  'client_closed_request',
  'internal_error',
] satisfies ErrorCode[])

/** The category of a refusal by its code; null = it is no security event, or no code of the catalogue. */
export function securityCategory(reason: string | null): SecurityCategory | null {
  if (reason === null || !Object.hasOwn(errors, reason)) return null
  const code = reason as ErrorCode
  if (everyday.has(code)) return null
  const { status } = errors[code]
  if (status === 401) return 'authentication'
  return status === 403 ? 'authorization' : 'protection'
}
