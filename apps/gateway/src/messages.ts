// What the supervisor and its workers say to each other; every message is a plain value that a thread can copy.
import type { Discovery } from '@gatewright/shared/model/upstream'
import type { CredentialRecord } from '@gatewright/shared/policies/policy'
import type { EventBatch } from './analytics/buffer.ts'
import type { Identity } from './config/compile.ts'
import type { SnapshotParcel } from './config/parts.ts'
import type { Env } from './env.ts'
import type { BlockChange } from './runtime/blocks/blocklist.ts'
import type { FlightBatch } from './runtime/in-flight.ts'
import type { TakeBatch } from './runtime/limits/remote-store.ts'
import type { Bucket, Grant } from './runtime/limits/store.ts'
import type { DatabaseStates } from './runtime/places/database-files.ts'
import type { NamedTables } from './runtime/reputation/list-folder.ts'
import type { SecretState } from './runtime/vault/desk.ts'
import type { GuardReport } from './traffic/guards.ts'
import type { DiscoveryState } from './upstream/discovery/hub.ts'

/** What a worker is born with. */
export interface WorkerData {
  readonly env: Env
  readonly gatewayId: string
  readonly index: number
  /** More than one worker shares the port. */
  readonly sharesPort: boolean
  readonly port: number
  /** Of the port for https; null = there is none. */
  readonly tlsPort: number | null
  /** Address space of the counters that this gateway shares; false: the worker is alone and counts by itself. */
  readonly sharesCounters: boolean
  /** Where all workers count connections; see `ConnectionTable`. */
  readonly connectionMemory: SharedArrayBuffer
}

/** Keys of a standalone gateway: sha256 → record. */
export type StaticCredentials = readonly (readonly [string, CredentialRecord])[]

export type ToWorker =
  /** Compile beside the live generation; answered by `prepared` or `refused`. */
  | {
      readonly kind: 'prepare'
      readonly parcel: SnapshotParcel
      readonly credentials: StaticCredentials | null
    }
  /** Swap to what was prepared, if it is this; answered by `committed` in any case. */
  | { readonly kind: 'commit'; readonly identity: Identity }
  /** Forget what was prepared: another worker refused it. */
  | { readonly kind: 'abort'; readonly identity: Identity }
  /** Open the port. */
  | { readonly kind: 'listen' }
  /** These keys changed, or (null) all may have, and these blocks; answered by `access-applied`. */
  | {
      readonly kind: 'access'
      readonly hashes: readonly string[] | null
      readonly position: number
      readonly blocks: BlockChange | null
    }
  | { readonly kind: 'flights'; readonly id: number; readonly admitted: readonly boolean[] }
  | { readonly kind: 'granted'; readonly id: number; readonly grants: readonly Grant[] }
  | { readonly kind: 'recalled'; readonly id: number; readonly text: string | null }
  | { readonly kind: 'events-taken' }
  /** All guards whose releases get nothing; those that are not named let them have their share. */
  | { readonly kind: 'tripped'; readonly guards: readonly string[] }
  /** With what sessions of TLS are sealed from now on, 48 bytes. */
  | { readonly kind: 'ticket-keys'; readonly keys: Uint8Array }
  /** Where addresses are, from now on; the bytes are shared. */
  | { readonly kind: 'places'; readonly states: DatabaseStates }
  /** All lists of addresses, from now on; the bytes are shared. */
  | { readonly kind: 'address-lists'; readonly lists: NamedTables }
  /** What is known of the service that was asked for under this number. */
  | { readonly kind: 'discovered'; readonly id: number; readonly state: DiscoveryState }
  /** What is known of the secret in Vault that was asked for. */
  | { readonly kind: 'secret'; readonly reference: string; readonly state: SecretState }
  | { readonly kind: 'ask'; readonly id: number; readonly question: Question }
  /** Stop listening, finish what runs, hand over the events; answered by `drained`. */
  | { readonly kind: 'drain' }

/** What the operations port asks a worker. */
export type Question =
  | { readonly kind: 'metrics' }
  | { readonly kind: 'explain'; readonly request: ExplainRequest }
  /** Answered by the `UpstreamState`s of a version; null when this worker does not serve it. */
  | { readonly kind: 'upstreams'; readonly versionId: string }
  /** Answered by the `DriftRecord`s of a version; null when there are none. */
  | { readonly kind: 'drift'; readonly versionId: string }
  /** Answered by the `GuardFacts` of a version; null when it has none. */
  | { readonly kind: 'guard'; readonly versionId: string }

export interface ExplainRequest {
  readonly method: string
  /** Absolute URL, or a path. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly clientAddress: string
}

export type FromWorker =
  | { readonly kind: 'prepared'; readonly identity: Identity }
  | {
      readonly kind: 'refused'
      readonly identity: Identity
      readonly reason: string
      /** It is worth trying again. */
      readonly isPassing: boolean
    }
  | { readonly kind: 'committed'; readonly identity: Identity }
  | { readonly kind: 'listening' }
  | { readonly kind: 'access-applied'; readonly position: number }
  | { readonly kind: 'take'; readonly batch: TakeBatch }
  | { readonly kind: 'in-flight'; readonly batch: FlightBatch }
  | {
      readonly kind: 'give-back'
      readonly bucket: Bucket
      readonly ticket: string
      readonly amount: number
    }
  | { readonly kind: 'recall'; readonly id: number; readonly sha256: string }
  | { readonly kind: 'saw'; readonly sha256: string; readonly text: string }
  | { readonly kind: 'events'; readonly batch: EventBatch }
  | { readonly kind: 'events-dropped'; readonly count: number }
  /** What releases did since the last time. */
  | { readonly kind: 'guard-counts'; readonly reports: readonly GuardReport[] }
  /** Answered by `discovered` whenever there is news, until `discover-end`. */
  | {
      readonly kind: 'discover'
      readonly id: number
      readonly tenantId: string
      readonly settings: Discovery
    }
  | { readonly kind: 'discover-end'; readonly id: number }
  /** Answered by `secret` now and whenever there is news, until `secret-end`. */
  | { readonly kind: 'secret' | 'secret-end'; readonly reference: string }
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown }
  /** It cannot go on: the port is taken, or the like. */
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'drained' }
