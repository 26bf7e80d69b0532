// What is asked about whole documents, each a pure function of their bytes: reading 20 MiB takes seconds, so a thread answers (thread.ts).
import { diffDocuments } from './diff.ts'
import { type ImportOptions, importDocument } from './import.ts'
import type {
  ImportedDocument,
  ImportedInfo,
  ImportedOperation,
  ImportRefusal,
  ImportSuggestion,
} from './imported-document.ts'
import type { JsonObject } from './json.ts'
import { lintDocument } from './lint.ts'
import { type DocumentSchemas, operationSchemas, type SchemaWish } from './operation-schemas.ts'
import { type PresentOptions, presentDocument } from './present.ts'
import { proposeDocument } from './proposal.ts'
import { documentText } from './search-text.ts'

/** The bytes of a document as received, and where they came from. */
export interface DocumentBytes extends ImportOptions {
  readonly bytes: Uint8Array
}

/** What a document says, as far as drafts and review cards need it: without the document itself, which may be large. */
export interface DocumentSummary {
  readonly ok: true
  readonly format: 'json' | 'yaml'
  readonly specVersion: string
  /** Lower-case hex of the bytes as received. */
  readonly sha256: string
  readonly sourceUrl: string | null
  readonly info: ImportedInfo
  readonly tags: readonly string[]
  readonly servers: readonly string[]
  readonly securitySchemes: readonly { readonly name: string; readonly type: string }[]
  readonly operations: readonly OperationSummary[]
  readonly suggestion: ImportSuggestion
  readonly findings: DocumentFinding[]
  /** 0 to 100. */
  readonly lintScore: number
  /** What a search of the catalogue looks through. */
  readonly searchText: string
}

export interface OperationSummary {
  readonly method: string
  readonly path: string
  readonly operationId: string | null
  readonly summary: string | null
  readonly tags: string[]
  readonly deprecated: boolean
  readonly parameterCount: number
  /** Whether the document says that callers prove who they are. */
  readonly secured: boolean
  readonly mocks: { status: number; mediaType: string | null; name: string | null; body: string }[]
}

// An alias, because a column of JSON takes no interface.
type DocumentFinding = {
  readonly level: 'error' | 'warning' | 'info'
  readonly code: string
  readonly message: string
  readonly pointer: string
  readonly line: number
  readonly column: number
}

/** One difference for clients, in words; `pointer` is into the newer document where it still stands there. */
export interface DocumentChange {
  readonly code: string
  readonly class: 'breaking' | 'non-breaking' | 'docs'
  readonly operation: string | null
  readonly message: string
  readonly pointer: string
}

export interface DocumentComparison {
  readonly ok: true
  readonly after: DocumentSummary
  /** What the older document routed. */
  readonly before: readonly { readonly method: string; readonly path: string }[]
  readonly changes: DocumentChange[]
}

/** A document as its readers get it: presented for the gateway, and what lists and code samples need of each operation. */
export interface DocumentDescription {
  readonly ok: true
  readonly presented: JsonObject
  readonly operations: readonly DescribedOperation[]
}
export type DescribedOperation = Omit<ImportedOperation, 'mocks'>

/** Every question by name; `DocumentReader.ask` takes the name and the input. */
export const questions = { read, compare, describe, schemas, propose: proposeDocument }
export type Questions = typeof questions
export type QuestionName = keyof Questions

function read(source: DocumentBytes): DocumentSummary | ImportRefusal {
  const document = importDocument(source.bytes, source)
  return document.ok ? summarize(document) : document
}

/** `before` null, or no longer acceptable to this importer: there is nothing to compare with, and `after` is read all the same. */
function compare(sources: {
  readonly before: DocumentBytes | null
  readonly after: DocumentBytes
}): DocumentComparison | ImportRefusal {
  const after = importDocument(sources.after.bytes, sources.after)
  if (!after.ok) return after
  const before = sources.before && importDocument(sources.before.bytes, sources.before)
  if (!before?.ok) return { ok: true, after: summarize(after), before: [], changes: [] }
  return {
    ok: true,
    after: summarize(after),
    before: before.operations.map(({ method, path }) => ({ method, path })),
    changes: changesOf(before, after),
  }
}

function describe(source: DocumentBytes & { readonly present: PresentOptions }) {
  const document = importDocument(source.bytes, source)
  if (!document.ok) return document
  const described: DocumentDescription = {
    ok: true,
    presented: presentDocument(document, source.present),
    operations: document.operations.map(({ mocks: _, ...operation }) => operation),
  }
  return described
}

function schemas(source: DocumentBytes & { readonly wish: SchemaWish }): DocumentSchemas | ImportRefusal {
  const document = importDocument(source.bytes, source)
  return document.ok ? operationSchemas(document, source.wish) : document
}

function summarize(document: ImportedDocument): DocumentSummary {
  const { score, violations } = lintDocument(document)
  const read = document.findings.map(({ severity, code, message, pointer, line, column }) => ({
    ...{ level: severity, code, message, pointer, line, column },
  }))
  const lint = violations.map(({ rule, message, pointer, line, column }) => ({
    ...{ level: 'info' as const, code: rule, message, pointer, line, column },
  }))
  return {
    ok: true,
    format: document.format,
    specVersion: document.version,
    sha256: document.sha256,
    sourceUrl: document.sourceUrl,
    info: document.info,
    tags: document.tags.map(({ name }) => name),
    servers: document.servers.map(({ url }) => url),
    securitySchemes: document.securitySchemes.map(({ name, type }) => ({ name, type })),
    operations: document.operations.map(summarizeOperation),
    suggestion: document.suggestion,
    findings: [...read, ...lint],
    lintScore: score,
    searchText: documentText(document),
  }
}

function summarizeOperation(operation: ImportedOperation): OperationSummary {
  return {
    method: operation.method,
    path: operation.path,
    operationId: operation.operationId,
    summary: operation.summary,
    tags: operation.tags,
    deprecated: operation.deprecated,
    parameterCount: operation.parameters.length,
    secured: operation.security.alternatives.some((schemes) => schemes.length > 0),
    mocks: operation.mocks.map(({ status, contentType, exampleName, body }) => ({
      status,
      mediaType: contentType,
      name: exampleName,
      body,
    })),
  }
}

function changesOf(before: ImportedDocument, after: ImportedDocument): DocumentChange[] {
  return diffDocuments(before, after).changes.map((change) => ({
    code: change.code,
    class: change.level,
    operation: change.operations[0] ?? null,
    message:
      change.operations.length > 1
        ? `${change.message} (${change.operations.length} operations)`
        : change.message,
    pointer: (change.after ?? change.before)?.pointer ?? '',
  }))
}
