// Where a document comes from → its original bytes: pasted, uploaded or fetched.
import type { contract } from '@gatewright/shared/contract/index'
import { Inject, Injectable } from '@nestjs/common'
import { ENV } from '../app.tokens.ts'
import type { Env } from '../env.ts'
import type { InputOf } from '../http/serve.ts'
import { refuse } from '../refusal.ts'
import { type FetchRefusal, fetchDocument } from './openapi/fetch-document.ts'
import type { DocumentBytes } from './openapi/questions.ts'
import type { ImportRefusal } from './openapi/read.ts'

export type DocumentSource = InputOf<typeof contract.imports.preview>['source']

const maxBytes = 20 * 1024 * 1024

@Injectable()
export class DocumentSources {
  constructor(@Inject(ENV) private readonly env: Env) {}

  /** The document as it comes from its source, not read yet. */
  async bytes(source: DocumentSource): Promise<DocumentBytes> {
    if (source.kind === 'url') {
      const { bytes, url } = await this.#fetch(source.url)
      return { bytes, sourceUrl: url, maxBytes }
    }
    const bytes = source.kind === 'text' ? Buffer.from(source.text) : Buffer.from(source.base64, 'base64')
    return { bytes, maxBytes }
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

/** The refusal of a document that cannot be imported, with the true reason and its place. */
export function refuseDocument({ code, message, pointer, line, column }: ImportRefusal): never {
  const place = line === null ? '' : ` (line ${line}, column ${column})`
  refuse('document_refused', `${message}${place}`, {
    errors: [{ pointer, code, detail: message }],
    extensions: { line, column, reason: code },
  })
}
