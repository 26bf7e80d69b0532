// Compares one operation of two documents: its texts and servers here, the rest part by part.
import type { ChangeLog } from './change-log.ts'
import type { ChangeCode } from './changes.ts'
import { compareRequestBodies, compareResponses } from './diff-bodies.ts'
import { compareParameters } from './diff-parameters.ts'
import type { Pair, SchemaDiff } from './diff-schema.ts'
import { compareSecurity } from './diff-security.ts'
import type { ImportedDocument, ImportedOperation } from './imported-document.ts'

/** The same operation in the older and in the newer document. */
export interface OperationPair {
  old: ImportedOperation
  now: ImportedOperation
}

export interface Comparison {
  before: ImportedDocument
  after: ImportedDocument
  log: ChangeLog
  schemas: SchemaDiff
  /** Schemas that operations use, with the key of the operation; read out when all of them are compared. */
  used: { pair: Pair; operation: string }[]
}

export function compareOperations(pair: OperationPair, comparison: Comparison): void {
  const { old, now } = pair
  const say = (code: ChangeCode, message: string): void =>
    comparison.log.add(code, message, now.key, old, now)
  if (now.deprecated && !old.deprecated) say('operation-deprecated', `${now.key} is deprecated now`)
  if (!now.deprecated && old.deprecated) say('operation-restored', `${now.key} is no longer deprecated`)
  if (old.operationId !== now.operationId) {
    say(
      'operation-id-changed',
      `operationId ${old.operationId ?? 'none'} became ${now.operationId ?? 'none'}`,
    )
  }
  if (old.summary !== now.summary || old.description !== now.description) {
    say('operation-text-changed', `Summary or description of ${now.key} changed`)
  }
  if (old.tags.join('\n') !== now.tags.join('\n')) {
    say(
      'operation-tags-changed',
      `Tags ${old.tags.join(', ') || 'none'} became ${now.tags.join(', ') || 'none'}`,
    )
  }
  if (ownServers(old) !== ownServers(now)) say('servers-changed', `${now.key} has other servers`)
  compareParameters(pair, comparison)
  compareRequestBodies(pair, comparison)
  compareResponses(pair, comparison)
  compareSecurity(pair, comparison)
}

/** Those of the document are compared once, for the document. */
function ownServers({ servers }: ImportedOperation): string {
  const own = servers.filter(({ from }) => from === 'operation' || from === 'path')
  return own.map(({ url }) => url).join(', ')
}
