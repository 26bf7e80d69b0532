// The port behind which Cedar decides: what a policy gives it, and what it answers. The engine is in ../cedar, for Node alone.

/** A value as Cedar's JSON writes it. */
export type CedarValue =
  | boolean
  | number
  | string
  | readonly CedarValue[]
  | { readonly [name: string]: CedarValue }

export interface CedarUid {
  readonly type: string
  readonly id: string
}

export interface CedarEntity {
  readonly uid: CedarUid
  readonly attrs: Readonly<Record<string, CedarValue>>
  readonly parents: readonly CedarUid[]
}

export interface CedarRequest {
  readonly principal: CedarUid
  readonly action: CedarUid
  readonly resource: CedarUid
  readonly context: Readonly<Record<string, CedarValue>>
  readonly entities: readonly CedarEntity[]
}

/** What the rules say. `undecided`: one that could have forbidden it cannot be evaluated, or the engine gave up. */
export interface CedarDecision {
  readonly decision: 'allow' | 'deny' | 'undecided'
  /** Names (`@id`) of the rules that decided; empty when none permits. */
  readonly rules: readonly string[]
  /** Sentences about rules that could not be evaluated. */
  readonly faults: readonly string[]
}

export interface CedarPolicies {
  /** Names of the rules that permit something, the first ten of them. */
  readonly permits: readonly string[]
  /** Never throws. Takes a fraction of a millisecond. */
  decide(request: CedarRequest): CedarDecision
}

export interface Cedar {
  /** Parses rules once. Throws an error whose message names line and column when they are none. */
  prepare(text: string): CedarPolicies
}
