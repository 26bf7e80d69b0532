// Where a document comes from → its original bytes: pasted, uploaded or fetched.
import type { contract } from '@gatewright/shared/contract/index'
import { Inject, Injectable } from '@nestjs/common'
import { ENV } from '../app.tokens.ts'
import type { Env } from '../env.ts'
import type { InputOf } from '../http/serve.ts'
import { refuse } from '../refusal.ts'
import { type FetchRefusal, fetchDocument } from './openapi/fetch-document.ts'
import { importDocument } from './openapi/import.ts'
import type { ImportedDocument } from './openapi/imported-document.ts'
import { lintDocument } from './openapi/lint.ts'

export type DocumentSource = InputOf<typeof contract.imports.preview>['source']

export interface ReadSource {
  readonly bytes: Uint8Array
  readonly document: ImportedDocument
  readonly findings: ReturnType<typeof showFindings>
}

const maxBytes = 20 * 1024 * 1024

@Injectable()
export class DocumentSources {
  constructor(@Inject(ENV) private readonly env: Env) {}

  /** The bytes and what they say; refused with the true reason and its line. */
  async read(source: DocumentSource): Promise<ReadSource> {
    if (source.kind === 'url') {
      const { bytes, url } = await this.#fetch(source.url)
      return readBytes(bytes, url)
    }
    const bytes = source.kind === 'text' ? Buffer.from(source.text) : Buffer.from(source.base64, 'base64')
    return readBytes(bytes)
  }

  async #fetch(url: string) {
    const fetched = await fetchDocument(url, { maxBytes, allowPrivate: this.env.IMPORT_PRIVATE_ADDRESSES })
    return fetched.ok ? fetched : refuseFetch(fetched)
  }
}

function refuseFetch({ code, message }: FetchRefusal): never {
  const inside = code === 'private-address' || code === 'url-scheme' || code === 'url-credentials'
  refuse(inside ? 'address_refused' : 'document_unreachable', message, {
    errors: [{ pointer: '/source/url', code, detail: message }],
  })
}

function readBytes(bytes: Uint8Array, sourceUrl?: string): ReadSource {
  const document = parseDocument(bytes, sourceUrl)
  return { bytes, document, findings: showFindings(document) }
}

export function parseDocument(bytes: Uint8Array, sourceUrl?: string): ImportedDocument {
  const imported = importDocument(bytes, { maxBytes, ...(sourceUrl === undefined ? {} : { sourceUrl }) })
  if (imported.ok) return imported
  const { code, message, pointer, line, column } = imported
  const place = line === null ? '' : ` (line ${line}, column ${column})`
  return refuse('document_refused', `${message}${place}`, {
    errors: [{ pointer, code, detail: message }],
    extensions: { line, column, reason: code },
  })
}

/** What the reading found and what the lint rules say (F9), as the contract has it. */
export function showFindings(document: ImportedDocument) {
  const read = document.findings.map(({ severity, code, ...place }) => ({
    level: severity,
    code: `${code}`,
    ...place,
  }))
  const lint = lintDocument(document).violations.map(({ rule, ...place }) => ({
    level: 'info' as const,
    code: rule,
    ...place,
  }))
  return [...read, ...lint].map(({ level, code, message, pointer, line, column }) => ({
    level,
    code,
    message,
    pointer,
    line,
    column,
  }))
}
