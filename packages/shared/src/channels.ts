// Every Redis key, channel and stream name; no other file may spell one.

// Braces are Redis Cluster hash tags: all keys of one environment (or one tenant's counters) share a slot.
// An environment is known here by its name, not its id: a gateway is told `ENVIRONMENT=prod` and needs no look-up to start.
const environmentTag = (environmentName: string) => `gw:{${environmentName}}`

/** String: the current snapshot envelope (`SnapshotEnvelope` as JSON). */
export const snapshotKey = (environmentName: string) => `${environmentTag(environmentName)}:snapshot`

/** String: `{ revision, hash, accessRevision }` as JSON; what gateways compare every 2 s. */
export const headKey = (environmentName: string) => `${environmentTag(environmentName)}:head`

/** Pub/sub channel that only wakes gateways; its payload is the new head and may be lost. */
export const wakeChannel = (environmentName: string) => `${environmentTag(environmentName)}:wake`

/**
 * Hash: sha256 of a key (hex) → `CredentialRecord` as JSON; and the field `revision`: the access revision that all of it is at,
 * so that data and position are lost together.
 */
export const credentialsKey = (environmentName: string) => `${environmentTag(environmentName)}:credentials`

/** Hash: id of a block → `BlockRecord` as JSON. At the access revision that the credentials are at. */
export const blocksKey = (environmentName: string) => `${environmentTag(environmentName)}:blocks`

/** Hash that becomes `blocksKey` when it is complete. */
export const blocksDraftKey = (environmentName: string, writer: string) =>
  `${environmentTag(environmentName)}:blocks:${writer}`

/** Hash that becomes `credentialsKey` when it is complete. */
export const credentialsDraftKey = (environmentName: string, writer: string) =>
  `${environmentTag(environmentName)}:credentials:${writer}`

/** Stream, ids `<accessRevision>-0`, field `hash`: which credential changed, or which block (`model/block.ts`). Trimmed to its newest entries. */
export const accessStream = (environmentName: string) => `${environmentTag(environmentName)}:access`

/** Hash: gateway id → `GatewayReport` as JSON. */
export const gatewaysKey = (environmentName: string) => `${environmentTag(environmentName)}:gateways`

/** Pub/sub channel on which a gateway says that its report changed, so that `?wait=live` need not poll. */
export const reportChannel = (environmentName: string) => `${environmentTag(environmentName)}:reports`

/**
 * Hash: guard id (`model/guard.ts`) → `GuardTrip` as JSON: guards that took a release away. Removing the field lets it watch
 * again. And the field `guardsKept`, which gateways write beside the first: while it is missing the hash was lost, not reset.
 */
export const guardsKey = (environmentName: string) => `${environmentTag(environmentName)}:guards`
export const guardsKept = 'kept'

/** Stream of batches of request events: field `events` holds one of `event-batch.ts`. */
export const eventStream = 'gw:events'
export const eventGroup = 'intake'

/** Stream of what could not be stored, with fields `reason` and `events`; its newest entries are kept. */
export const eventDeadStream = 'gw:events:dead'

/** Prefix of the queues of the admin API's periodic work. */
export const jobPrefix = '{gw:jobs}'

/** Counter of one tenant's limit in one environment: calls in test use up nothing of prod. */
export const counterKey = (tenantId: string, environmentName: string, limitId: string, key: string) =>
  `gw:{${tenantId}}:limit:${environmentName}:${limitId}:${key}`

/** String, sealed with what is in the cookie alone: a session of a person who signed in at a gateway. `ticketHash`: sha256 of that cookie. */
export const loginSessionKey = (tenantId: string, environmentName: string, ticketHash: string) =>
  `gw:{${tenantId}}:login:${environmentName}:${ticketHash}`

/** String: somebody refreshes the tokens of the session, or just failed to. */
export const loginLockKey = (tenantId: string, environmentName: string, ticketHash: string) =>
  `${loginSessionKey(tenantId, environmentName, ticketHash)}:lock`

/** String: a sign-in that came back from its identity provider once. `attemptHash`: sha256 of its `state`. */
export const loginAttemptKey = (tenantId: string, environmentName: string, attemptHash: string) =>
  `gw:{${tenantId}}:login-attempt:${environmentName}:${attemptHash}`

/** String, sealed: what a try-it session of the portal stands for. */
export const tryItKey = (ticketHash: string) => `gw:try:${ticketHash}`
