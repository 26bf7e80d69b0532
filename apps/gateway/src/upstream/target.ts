// One instance of a service with all that an upstream knows of it: its connections, its load, its health.
import type { TargetState } from '@gatewright/shared/model/upstream-state'
import type { Load, UpstreamClient, UpstreamTarget } from './call.ts'
import { PeakEwma } from './peak-ewma.ts'

/** What makes a target this one and no other. */
export interface TargetFacts {
  readonly url: string
  /** What it is called where its URL holds a bare address; null = by its URL. */
  readonly hostName: string | null
  readonly region: string | null
  readonly source: TargetState['source']
}

/** The way to one instance. */
export interface Reach {
  readonly client: UpstreamClient
  readonly authority: string
  readonly pathPrefix: string
}

export class Target implements UpstreamTarget {
  readonly facts: TargetFacts
  readonly client: UpstreamClient
  readonly authority: string
  readonly pathPrefix: string
  readonly load: Load
  readonly latency: PeakEwma
  /** As it was asked for. */
  weight: number
  /** What slow start leaves of the weight right now. */
  share: number
  /** When its slow start began, on the clock of the upstream; null = it takes its full share. */
  rampSinceMs: number | null = null

  /** Probes say that it is out. */
  unhealthy = false
  /** Its answers say that it is out. */
  ejected = false
  /** It is gone from the list and finishes what runs. */
  draining = false
  /** Why it is out. */
  reason: string | null = null
  /** Since when it is as it is, Unix milliseconds. */
  since: number

  /** `same`: the same instance under the settings of before, whose calls still run. */
  constructor(facts: TargetFacts, reach: Reach, weight: number, since: number, same: Target | null = null) {
    this.facts = facts
    this.client = reach.client
    this.authority = reach.authority
    this.pathPrefix = reach.pathPrefix
    this.load = same?.load ?? { open: 0 }
    this.latency = same?.latency ?? new PeakEwma()
    this.weight = weight
    this.share = weight
    this.since = since
  }

  /** Takes new requests. */
  get isUsable(): boolean {
    return this.weight > 0 && !this.isOut
  }

  get isOut(): boolean {
    return this.unhealthy || this.ejected || this.draining
  }

  get condition(): TargetState['state'] {
    if (this.draining) return 'draining'
    if (this.unhealthy) return 'unhealthy'
    return this.ejected ? 'ejected' : 'healthy'
  }

  state(nowMs: number): TargetState {
    const { url, region, source } = this.facts
    return {
      url,
      region,
      source,
      state: this.condition,
      reason: this.reason,
      since: this.since,
      openRequests: this.load.open,
      latencyMs: this.latency.samples === 0 ? null : this.latency.at(nowMs),
    }
  }
}
