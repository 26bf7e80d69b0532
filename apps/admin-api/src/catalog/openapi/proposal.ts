// A document and what traffic says of it → the document as it would have to be, edit by edit; nothing of it is applied by this.
import type { JsonObject } from './json.ts'
import { editableJson, editableYaml, setValue } from './patch-text.ts'
import { at } from './pointer.ts'
import { type Edit, editOfDrift, editOfOperation, type SeenDrift, type SeenOperation } from './propose.ts'
import { type ImportRefusal, type ReadOptions, readDocument } from './read.ts'

export interface ProposalInput extends ReadOptions {
  readonly bytes: Uint8Array
  readonly drift: readonly (SeenDrift & { readonly id: string })[]
  readonly operations: readonly (SeenOperation & { readonly id: string })[]
  /** Ids of what is taken; null = what only adds to the document. */
  readonly taken: readonly string[] | null
}

export interface ProposedEdit {
  readonly id: string
  /** JSON pointer into the document. */
  readonly pointer: string
  /** Describes more; else a rule goes or lets more pass. */
  readonly adds: boolean
  readonly taken: boolean
}

export interface DocumentProposal {
  readonly ok: true
  readonly format: 'json' | 'yaml'
  /** Written as the proposal is, so that only what changes differs. */
  readonly before: string
  readonly after: string
  readonly edits: readonly ProposedEdit[]
}

export function proposeDocument(input: ProposalInput): DocumentProposal | ImportRefusal {
  const source = readDocument(input.bytes, input)
  if (!source.ok) return source
  const text = new TextDecoder().decode(input.bytes)
  const value: JsonObject = source.document
  const editable = source.format === 'json' ? editableJson(structuredClone(value), text) : editableYaml(text)
  const before = editable.text()
  const taken = input.taken && new Set(input.taken)
  const edits: ProposedEdit[] = []
  // One after the other: what an edit says, the next one need not say again.
  function consider(id: string, edit: Edit | null, adds: boolean) {
    if (edit === null) return
    const isTaken = taken ? taken.has(id) : adds
    if (isTaken && !editable.apply(edit)) return
    if (isTaken) setValue(value, edit)
    const [first = '', ...keys] = edit.place
    edits.push({ id, pointer: at('', first, ...keys), adds, taken: isTaken })
  }
  for (const { id, ...seen } of input.drift) {
    consider(id, editOfDrift(value, source.dialect, seen), seen.kind.startsWith('undeclared'))
  }
  for (const { id, ...seen } of input.operations) {
    consider(id, editOfOperation(value, source.dialect, seen), true)
  }
  return { ok: true, format: source.format, before, after: editable.text(), edits }
}
