// What the head of a request means, read strictly: what passes means one thing to everybody.
import type { ErrorCode } from '@gatewright/shared/errors'
import { noBody, unknownLength } from '../upstream/call.ts'
import type { RequestContext } from './context.ts'
import { aliasedKind, fieldKind, framing, is, ordinary } from './fields.ts'
import { hostOf, isQuery, normalisePath } from './target.ts'

export interface SyntaxFault {
  readonly code: ErrorCode
  readonly detail: string
}

const fault = (code: ErrorCode, detail: string): SyntaxFault => ({ code, detail })

const fieldsMax = 200

const faults = {
  fields: fault('headers_too_large', `At most ${fieldsMax} header fields are accepted.`),
  urlLength: fault('uri_too_long', 'The request target is longer than this gateway accepts.'),
  framingAlias: fault('malformed_request', 'A header field name imitates a framing field.'),
  hostRepeated: fault('invalid_host', 'The Host header field is sent more than once.'),
  hostMissing: fault('invalid_host', 'HTTP/1.1 asks for exactly one Host header field.'),
  hostMalformed: fault('invalid_host', 'The Host header field has to be a host name and an optional port.'),
  hostContradicts: fault(
    'invalid_host',
    'The Host header field and the request target name different hosts.',
  ),
  lengthRepeated: fault('malformed_request', 'Content-Length is sent more than once.'),
  lengthMalformed: fault('malformed_request', 'Content-Length is not a number of bytes.'),
  lengthContradicts: fault(
    'malformed_request',
    'Content-Length and Transfer-Encoding contradict each other.',
  ),
  codingRepeated: fault('malformed_request', 'Transfer-Encoding is sent more than once.'),
  codingMalformed: fault('malformed_request', 'Transfer-Encoding has to be exactly “chunked”.'),
  codingTooNew: fault('malformed_request', 'HTTP/1.0 has no Transfer-Encoding.'),
  codingUnknown: fault('unsupported_transfer_coding', 'The only transfer coding understood is “chunked”.'),
  typeRepeated: fault('malformed_request', 'Content-Type is sent more than once.'),
  expectation: fault('malformed_request', 'The only expectation understood is “100-continue”.'),
  asterisk: fault('malformed_request', 'The target * belongs to OPTIONS alone.'),
  target: fault('malformed_request', 'The request target is neither a path nor an http(s) address.'),
  path: fault('invalid_path', 'The path has illegal characters, broken percent-encoding or leaves its root.'),
  query: fault('invalid_path', 'The query has illegal characters; they have to be percent-encoded.'),
} as const

/** Fills in what the head says of the request; the fault that refuses it, or null. */
export function readHead(ctx: RequestContext, urlBytesMax: number): SyntaxFault | null {
  const { fields, minor, target } = ctx.exchange
  if (fields.length > fieldsMax * 2) return faults.fields
  if (target.length > urlBytesMax) return faults.urlLength
  const fault = readFields(ctx, fields, minor) ?? readTarget(ctx, target)
  if (fault === null && ctx.peer.trusted) believe(ctx)
  return fault
}

/** Takes the word of a trusted proxy for who is behind it. */
function believe(ctx: RequestContext): void {
  const forwardedFor = ctx.header('x-forwarded-for')
  if (forwardedFor !== undefined) ctx.clientAddress = ctx.peer.clientBehind(forwardedFor)
  const scheme = ctx.header('x-forwarded-proto')
  if (scheme === 'http' || scheme === 'https') ctx.scheme = scheme
}

function readFields(ctx: RequestContext, fields: readonly string[], minor: number): SyntaxFault | null {
  let host: string | null = null
  let length: string | null = null
  let coding: string | null = null
  let hasType = false
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string
    const value = fields[i + 1] as string
    // A server behind us that reads it as Transfer-Encoding would cut the message elsewhere.
    if (aliasedKind(name) === framing) return faults.framingAlias
    const kind = fieldKind(name)
    if (kind === ordinary) {
      // Whoever checks bodies by the one and whoever reads them by the other would not mean the same.
      if (name.length === 12 && is(name, 'content-type')) {
        if (hasType) return faults.typeRepeated
        hasType = true
      }
      continue
    }
    if (kind === framing) {
      if (is(name, 'host')) {
        if (host !== null) return faults.hostRepeated
        host = value
      } else if (is(name, 'content-length')) {
        if (length !== null) return faults.lengthRepeated
        length = value
      } else if (is(name, 'transfer-encoding')) {
        if (coding !== null) return faults.codingRepeated
        coding = value
      } else {
        if (!is(value, '100-continue')) return faults.expectation
        ctx.expectsContinue = minor === 1
      }
    } else if (is(name, 'connection')) {
      ctx.connectionField = ctx.connectionField === '' ? value : `${ctx.connectionField}, ${value}`
    }
  }
  const fault = readLength(ctx, length, coding, minor)
  if (fault !== null) return fault
  ctx.exchange.keepAlive = keepsAlive(ctx.connectionField, minor)
  if (host === null) return minor === 0 ? null : faults.hostMissing
  const name = hostOf(host)
  if (name === null) return faults.hostMalformed
  ctx.authority = host
  ctx.host = name
  return null
}

/** RFC 9112 9.3: HTTP/1.1 keeps connections unless told otherwise, HTTP/1.0 the other way round. */
function keepsAlive(connection: string, minor: number): boolean {
  if (connection === '') return minor === 1
  if (is(connection, 'keep-alive')) return true
  const options = connection.split(',').map((option) => option.trim().toLowerCase())
  return !options.includes('close') && (minor === 1 || options.includes('keep-alive'))
}

function readLength(
  ctx: RequestContext,
  length: string | null,
  coding: string | null,
  minor: number,
): SyntaxFault | null {
  if (coding !== null) {
    if (length !== null) return faults.lengthContradicts
    if (minor === 0) return faults.codingTooNew
    if (!is(coding, 'chunked')) {
      // RFC 9112 6.1: 501 is for a coding that we do not know, not for one that is badly written.
      return /^[a-z]+$/i.test(coding) ? faults.codingUnknown : faults.codingMalformed
    }
    ctx.wireLength = unknownLength
  } else if (length !== null) {
    if (!/^\d{1,15}$/.test(length)) return faults.lengthMalformed
    ctx.wireLength = Number(length)
  } else {
    ctx.wireLength = noBody
  }
  return null
}

function readTarget(ctx: RequestContext, url: string): SyntaxFault | null {
  let origin = url
  if (url.charCodeAt(0) !== 0x2f) {
    if (url === '*') {
      ctx.path = '*'
      return ctx.method === 'OPTIONS' ? null : faults.asterisk
    }
    const absolute = /^https?:\/\/([^/?#]+)(.*)$/i.exec(url)
    if (absolute === null) return faults.target
    const authority = absolute[1] as string
    const host = hostOf(authority)
    if (host === null) return faults.hostMalformed
    // RFC 9112 3.2.2 lets the target win; two names for one request serve nobody but attackers.
    if (ctx.authority !== '' && ctx.authority.toLowerCase() !== authority.toLowerCase()) {
      return faults.hostContradicts
    }
    ctx.authority = authority
    ctx.host = host
    const rest = absolute[2] as string
    origin = rest.startsWith('/') ? rest : `/${rest}`
  }
  const mark = origin.indexOf('?')
  const path = normalisePath(mark < 0 ? origin : origin.substring(0, mark))
  if (path === null) return faults.path
  ctx.path = path
  if (mark >= 0) {
    ctx.query = origin.substring(mark + 1)
    if (!isQuery(ctx.query)) return faults.query
  }
  return null
}
