// What a pattern saw of one client: the words in which patterns report, and the window in which they look.
import type { FindingFacts, FindingPattern, FindingSeverity } from '@gatewright/shared/contract/findings'

/** Calls that matched no API have no tenant; what is found in them is kept under this name, and only the platform sees it. */
export const nobody = 'nobody'

export type ClientKind = 'network' | 'credential' | 'application'

/** One client of one tenant in one environment. */
export interface Suspect {
  readonly tenantId: string
  readonly environmentId: string
  readonly clientKind: ClientKind
  readonly client: string
}

export interface Sighting extends Suspect {
  readonly pattern: FindingPattern
  readonly severity: FindingSeverity
  readonly firstAt: Date
  readonly lastAt: Date
  readonly count: number
  readonly facts: FindingFacts
  /** Ids of some of the calls, the newest first. */
  readonly requests: readonly string[]
}

/** The calls that are looked at: after `from`, up to `to`; of everybody, or of one suspect that is being counted. */
export interface Window {
  readonly from: Date
  readonly to: Date
  readonly only?: Suspect
}

/** As many ids of calls are kept with a finding. */
export const requestsKept = 20

/** Parameters $1 … $5 of every pattern's SQL. */
export const parametersOf = ({ from, to, only }: Window): unknown[] => [
  from,
  to,
  only?.tenantId ?? null,
  only?.environmentId ?? null,
  only?.client ?? null,
]
