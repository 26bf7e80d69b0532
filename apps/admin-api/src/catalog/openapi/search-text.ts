// The words of a document and of its operations, for the search of the catalogue.
import type { ImportedDocument, ImportedOperation } from './imported-document.ts'

/** Descriptions beyond this add length and hardly ever a new word. */
const MAX_DESCRIPTION = 500
const MAX_TEXT = 200_000

/** Lower-case text of one operation: method, path, id, summary, description, tags and parameter names. */
export function operationText(operation: ImportedOperation): string {
  const { key, operationId, summary, description, tags, parameters } = operation
  const words = [
    key,
    operationId,
    operationId && spaced(operationId),
    summary,
    description?.slice(0, MAX_DESCRIPTION),
    ...tags,
    ...parameters.map((parameter) => parameter.name),
  ]
  return joined(words)
}

/** Lower-case text of a whole document: title, description, tags and every operation; at most 200,000 characters. */
export function documentText({ info, tags, operations }: ImportedDocument): string {
  const head = [
    info.title,
    info.summary,
    info.description,
    ...tags.flatMap((tag) => [tag.name, tag.description]),
  ]
  const lines = new Set([joined(head), ...operations.map(operationText)])
  return [...lines].join('\n').slice(0, MAX_TEXT)
}

/** `listOrderItems` is found by "order items" too. */
function spaced(name: string): string {
  return name.replace(/([a-z0-9])([A-Z])/g, '$1 $2').replace(/[_.-]+/g, ' ')
}

function joined(words: (string | null | undefined)[]): string {
  return words
    .filter((word) => word)
    .join(' ')
    .toLowerCase()
    .replace(/\s+/g, ' ')
    .trim()
}
