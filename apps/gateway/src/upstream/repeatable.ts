// Which requests may run twice without harm (RFC 9110 9.2.2), and are still at hand to be sent again.
import { noBody, type UpstreamRequest } from './call.ts'

/** Only without a body: one that streamed through is gone. */
export function isRepeatable({ method, bodyLength }: UpstreamRequest): boolean {
  return (bodyLength === noBody || bodyLength === 0) && isIdempotent(method)
}

/**
 * Changes nothing (RFC 9110 9.2.1). Of two requests that run at once the slower one ends when it likes, perhaps after the next
 * request of the same client: what it changes then, nobody expects.
 */
export function isSafe(method: string): boolean {
  return method === 'GET' || method === 'HEAD' || method === 'OPTIONS' || method === 'QUERY'
}

function isIdempotent(method: string): boolean {
  switch (method) {
    case 'GET':
    case 'HEAD':
    case 'OPTIONS':
    case 'PUT':
    case 'DELETE':
    case 'QUERY':
    case 'TRACE':
      return true
    default:
      return false
  }
}
