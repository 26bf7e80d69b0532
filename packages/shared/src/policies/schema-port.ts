// The port through which policies check values against the schemas of an operation; the gateway compiles them beside its event loop.

import type { Definitions, OperationRules, SchemaText } from '../validation/operation-rules.ts'
import type { RouteFacts } from './policy.ts'

/** What the document says of the operation behind a route. */
export interface Operation {
  /** Method and path of the document: `GET /books/{id}`. */
  readonly key: string
  readonly rules: OperationRules
  readonly definitions: Definitions
}

/** One fault of a value; never the value itself. */
export interface ValueFault {
  /** JSON pointer into the value. */
  readonly instancePath: string
  readonly keyword: string
  readonly params: Readonly<Record<string, unknown>>
}

export type Checked =
  | { readonly kind: 'valid' }
  /** At least one. */
  | { readonly kind: 'faults'; readonly faults: readonly ValueFault[] }
  /** It would hold the worker for too long. */
  | { readonly kind: 'too-complex' }
  /** The schema could not be made ready. */
  | { readonly kind: 'unavailable' }

export interface SchemaUse {
  readonly schema: SchemaText
  readonly definitions: Definitions
  /** Whether a property that is `readOnly` is a fault. */
  readonly refusesReadOnly: boolean
}

export interface SchemaChecks {
  /** At once when the schema is ready. Where `explain` says so, all faults of a value are told instead of the first. */
  check(use: SchemaUse, value: unknown, explain: boolean): Checked | Promise<Checked>
}

/** One field or file of a form. */
export interface FormPart {
  readonly name: string
  readonly filename: string | null
  readonly mediaType: string
  /** Null for a file. */
  readonly text: string | null
}

export type FormRead =
  | { readonly kind: 'parts'; readonly parts: readonly FormPart[] }
  | { readonly kind: 'malformed' }
  | { readonly kind: 'too-many' }

export interface Forms {
  /** multipart/form-data (RFC 7578), from memory and bounded. */
  multipart(contentType: string, body: Uint8Array): Promise<FormRead>
}

/** Where messages are not what the document says of them. */
export interface DriftLog {
  /** `value`: the body that the pointers of faults are of; only the type of what is there is noted. */
  note(
    route: RouteFacts,
    direction: 'request' | 'response',
    faults: readonly DriftFault[],
    value?: unknown,
  ): void
}

export interface DriftFault {
  readonly in: 'path' | 'query' | 'header' | 'cookie' | 'body' | 'status'
  /** Of a status the status. */
  readonly pointer: string
  readonly code: string
}
