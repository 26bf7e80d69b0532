// The closed catalogue of everything the gateway and the admin API can refuse; one page in docs/errors per code.

interface ErrorEntry {
  readonly status: number
  readonly title: string
}

/** code → status and title. A code never changes its meaning; `docs/errors/<code>.md` explains each one. */
export const errors = {
  // Request syntax: what arrived is not a request we may forward (RFC 9110, RFC 9112).
  malformed_request: { status: 400, title: 'The request is malformed' },
  invalid_host: { status: 400, title: 'The Host header is missing, repeated or malformed' },
  invalid_path: { status: 400, title: 'The request path is malformed' },
  request_timeout: { status: 408, title: 'The request took too long to arrive' },
  uri_too_long: { status: 414, title: 'The request target is too long' },
  headers_too_large: { status: 431, title: 'The request headers are too large' },
  unsupported_transfer_coding: { status: 501, title: 'The transfer coding is not supported' },
  http_version_not_supported: { status: 505, title: 'The HTTP version is not supported' },

  // Routing.
  route_not_found: { status: 404, title: 'No API answers at this path' },
  version_not_offered: { status: 406, title: 'The API does not offer this version' },
  method_not_allowed: { status: 405, title: 'The method is not allowed for this path' },
  api_retired: { status: 410, title: 'This API version is retired' },
  gateway_not_ready: { status: 503, title: 'The gateway has no configuration yet' },
  overloaded: { status: 503, title: 'The gateway has more to do than it can' },

  // How it came here.
  https_required: { status: 403, title: 'This address answers over https only' },

  // Who is calling.
  credential_missing: { status: 401, title: 'No credential was sent' },
  credential_invalid: { status: 401, title: 'The credential is not valid' },
  credential_other_environment: { status: 403, title: 'The credential belongs to another environment' },
  credential_revoked: { status: 401, title: 'The credential was revoked' },
  credential_expired: { status: 401, title: 'The credential has expired' },
  callers_differ: { status: 400, title: 'The credentials are of different applications' },
  credentials_unavailable: { status: 503, title: 'Credentials cannot be checked right now' },

  // Who is calling, by the token of an identity provider (RFC 6750).
  token_missing: { status: 401, title: 'No access token was sent' },
  token_malformed: { status: 401, title: 'The access token is malformed' },
  token_algorithm_not_allowed: {
    status: 401,
    title: 'The access token is signed in a way that is not allowed',
  },
  token_wrong_issuer: { status: 401, title: 'The access token is of another identity provider' },
  token_unknown_key: { status: 401, title: 'The access token is signed with an unknown key' },
  token_bad_signature: { status: 401, title: 'The signature of the access token is wrong' },
  token_expired: { status: 401, title: 'The access token has expired' },
  token_not_yet_valid: { status: 401, title: 'The access token is not valid yet' },
  token_wrong_audience: { status: 401, title: 'The access token is meant for another API' },
  token_claims_refused: { status: 401, title: 'The access token does not say what it must' },
  token_certificate_mismatch: {
    status: 401,
    title: 'The access token is bound to a client certificate that was not shown',
  },
  token_inactive: { status: 401, title: 'The authorization server says that the token is not active' },
  introspection_unavailable: { status: 503, title: 'The authorization server cannot be asked right now' },
  introspection_limited: { status: 503, title: 'The authorization server is being asked too often' },
  signature_missing: { status: 401, title: 'The request is not signed' },
  signature_malformed: { status: 401, title: 'The signature cannot be read' },
  signature_component_missing: { status: 401, title: 'The signature does not cover what it must' },
  signature_expired: { status: 401, title: 'The signature is too old' },
  signature_not_yet_valid: { status: 401, title: 'The signature is from the future' },
  signature_wrong_scope: { status: 401, title: 'The signature is meant for another region or service' },
  signature_unknown_key: { status: 401, title: 'Nobody has the key that signed' },
  signature_algorithm_refused: { status: 401, title: 'The key may not sign with this algorithm' },
  signature_invalid: { status: 401, title: 'The signature does not fit the request' },
  signature_replayed: { status: 401, title: 'The same signature came before' },
  signature_replay_unchecked: {
    status: 503,
    title: 'Whether the signature came before cannot be told right now',
  },
  signing_key_unusable: { status: 503, title: 'The gateway cannot open the key that signed' },
  content_digest_missing: { status: 401, title: 'The digest of the body is missing' },
  content_digest_mismatch: { status: 401, title: 'The body is not the one that was signed' },
  client_unknown: { status: 403, title: 'No application has registered this OAuth client' },
  insufficient_scope: { status: 403, title: 'The access token does not reach that far' },
  identity_provider_unavailable: {
    status: 503,
    title: 'The keys of the identity provider cannot be read right now',
  },

  // Who is calling, as a person who signs in with a browser.
  login_required: { status: 401, title: 'You have to sign in' },
  login_unfinished: { status: 400, title: 'The sign-in was not begun in this browser, or took too long' },
  login_repeated: { status: 400, title: 'This sign-in was finished before' },
  login_denied: { status: 403, title: 'You do not have access' },
  login_failed: { status: 502, title: 'The identity provider did not answer as it should' },
  login_unavailable: { status: 503, title: 'Nobody can be signed in right now' },

  // What an authorizer of the API's owner says.
  authorizer_denied: { status: 403, title: 'The owner of the API does not let this request pass' },
  authorizer_timeout: { status: 503, title: 'The authorizer of the API took too long' },
  authorizer_unavailable: { status: 503, title: 'The authorizer of the API cannot be asked right now' },
  authorizer_answer_invalid: { status: 503, title: 'The authorizer of the API gave no clear answer' },
  // Who is calling, by the certificate that they show.
  certificate_missing: { status: 401, title: 'No client certificate was shown' },
  certificate_malformed: { status: 401, title: 'The client certificate cannot be read' },
  certificate_untrusted: { status: 401, title: 'The client certificate is of no trusted authority' },
  certificate_expired: { status: 401, title: 'The client certificate has expired' },
  certificate_not_yet_valid: { status: 401, title: 'The client certificate is not valid yet' },
  certificate_revoked: { status: 401, title: 'The client certificate was revoked' },
  certificate_unknown: { status: 403, title: 'No application has registered this client certificate' },
  revocation_unavailable: {
    status: 503,
    title: 'Whether the client certificate was revoked cannot be checked right now',
  },

  // May they, now.
  subscription_missing: { status: 403, title: 'The application has no subscription to this API' },
  subscription_pending: { status: 403, title: 'The subscription waits for approval' },
  subscription_rejected: { status: 403, title: 'The subscription was rejected' },
  subscription_suspended: { status: 403, title: 'The subscription is suspended' },
  subscription_cancelled: { status: 403, title: 'The subscription was cancelled' },
  caller_denied: { status: 403, title: 'Callers of this group or role are refused' },
  operation_not_granted: { status: 403, title: 'The operation is not granted to this caller' },
  rules_refused: { status: 403, title: 'The rules of this API refuse the call' },
  rules_undecided: { status: 403, title: 'The rules of this API could not be evaluated' },
  address_not_allowed: { status: 403, title: 'The address is not allowed' },
  place_not_allowed: { status: 403, title: 'Calls from this place are not allowed' },
  reputation_unavailable: { status: 503, title: 'It cannot be told right now whether the address is listed' },
  place_unavailable: { status: 503, title: 'It cannot be told right now where the call comes from' },
  caller_blocked: { status: 403, title: 'The caller is blocked' },
  address_listed: { status: 403, title: 'The address has a bad reputation' },
  bot_blocked: { status: 403, title: 'Programs of this kind are not allowed here' },
  client_locked_out: { status: 429, title: 'Too many failed attempts came from this address' },
  waf_blocked: { status: 403, title: 'The request was refused for security reasons' },
  waf_unavailable: { status: 503, title: 'The request cannot be checked right now' },
  rate_limited: { status: 429, title: 'Too many requests' },
  quota_exceeded: { status: 429, title: 'The quota is used up' },
  concurrency_limited: { status: 429, title: 'Too many requests at the same time' },
  limits_unavailable: { status: 503, title: 'Limits cannot be counted right now' },

  // What it says.
  body_too_large: { status: 413, title: 'The request body is too large' },
  upload_malformed: { status: 400, title: 'The upload cannot be read' },
  upload_not_allowed: { status: 422, title: 'The upload is not allowed' },
  virus_found: { status: 422, title: 'The upload contains a virus' },
  virus_scanner_unavailable: { status: 503, title: 'The upload cannot be scanned right now' },
  media_type_not_supported: { status: 415, title: 'The media type is not supported' },
  content_coding_not_supported: { status: 415, title: 'The content coding of the body is not supported' },
  json_malformed: { status: 400, title: 'The body is not JSON' },
  json_too_deep: { status: 400, title: 'The JSON of the body is nested too deep' },
  json_limit_exceeded: { status: 400, title: 'The JSON of the body is larger than it may be' },
  json_duplicate_key: { status: 400, title: 'An object in the body has the same key twice' },
  json_forbidden_key: { status: 400, title: 'The body has a key that is not allowed' },
  request_invalid: { status: 400, title: 'The request is not what the API describes' },
  request_too_complex: { status: 400, title: 'Checking the request would take too long' },
  operation_undocumented: { status: 501, title: 'The document of the API does not describe this operation' },
  validation_unavailable: { status: 503, title: 'The request cannot be checked right now' },
  mock_missing: { status: 501, title: 'The API document has no example to answer with' },

  // The upstream, never named to the caller.
  upstream_unreachable: { status: 502, title: 'The service behind this API cannot be reached' },
  upstream_invalid_response: { status: 502, title: 'The service behind this API sent an invalid response' },
  response_not_filterable: { status: 502, title: 'The response cannot be filtered' },
  response_invalid: {
    status: 502,
    title: 'The service behind this API answered with what the API does not describe',
  },
  secret_unavailable: { status: 503, title: 'A secret that the API needs cannot be read right now' },
  upstream_unavailable: { status: 503, title: 'The service behind this API is unavailable' },
  circuit_open: {
    status: 503,
    title: 'The service behind this API keeps failing and is left alone for a while',
  },
  upstream_timeout: { status: 504, title: 'The service behind this API took too long' },
  client_closed_request: { status: 499, title: 'The client closed the connection' },
  internal_error: { status: 500, title: 'Something went wrong on our side' },

  // Admin API.
  invalid_input: { status: 400, title: 'The input is not valid' },
  invalid_json: { status: 400, title: 'The body is not valid JSON' },
  invalid_cursor: { status: 400, title: 'The cursor is not valid' },
  idempotency_key_missing: { status: 400, title: 'The Idempotency-Key header is required' },
  not_signed_in: { status: 401, title: 'Sign in first' },
  sign_in_failed: { status: 401, title: 'The email address or the password is wrong' },
  token_invalid: { status: 401, title: 'The access token is not valid' },
  csrf_failed: { status: 403, title: 'The request did not prove that it came from the portal' },
  permission_denied: { status: 403, title: 'Your role does not allow this' },
  sign_in_unfinished: { status: 400, title: 'The sign-in was not begun in this browser, or took too long' },
  sign_in_denied: { status: 403, title: 'The identity provider did not let you in' },
  email_unverified: { status: 403, title: 'The identity provider does not vouch for your email address' },
  provider_untrusted: { status: 403, title: 'The identity provider may not sign in a platform admin' },
  role_stale: { status: 403, title: 'Your role comes from groups that were last seen too long ago' },
  second_factor_required: { status: 401, title: 'A second factor is needed to sign in' },
  second_factor_failed: { status: 401, title: 'The code is not good, or was used already' },
  second_factor_missing: { status: 403, title: 'You need a second factor here, and have none' },
  passkey_failed: { status: 401, title: 'The passkey is not known here, or its answer is not good' },
  proof_required: { status: 403, title: 'Prove once more that it is you' },
  link_invalid: { status: 400, title: 'The link was used, is too old, or is not for you' },
  admin_address_refused: { status: 403, title: 'Admins may not come from this address' },
  invitation_required: { status: 403, title: 'You need an invitation to come in' },
  sign_up_closed: { status: 403, title: 'Sign-up is by invitation only' },
  not_found: { status: 404, title: 'There is no such thing here' },
  already_exists: { status: 409, title: 'It exists already' },
  path_taken: { status: 409, title: 'Another API already answers at this path' },
  state_conflict: { status: 409, title: 'The current state does not allow this' },
  in_use: { status: 409, title: 'It is still in use' },
  limit_reached: { status: 409, title: 'It is the most that is allowed here' },
  locked_out: { status: 409, title: 'It would lock you out' },
  last_owner: { status: 409, title: 'A tenant keeps at least one owner' },
  idempotency_in_flight: { status: 409, title: 'The same request is still being handled' },
  version_stale: { status: 412, title: 'Someone changed it since you read it' },
  payload_too_large: { status: 413, title: 'The body is too large' },
  idempotency_mismatch: { status: 422, title: 'The Idempotency-Key was used for a different request' },
  document_refused: { status: 422, title: 'The API document cannot be imported' },
  document_unreachable: { status: 422, title: 'The API document cannot be fetched' },
  address_refused: { status: 422, title: 'Addresses inside a private network are refused' },
  snapshot_refused: { status: 422, title: 'The configuration would be refused by the gateways' },
  manifest_refused: { status: 422, title: 'The manifest is not valid' },
  version_missing: { status: 428, title: 'The If-Match header is required' },
  sign_in_throttled: { status: 429, title: 'Too many attempts to sign in' },
  provider_failed: { status: 502, title: 'The identity provider did not answer as it should' },
  mail_not_configured: { status: 503, title: 'No mail can be sent here' },
  secrets_key_missing: { status: 503, title: 'There is no key to seal secrets with' },
  database_unavailable: { status: 503, title: 'The database is unavailable' },
  reader_busy: { status: 503, title: 'Too many documents are being read right now' },
  store_unavailable: { status: 503, title: 'The configuration store is unavailable' },
} as const satisfies Record<string, ErrorEntry>

export type ErrorCode = keyof typeof errors

export const errorCodes = Object.keys(errors) as ErrorCode[]

/** One wrong field of an input: JSON pointer (RFC 6901), stable code and sentence. */
export interface FieldError {
  readonly pointer: string
  readonly code: string
  readonly detail: string
  /** Of a request: where the pointer points into. */
  readonly in?: 'path' | 'query' | 'header' | 'cookie' | 'body'
}

/** Problem details (RFC 9457) as both the gateway and the admin API send them. */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly code: ErrorCode
  readonly detail?: string
  readonly instance?: string
  readonly request_id: string
  readonly errors?: readonly FieldError[]
  readonly [extension: string]: unknown
}

/** Where a code is explained; the admin API serves the page, so the link in every refusal resolves. */
export function problemType(code: ErrorCode, baseUrl = ''): string {
  return `${baseUrl}/errors/${code}`
}

export const problemMediaType = 'application/problem+json'
