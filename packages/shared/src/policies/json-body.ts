// A request body that says it is JSON: what it may be written in, and the refusals for one that is not, or that is made to hurt.
import { essence } from '../media-type.ts'
import { type JsonFault, type JsonLimits, scanJson } from '../validation/json-scan.ts'
import { type PolicyContext, type Refusal, refuse } from './policy.ts'

/** RFC 9110 15.5.16: Accept-Encoding in a 415 says that the coding was the reason, and what would have been right. */
const coded = refuse('content_coding_not_supported', {
  detail: 'The body has to be sent without a Content-Encoding.',
  headers: ['Accept-Encoding', 'identity'],
})
const wrongCharset = refuse('media_type_not_supported', {
  detail: 'The body has to be sent in UTF-8 (for JSON: RFC 8259 8.1).',
})
const notUtf8 = refuse('json_malformed', { detail: 'The body is not UTF-8.' })

/** `application/json` and what is made of it (RFC 6839 3.1). */
export function isJsonType(contentType: string): boolean {
  const type = essence(contentType)
  return type === 'application/json' || type.endsWith('+json') || type === 'text/json'
}

/** Why the body cannot be read as it is; nobody here undoes codings, so that nothing small becomes something large. */
export function codingRefusal(ctx: PolicyContext): Refusal | undefined {
  const coding = ctx.header('content-encoding')
  return coding === undefined || coding.trim().toLowerCase() === 'identity' || coding.trim() === ''
    ? undefined
    : coded
}

/** Why a body of this type is none in UTF-8. */
export function charsetRefusal(contentType: string | undefined): Refusal | undefined {
  // All that a reader could take for one: also the second, and one inside of another parameter.
  for (const [, charset = ''] of (contentType ?? '').matchAll(/;\s*charset\s*=\s*"?([^\s;"]*)/gi))
    if (!/^utf-?8$/i.test(charset)) return wrongCharset
  return undefined
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export type JsonText = { readonly kind: 'text'; readonly text: string } | Refusal

/** The text of a body that is JSON within the limits. */
export function jsonText(body: Uint8Array, limits: JsonLimits): JsonText {
  const fault = scanJson(body, limits)
  if (fault !== null) return faultRefusal(fault, limits)
  try {
    return { kind: 'text', text: strict.decode(body) }
  } catch {
    return notUtf8
  }
}

/** The fault as callers hear of it; never with anything of the body. */
export function faultRefusal(fault: JsonFault, limits: JsonLimits): Refusal {
  switch (fault.kind) {
    case 'malformed':
      return refuse('json_malformed', { detail: `Expected ${fault.expected} at byte ${fault.at}.` })
    case 'too-deep':
      return refuse('json_too_deep', {
        detail: `At most ${limits.depth} arrays and objects may stand inside each other.`,
      })
    case 'duplicate-key':
      return refuse('json_duplicate_key')
    case 'forbidden-key':
      return refuse('json_forbidden_key')
    case 'too-many-keys':
      return exceeded('keys', limits.keys, `An object may have at most ${limits.keys} keys.`)
    case 'too-many-items':
      return exceeded('items', limits.items, `An array may have at most ${limits.items} entries.`)
    case 'too-long-string':
      return exceeded(
        'stringBytes',
        limits.stringBytes,
        `A string may have at most ${limits.stringBytes} bytes.`,
      )
    case 'too-many-values':
      return exceeded('values', limits.values, `A body may have at most ${limits.values} values.`)
  }
}

function exceeded(limit: string, max: number, detail: string): Refusal {
  return refuse('json_limit_exceeded', { detail, extensions: { limit, max } })
}
