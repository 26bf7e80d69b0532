// A form over something that others change too: it follows the server until a person types, and then keeps what was typed.

import { useState } from 'react'

export interface Edited<T> {
  value: T
  set(part: Partial<T>): void
  isDirty: boolean
  /** For If-Match: what the edits began from, so that a change by somebody else is told (412) and not overwritten. */
  version: number
  /** Back to what the server has. */
  discard(): void
  /** What the server kept of a save: the form goes on from there. */
  saved(kept: T): void
}

interface State<T> {
  base: T
  version: number
  value: T
}

/** How the form goes on when `read` comes from the server again; the same state when nothing is to change. */
export function follow<T>(state: State<T>, read: T, version: number): State<T> {
  if (version === state.version) return state
  // Another part of the resource changed: these fields are still those that the edits began from.
  if (same(read, state.base)) return { ...state, version }
  if (same(state.value, state.base) || same(state.value, read)) return { base: read, version, value: read }
  return state
}

export function useEdited<T extends object>(read: T, version: number): Edited<T> {
  const [kept, setState] = useState<State<T>>({ base: read, version, value: read })
  const state = follow(kept, read, version)
  if (state !== kept) setState(state)
  return {
    value: state.value,
    set: (part) => setState((old) => ({ ...old, value: { ...old.value, ...part } })),
    isDirty: !same(state.value, state.base),
    version: state.version,
    discard: () => setState({ base: read, version, value: read }),
    saved: (value) => setState((old) => ({ ...old, base: value, value })),
  }
}

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b)
