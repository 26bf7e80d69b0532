// What a worker and its thread of functions say to each other.
import type { Ran } from './sandbox.ts'

export type ToFunctions =
  | { readonly kind: 'load'; readonly id: number; readonly source: string }
  | { readonly kind: 'run'; readonly id: number; readonly facts: string }
  | { readonly kind: 'drop'; readonly id: number }

/** `isUnread`: it is no TypeScript, which nothing but another text mends; else it is read, and fails when it is run. */
export interface LoadFault {
  readonly reason: string
  readonly isUnread: boolean
}

export type FromFunctions =
  /** `isBroken`: the thread cannot load anything any more. */
  | {
      readonly kind: 'loaded'
      readonly id: number
      readonly fault: LoadFault | null
      readonly isBroken: boolean
    }
  | { readonly kind: 'ran'; readonly ran: Ran }
