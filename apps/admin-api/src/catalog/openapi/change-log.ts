// Collects the changes between two documents: each once, with every operation that it concerns and its place in both files.
import { CHANGES, type ChangeCode, type ChangeLevel } from './changes.ts'
import type { Place } from './findings.ts'
import type { ImportedDocument } from './imported-document.ts'

export interface Change {
  code: ChangeCode
  level: ChangeLevel
  message: string
  /** Keys of the operations concerned (`GET /pets`); empty: the document as a whole. */
  operations: string[]
  /** In the older file; null for something new. */
  before: Place | null
  /** In the newer file; null for something removed. */
  after: Place | null
}

const LEVELS: readonly ChangeLevel[] = ['breaking', 'non-breaking', 'docs']

/** A pointer of the document's model, or a place in its file. */
type Where = string | Place | null

export class ChangeLog {
  readonly #before: ImportedDocument
  readonly #after: ImportedDocument
  readonly #changes = new Map<string, Change>()

  constructor(before: ImportedDocument, after: ImportedDocument) {
    this.#before = before
    this.#after = after
  }

  /** `operation`: key of the operation concerned, null for the document as a whole. */
  add(code: ChangeCode, message: string, operation: string | null, before: Where, after: Where): void {
    const from = placeIn(this.#before, before)
    const to = placeIn(this.#after, after)
    const key = `${code} ${from?.pointer} ${to?.pointer} ${message}`
    const known = this.#changes.get(key)
    if (!known) {
      const operations = operation ? [operation] : []
      const { level } = CHANGES[code]
      this.#changes.set(key, { code, level, message, operations, before: from, after: to })
    } else if (operation && known.operations.at(-1) !== operation) {
      // Operations are compared one after the other, so a repetition can only be the last.
      known.operations.push(operation)
    }
  }

  /** Breaking first, then in document order. */
  sorted(): Change[] {
    return [...this.#changes.values()].sort((a, b) => {
      const byLevel = LEVELS.indexOf(a.level) - LEVELS.indexOf(b.level)
      return byLevel || lineOf(a) - lineOf(b) || (a.code < b.code ? -1 : 1)
    })
  }
}

function placeIn(document: ImportedDocument, where: Where): Place | null {
  if (where === null) return null
  if (typeof where === 'string') return document.locate(where)
  return { pointer: where.pointer, line: where.line, column: where.column }
}

function lineOf(change: Change): number {
  return change.after?.line ?? change.before?.line ?? 0
}
