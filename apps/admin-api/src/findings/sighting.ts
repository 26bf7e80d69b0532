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

/** The calls that are looked at: after `from`, up to `to`; of everybody, or of those alone who are being counted. */
export interface Window {
  readonly from: Date
  readonly to: Date
  readonly only?: readonly Followed[]
}

/** A suspect, and since when its calls are counted. */
export type Followed = Omit<Suspect, 'clientKind'> & { readonly firstAt: Date }

/** As many ids of calls are kept with a finding. */
export const requestsKept = 20

/** As many clients are judged at a time, of each tenant in each environment: the worst, whoever makes up how many others. */
export const suspectsMax = 200

/** Numbers the rows of a tenant in an environment, the worst first, for `suspectsMax`. */
export const placeBy = (order: string) =>
  `row_number() OVER (PARTITION BY tenant_id, environment_id ORDER BY ${order}) AS place`

/**
 * Joins the events of `followed` alone, all in one go: one query for each of them would read the same events again and again, and
 * attackers choose how many they are. `client` is the SQL for the client of an event; parameters are those of `parametersOf`.
 */
export const joinFollowed = (client: string) => `
  JOIN unnest($3::text[], $4::text[], $5::text[], $6::timestamptz[]) AS followed (tenant, environment, client, since)
  ON tenant_id = followed.tenant AND environment_id = followed.environment AND ${client} = followed.client
    AND at >= followed.since`

/** $1 and $2 of every pattern's SQL, and $3 … $6 for `joinFollowed`. */
export const parametersOf = ({ from, to, only }: Window): unknown[] => [
  from,
  to,
  ...(only === undefined ? [] : followedParameters(only)),
]

const followedParameters = (followed: readonly Followed[]) => [
  followed.map(({ tenantId }) => tenantId),
  followed.map(({ environmentId }) => environmentId),
  followed.map(({ client }) => client),
  followed.map(({ firstAt }) => firstAt),
]

/** Names a client within a pattern. */
export const keyOf = ({ tenantId, environmentId, client }: Omit<Followed, 'firstAt'>) =>
  [tenantId, environmentId, client].join(' ')
