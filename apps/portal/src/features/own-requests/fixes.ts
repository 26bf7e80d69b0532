// For each reason a developer can do something about: what to do, and where.

export interface Fix {
  say:
    | 'getKey'
    | 'checkKey'
    | 'newKey'
    | 'getToken'
    | 'checkToken'
    | 'registerClient'
    | 'subscribe'
    | 'wait'
    | 'ask'
    | 'slowDown'
    | 'upgrade'
    | 'path'
    | 'method'
    | 'body'
    | 'harmless'
    | 'retry'
  go: 'api' | 'keys' | 'subscriptions' | 'docs' | 'usage'
  href: string
}

interface Place {
  tenant: string
  application: string | undefined
  api: string | undefined
}

export function fixOf(code: string | null, { tenant, application, api }: Place): Fix | undefined {
  const base = `/p/${tenant}`
  const catalogue = api ? `${base}/apis/${api}` : base
  const own = application ? `${base}/applications/${application}` : `${base}/applications`
  const fix = (say: Fix['say'], go: Fix['go']): Fix => {
    const hrefs = {
      api: catalogue,
      keys: application ? `${own}?tab=keys` : own,
      subscriptions: application ? `${own}?tab=subscriptions` : own,
      docs: api ? `${catalogue}/docs` : base,
      usage: `${base}/usage${application ? `?application=${application}` : ''}`,
    }
    return { say, go, href: hrefs[go] }
  }
  switch (code) {
    case 'credential_missing':
      return fix('getKey', 'api')
    case 'credential_invalid':
    case 'credential_other_environment':
      return fix('checkKey', 'keys')
    case 'credential_revoked':
    case 'credential_expired':
      return fix('newKey', 'keys')
    case 'token_missing':
      return fix('getToken', 'docs')
    case 'token_malformed':
    case 'token_algorithm_not_allowed':
    case 'token_wrong_issuer':
    case 'token_unknown_key':
    case 'token_bad_signature':
    case 'token_expired':
    case 'token_inactive':
    case 'token_not_yet_valid':
    case 'token_wrong_audience':
    case 'token_claims_refused':
    case 'token_certificate_mismatch':
    case 'insufficient_scope':
      return fix('checkToken', 'docs')
    case 'client_unknown':
      return fix('registerClient', 'keys')
    case 'subscription_missing':
      return fix('subscribe', 'api')
    case 'subscription_pending':
      return fix('wait', 'subscriptions')
    case 'subscription_rejected':
    case 'subscription_suspended':
    case 'subscription_cancelled':
      return fix('ask', 'subscriptions')
    case 'rate_limited':
    case 'concurrency_limited':
      return fix('slowDown', 'usage')
    case 'quota_exceeded':
      return fix('upgrade', 'api')
    case 'route_not_found':
    case 'version_not_offered':
    case 'api_retired':
      return fix('path', 'docs')
    case 'method_not_allowed':
      return fix('method', 'docs')
    case 'body_too_large':
    case 'media_type_not_supported':
      return fix('body', 'docs')
    case 'waf_blocked':
      return fix('harmless', 'docs')
    case 'overloaded':
    case 'introspection_unavailable':
    case 'introspection_limited':
    case 'authorizer_timeout':
    case 'authorizer_unavailable':
    case 'authorizer_answer_invalid':
    case 'secret_unavailable':
    case 'place_unavailable':
    case 'reputation_unavailable':
    case 'upstream_unreachable':
    case 'upstream_unavailable':
    case 'circuit_open':
    case 'upstream_timeout':
    case 'upstream_invalid_response':
      return fix('retry', 'usage')
    default:
      return undefined
  }
}
