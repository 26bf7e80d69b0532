// Any error → problem details (RFC 9457): expected ones say what and where, unexpected ones only an id that is in the log.
import {
  type ErrorCode,
  errors,
  type FieldError,
  type Problem,
  problemMediaType,
  problemType,
} from '@gatewright/shared/errors'
import { HttpException } from '@nestjs/common'
import { ValidationError } from '@orpc/contract'
import { ORPCError } from '@orpc/server'
import type { FastifyReply } from 'fastify'
import { Prisma } from '../generated/prisma/client.ts'
import { Refusal } from '../refusal.ts'

export interface ProblemAnswer {
  readonly problem: Problem
  readonly retryAfterSeconds: number | undefined
  /** True when the error is a bug or an outage, and so belongs into the log with its stack. */
  readonly unexpected: boolean
}

/** The answer to an error; `path` is the path of the request. */
export function toProblem(error: unknown, requestId: string, path: string): ProblemAnswer {
  const refusal = toRefusal(error)
  const entry = errors[refusal.code]
  return {
    problem: {
      type: problemType(refusal.code),
      title: entry.title,
      status: entry.status,
      detail: refusal.detail,
      instance: path,
      code: refusal.code,
      ...(refusal.errors ? { errors: refusal.errors } : {}),
      request_id: requestId,
      ...refusal.extensions,
    },
    retryAfterSeconds: refusal.retryAfterSeconds,
    unexpected: entry.status >= 500,
  }
}

export function sendProblem(reply: FastifyReply, { problem, retryAfterSeconds }: ProblemAnswer): void {
  if (retryAfterSeconds !== undefined) reply.header('retry-after', Math.ceil(retryAfterSeconds))
  if (problem.status === 401) reply.header('www-authenticate', 'Bearer realm="gatewright"')
  reply.code(problem.status).header('content-type', problemMediaType).header('cache-control', 'no-store')
  reply.send(JSON.stringify(problem))
}

function toRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error
  if (error instanceof ORPCError) return orpcRefusal(error)
  if (error instanceof HttpException) return httpRefusal(error)
  if (isDatabaseOutage(error)) return new Refusal('database_unavailable', undefined, { cause: error })
  if (isRedisOutage(error)) return new Refusal('store_unavailable', undefined, { cause: error })
  return fastifyRefusal(error) ?? new Refusal('internal_error', undefined, { cause: error })
}

function orpcRefusal(error: ORPCError<string, unknown>): Refusal {
  const { cause } = error
  if (error.code === 'BAD_REQUEST' && cause instanceof ValidationError) {
    const found = cause.issues.flatMap(fieldErrors)
    const first = found[0]
    const detail = first ? `${first.pointer || 'The input'}: ${first.detail}` : undefined
    return new Refusal('invalid_input', detail, { errors: found })
  }
  if (error.code === 'BAD_REQUEST') return new Refusal('malformed_request', error.message, { cause })
  return new Refusal('internal_error', undefined, { cause: cause ?? error })
}

interface Issue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
  readonly code?: string
  readonly keys?: readonly string[]
}

/** A zod issue → the fields it speaks of; an unknown key is named itself, not the object around it. */
function fieldErrors(issue: Issue): FieldError[] {
  const path = (issue.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part))
  const code = issue.code ?? 'invalid'
  if (issue.keys) {
    return issue.keys.map((key) => ({
      pointer: pointer([...path, key]),
      code,
      detail: 'This field is not known here',
    }))
  }
  return [{ pointer: pointer(path), code, detail: issue.message }]
}

/** JSON pointer (RFC 6901). */
function pointer(path: readonly string[]): string {
  return path.map((part) => `/${part.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

function httpRefusal(error: HttpException): Refusal {
  const code = codeOfStatus(error.getStatus())
  return new Refusal(code, code === 'internal_error' ? undefined : error.message, { cause: error })
}

function codeOfStatus(status: number): ErrorCode {
  const codes: Readonly<Record<number, ErrorCode>> = {
    400: 'malformed_request',
    401: 'not_signed_in',
    403: 'permission_denied',
    404: 'not_found',
    405: 'method_not_allowed',
    413: 'payload_too_large',
    415: 'media_type_not_supported',
  }
  return codes[status] ?? 'internal_error'
}

function fastifyRefusal(error: unknown): Refusal | undefined {
  if (!(error instanceof Error) || !('statusCode' in error) || typeof error.statusCode !== 'number')
    return undefined
  const code = codeOfStatus(error.statusCode)
  return code === 'internal_error' ? undefined : new Refusal(code, error.message, { cause: error })
}

// Prisma 1xxx: cannot reach, refused, timed out, closed; P2024: no connection free. Below that, node-postgres' own words.
const databaseCodes = new Set([
  'P1000',
  'P1001',
  'P1002',
  'P1003',
  'P1008',
  'P1010',
  'P1017',
  'P2024',
  'P2028',
])
const socketCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ETIMEDOUT',
  'EPIPE',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
])
const shutdownCodes = new Set(['57P01', '57P02', '57P03', '53300'])

function isDatabaseOutage(error: unknown): boolean {
  if (error instanceof Prisma.PrismaClientInitializationError) return true
  if (error instanceof Prisma.PrismaClientKnownRequestError && databaseCodes.has(error.code)) return true
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    const code = 'code' in at ? String(at.code) : ''
    if (socketCodes.has(code) || shutdownCodes.has(code) || databaseCodes.has(code)) return true
    if (/Connection terminated|timeout exceeded when trying to connect|Can't reach database/.test(at.message))
      return true
  }
  return false
}

function isRedisOutage(error: unknown): boolean {
  return (
    error instanceof Error &&
    (error.name === 'MaxRetriesPerRequestError' ||
      /Connection is closed|Stream isn't writeable|Connection in subscriber mode/.test(error.message))
  )
}
