// A method is the caller's word until a route matched: all unknown ones are told as one, in metrics and in events.

const known = new Set([
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'QUERY',
  'TRACE',
  'CONNECT',
])

/** The method, or OpenTelemetry's `_OTHER` (semantic conventions, `http.request.method`). */
export const knownMethod = (method: string): string => (known.has(method) ? method : '_OTHER')
