// A thread that turns schemas into code, one after the other, while its worker serves. Started by code-maker.ts.
import { parentPort } from 'node:worker_threads'
import { type SchemaSource, schemaCode } from '@gatewright/shared/validation/schema-code'

export interface CodeOrder {
  readonly id: number
  readonly source: SchemaSource
}

export type CodeAnswer =
  | { readonly id: number; readonly kind: 'code'; readonly code: string }
  | { readonly id: number; readonly kind: 'failed'; readonly reason: string }

function answer({ id, source }: CodeOrder): CodeAnswer {
  try {
    return { id, kind: 'code', code: schemaCode(source) }
  } catch (error) {
    return { id, kind: 'failed', reason: error instanceof Error ? error.message : String(error) }
  }
}

parentPort?.on('message', (order: CodeOrder) => parentPort?.postMessage(answer(order)))
