// An expected "no" of the services: a code of the catalogue and a sentence; http/problem.ts turns it into an answer.
import { type ErrorCode, errors, type FieldError } from '@gatewright/shared/errors'

interface RefusalOptions extends ErrorOptions {
  readonly errors?: readonly FieldError[]
  readonly retryAfterSeconds?: number
  /** Further members of the problem document. */
  readonly extensions?: Readonly<Record<string, unknown>>
}

export class Refusal extends Error {
  readonly errors: readonly FieldError[] | undefined
  readonly retryAfterSeconds: number | undefined
  readonly extensions: Readonly<Record<string, unknown>>

  constructor(
    readonly code: ErrorCode,
    readonly detail: string = errors[code].title,
    options: RefusalOptions = {},
  ) {
    super(`${code}: ${detail}`, options)
    this.name = 'Refusal'
    this.errors = options.errors
    this.retryAfterSeconds = options.retryAfterSeconds
    this.extensions = options.extensions ?? {}
  }
}

/** `refuse('not_found', 'There is no API "books"')` reads as what it does at its call site. */
export function refuse(code: ErrorCode, detail?: string, options?: RefusalOptions): never {
  throw new Refusal(code, detail, options)
}

/** The refusal of one field of the input. */
export function refuseField(code: ErrorCode, pointer: string, detail: string): never {
  throw new Refusal(code, detail, { errors: [{ pointer, code, detail }] })
}
