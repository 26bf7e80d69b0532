// What a worker and its thread of functions say to each other.
import type { Ran } from './sandbox.ts'

export type ToFunctions =
  | { readonly kind: 'load'; readonly id: number; readonly source: string }
  | { readonly kind: 'run'; readonly id: number; readonly facts: string }
  | { readonly kind: 'drop'; readonly id: number }

export type FromFunctions =
  /** `isBroken`: the thread cannot load anything any more. */
  | {
      readonly kind: 'loaded'
      readonly id: number
      readonly fault: string | null
      readonly isBroken: boolean
    }
  | { readonly kind: 'ran'; readonly ran: Ran }
