// Takes the types off a TypeScript module, and says where it is none. For Node alone: portals and specs do not import it.
import { stripTypeScriptTypes } from 'node:module'

export type Stripped =
  | { readonly kind: 'code'; readonly code: string }
  | {
      readonly kind: 'fault'
      readonly line: number | null
      readonly column: number | null
      readonly reason: string
    }
  /** The parser broke on it, and reads nothing in this thread any more. */
  | { readonly kind: 'broken' }

// `:2`, lines around it, and a caret below the fault: how Node begins the stack of such an error.
const placePattern = /^[^\n]*:(\d+)\n(?:[^\n]*\n)*?([ \t]*)\^+(?:\n|$)/

/**
 * The parser is native code: what nests thousands of levels deep breaks it for good in its thread, so sources of strangers are read in
 * threads that can be thrown away.
 */
export function stripTypes(source: string): Stripped {
  try {
    return { kind: 'code', code: stripTypeScriptTypes(source, { mode: 'strip' }) }
  } catch (error) {
    if (!(error instanceof SyntaxError)) return { kind: 'broken' }
    const place = placePattern.exec(error.stack ?? '')
    return {
      kind: 'fault',
      line: place ? Number(place[1]) : null,
      column: place ? (place[2] ?? '').length + 1 : null,
      reason: error.message.split('\n')[0] ?? 'it is no TypeScript',
    }
  }
}

/** A sentence for whoever wrote the source; null = nothing is wrong with it. */
export function strippingFault(stripped: Stripped): string | null {
  if (stripped.kind === 'code') return null
  if (stripped.kind === 'broken') return 'it is nested too deep to be read'
  const { line, column, reason } = stripped
  return line === null ? reason : `line ${line}, column ${column}: ${reason}`
}
