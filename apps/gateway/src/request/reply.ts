// Writes the gateway's own answers: replies of policies and refusals from the closed catalogue as problem details (RFC 9457).
import {
  type ErrorCode,
  errors,
  type Problem,
  problemMediaType,
  problemType,
} from '@gatewright/shared/errors'
import { pageHeaders } from '@gatewright/shared/policies/login-pages'
import type { Refusal, Reply } from '@gatewright/shared/policies/policy'
import type { RequestContext } from './context.ts'
import { is } from './fields.ts'
import { checkField } from './header-edits.ts'
import { pushOwn } from './headers.ts'

/** Where the error pages live, so that `type` in a refusal resolves; empty = relative. */
export interface ReplySettings {
  readonly problemBaseUrl: string
}

/** Statuses whose replies have no content, not even an empty one with a length (RFC 9110 8.6). */
export const withoutContent = (status: number): boolean => status === 204 || status === 304

/** Head and body of a refusal. */
export function refusalReply(ctx: RequestContext, refusal: Refusal, settings: ReplySettings): Reply {
  const { status, title } = errors[refusal.code]
  const problem: Problem = {
    type: problemType(refusal.code, settings.problemBaseUrl),
    title,
    status,
    ...(refusal.detail === undefined ? {} : { detail: refusal.detail }),
    ...(ctx.path === '' ? {} : { instance: ctx.path }),
    code: refusal.code,
    ...(refusal.errors === undefined ? {} : { errors: refusal.errors }),
    ...refusal.extensions,
    request_id: ctx.requestId,
  }
  const { page } = refusal
  const headers = page === undefined ? ['Content-Type', problemMediaType] : [...pageHeaders]
  headers.push('Cache-Control', 'no-store')
  if (refusal.retryAfterMs !== undefined) {
    headers.push('Retry-After', String(Math.max(1, Math.ceil(refusal.retryAfterMs / 1_000))))
  }
  if (refusal.headers !== undefined) headers.push(...refusal.headers)
  return { kind: 'reply', status, headers, body: page ?? JSON.stringify(problem) }
}

/** Sends a whole reply; nothing of another one may have been sent before. `ctx.status` is its status already. */
export function sendReply(ctx: RequestContext, reply: Reply): void {
  const { exchange, replyEdits, match } = ctx
  const fields: string[] = []
  for (let i = 0; i < reply.headers.length; i += 2) {
    const name = reply.headers[i] as string
    // The length is that of the body below, whatever a policy (or the example it answers from) says.
    if (is(name, 'content-length') || is(name, 'transfer-encoding')) continue
    if (replyEdits?.drops(name)) continue
    const value = reply.headers[i + 1] as string
    checkField(name, value)
    fields.push(name, value)
  }
  const body = bytesOf(reply.body)
  if (!withoutContent(reply.status)) fields.push('Content-Length', String(body.length))
  pushOwn(ctx, match?.kind === 'route' ? match : null, fields)
  exchange.writeHead(reply.status, '', fields)
  if (ctx.headOnly || withoutContent(reply.status)) {
    exchange.end()
  } else {
    ctx.bytesOut = body.length
    exchange.endWith(body)
  }
}

/** A whole HTTP message for a connection whose bytes were no request; closes it (RFC 9112 9.6). */
export function rawRefusal(
  code: ErrorCode,
  detail: string,
  requestId: string,
  settings: ReplySettings,
): string {
  const { status, title } = errors[code]
  const type = problemType(code, settings.problemBaseUrl)
  const body = JSON.stringify({ type, title, status, detail, code, request_id: requestId })
  return [
    `HTTP/1.1 ${status} ${title}`,
    `Content-Type: ${problemMediaType}`,
    'Cache-Control: no-store',
    `X-Request-Id: ${requestId}`,
    `Date: ${new Date().toUTCString()}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
    '',
    body,
  ].join('\r\n')
}

function bytesOf(body: string | Uint8Array): Buffer {
  return typeof body === 'string'
    ? Buffer.from(body)
    : Buffer.from(body.buffer, body.byteOffset, body.byteLength)
}
