// Every way a command can fail, as a message that names what and where, and an exit code.

import type { FieldError } from '@gatewright/shared/errors'
import { CommanderError } from 'commander'

/** An expected failure: its text is all a person needs. */
export class Failure extends Error {
  override readonly name = 'Failure'
}

/** A refusal of the admin API (RFC 9457). */
export class ProblemError extends Error {
  override readonly name = 'ProblemError'
  readonly status: number
  readonly code: string
  readonly requestId: string | undefined
  readonly errors: readonly FieldError[]

  constructor(status: number, body: unknown) {
    const problem = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>
    const title = typeof problem.title === 'string' ? problem.title : `HTTP ${status}`
    super(typeof problem.detail === 'string' ? `${title}: ${problem.detail}` : title)
    this.status = status
    this.code = typeof problem.code === 'string' ? problem.code : `http_${status}`
    this.requestId = typeof problem.request_id === 'string' ? problem.request_id : undefined
    this.errors = Array.isArray(problem.errors) ? (problem.errors as FieldError[]) : []
  }
}

/** Writes the failure to stderr and returns the exit code. */
export function report(thrown: unknown): number {
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : 1
  process.stderr.write(`${describe(thrown)}\n`)
  return 1
}

function describe(thrown: unknown): string {
  if (thrown instanceof ProblemError) {
    const fields = thrown.errors.map((field) => `\n  ${field.pointer}: ${field.detail}`).join('')
    const id = thrown.requestId ? `, request ${thrown.requestId}` : ''
    return `error: ${thrown.message} (${thrown.code}${id})${fields}`
  }
  if (thrown instanceof Failure) return `error: ${thrown.message}`
  if (thrown instanceof Error) {
    const cause = thrown.cause instanceof Error ? `: ${thrown.cause.message}` : ''
    return `error: ${thrown.message}${cause}`
  }
  return `error: ${String(thrown)}`
}
