// What a firewall of rules is to policies: a request goes in as it was received, a judgement comes out. The gateway brings the engine.

import type { RuleMatch } from '../security.ts'

/** Severities of the Core Rule Set that count, the heaviest first. */
export const ruleSeverities = ['critical', 'error', 'warning', 'notice'] as const

/** How strictly the rules are read; equal settings share one set of rules. */
export interface FirewallSettings {
  /** CRS paranoia level: more rules, and more false alarms, with each. */
  readonly paranoia: 1 | 2 | 3 | 4
  /** Score from which on a request is an attack. A critical rule counts 5, an error 4, a warning 3, a notice 2. */
  readonly threshold: number
  /** Methods that are no attack by themselves. */
  readonly methods: readonly string[]
  readonly exclusions: readonly RuleExclusion[]
}

/** A rule that does not look at a target, such as `ARGS:comment`; at none when the target is null. */
export interface RuleExclusion {
  readonly rule: number
  readonly target: string | null
}

/** A request as it was received. Characters of texts stand for bytes. */
export interface ReceivedRequest {
  readonly method: string
  /** Request target, as it stood in the request line. */
  readonly target: string
  /** Minor version of HTTP/1. */
  readonly minor: number
  /** Name and value of each field in turn. */
  readonly fields: readonly string[]
  readonly clientAddress: string
  readonly requestId: string
  readonly body: Uint8Array | null
}

export type FirewallVerdict =
  | {
      readonly kind: 'judged'
      readonly isAttack: boolean
      /** Anomaly score: the sum over the rules that fired. */
      readonly score: number
      /** Rules that fired and where, in their order, each pair once. */
      readonly matches: readonly RuleMatch[]
    }
  /** The rules used up the time that they have for one request, without an end. Harmless requests need a hundredth of it. */
  | { readonly kind: 'exhausted' }
  /** The engine is busy or has died. */
  | { readonly kind: 'unavailable' }

export interface Firewall {
  inspect(request: ReceivedRequest): Promise<FirewallVerdict>
}

export interface Firewalls {
  /** Once per attachment, when a generation is compiled. */
  open(settings: FirewallSettings): Firewall
}
