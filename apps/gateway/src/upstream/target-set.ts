// The targets of an upstream as they come and go, and which of them take requests right now.
import type { TargetState } from '@gatewright/shared/model/upstream-state'
import type { UpstreamDocument } from '@gatewright/shared/snapshot'
import { createPick, type Pick } from './balance.ts'
import type { Caller } from './call.ts'
import type { Clock } from './clock.ts'
import type { DiscoveredTarget } from './discovery/discoverer.ts'
import { Outliers } from './health/outliers.ts'
import { type Probe, startProbing } from './health/probing.ts'
import { type Reach, Target } from './target.ts'
import type { UpstreamCounts } from './upstream-metrics.ts'

/** A lease of the way to one instance. */
export interface Connection extends Reach {
  /** How it is asked for its health; null = it is not. */
  readonly probe: Probe | null
  /** Closes what is unused now, and the rest when its calls are over. */
  release(): void
}

export interface TargetSetDeps {
  readonly clock: Clock
  readonly counts: UpstreamCounts
  /** Where this gateway runs; null = nowhere in particular. */
  readonly region: string | null
  /** `hostName`: what the instance is called where its URL holds a bare address. */
  connect(url: string, hostName: string | null): Connection
}

type Source = TargetState['source']

interface Member {
  readonly target: Target
  readonly connection: Connection
  readonly stopProbing: () => void
}

/** A target that begins takes this share at first, and more in so many steps. */
const rampFrom = 0.1
const rampSteps = 20

export class TargetSet {
  readonly outliers: Outliers | null
  readonly #settings: UpstreamDocument
  readonly #deps: TargetSetDeps
  #members: readonly Member[] = []
  /** Gone from the list, but perhaps not yet done. */
  #leaving: readonly Target[] = []
  #usable: readonly Target[] = []
  #pick: Pick = () => null
  #callOffRamp: (() => void) | null = null

  constructor(settings: UpstreamDocument, deps: TargetSetDeps) {
    this.#settings = settings
    this.#deps = deps
    const { passiveHealth: passive, targets, discovery } = settings
    const taking = targets.filter(({ weight }) => weight > 0).length
    const mayEject =
      passive !== null && (discovery !== null || Math.floor((taking * passive.maxEjectedPercent) / 100) > 0)
    this.outliers = mayEject
      ? new Outliers(
          passive,
          deps.clock,
          () => this.targets,
          (target) => this.#healthChanged(target),
          deps.counts,
        )
      : null
  }

  get targets(): readonly Target[] {
    return this.#members.map(({ target }) => target)
  }

  pick(caller: Caller): Target | null {
    return this.#pick(caller)
  }

  /**
   * One that was not tried, or else any: balanced in the way of all requests among those that are left, so that a hash leads
   * to the next one of its order.
   */
  pickOther(caller: Caller, tried: readonly Target[]): Target | null {
    const untried = this.#usable.filter((target) => !tried.includes(target))
    if (untried.length === 0) return this.#pick(caller)
    return createPick(this.#settings.balancing, untried, this.#deps.clock)(caller)
  }

  /**
   * The whole list of one source. Those that stay keep their connections, health and load; those that are gone are drained: no
   * new requests from now on, unused connections close now, the others when their call is over.
   * `isFirst`: nobody looked before, so none of them is new. `before`: a set with other settings of the same upstream, which
   * knows more of the same instances.
   */
  replace(source: Source, wanted: readonly DiscoveredTarget[], isFirst: boolean, before: TargetSet | null) {
    const others = this.#members.filter(({ target }) => target.facts.source !== source)
    const own = this.#members.filter(({ target }) => target.facts.source === source)
    const leaving = new Map(own.map((member) => [keyOf(member.target.facts), member]))
    const known = new Map(before?.targets.map((target) => [keyOf(target.facts), target]))
    // Whoever the settings and a registry name counts once.
    const urls = new Set(others.map(({ target }) => target.facts.url))
    const inherited: { readonly target: Target; readonly same: Target }[] = []
    const members = wanted
      .filter(({ url }) => !urls.has(url))
      .map((want) => {
        const key = keyOf(want)
        const staying = leaving.get(key)
        if (staying !== undefined) {
          leaving.delete(key)
          staying.target.weight = want.weight
          return staying
        }
        const same = known.get(key) ?? null
        const isNew = same === null && (!isFirst || known.size > 0)
        const member = this.#join(source, want, isNew, same)
        if (same !== null) inherited.push({ target: member.target, same })
        return member
      })
    this.#members = source === 'settings' ? [...members, ...others] : [...others, ...members]
    for (const member of leaving.values()) this.#part(member)
    // Last, since how many may be out depends on how many there are.
    if (before !== null && before.outliers !== null) {
      for (const { target, same } of inherited) this.outliers?.adopt(target, before.outliers, same)
    }
    this.#ramp()
  }

  /** Those that are gone and still have requests. */
  get draining(): readonly Target[] {
    this.#leaving = this.#leaving.filter(({ load }) => load.open > 0)
    return this.#leaving
  }

  states(): TargetState[] {
    const nowMs = this.#deps.clock.nowMs()
    return [...this.targets, ...this.draining].map((target) => target.state(nowMs))
  }

  close(): void {
    this.outliers?.stop()
    this.#callOffRamp?.()
    for (const { connection, stopProbing } of this.#members) {
      stopProbing()
      connection.release()
    }
  }

  /** `same`: the same instance in the set of before. */
  #join(
    source: Source,
    { url, hostName, weight, region }: DiscoveredTarget,
    isNew: boolean,
    same: Target | null,
  ): Member {
    const { clock, connect } = this.#deps
    const { slowStartMs, activeHealth } = this.#settings
    const connection = connect(url, hostName)
    const target = new Target({ url, hostName, region, source }, connection, weight, clock.wallMs(), same)
    if (slowStartMs > 0) target.rampSinceMs = isNew ? clock.nowMs() : (same?.rampSinceMs ?? null)
    if (same?.unhealthy && activeHealth !== null) {
      target.unhealthy = true
      target.reason = same.reason
      target.since = same.since
    }
    return { target, connection, stopProbing: this.#watch(target, connection.probe) }
  }

  #watch(target: Target, probe: Probe | null): () => void {
    const { activeHealth } = this.#settings
    if (activeHealth === null || probe === null) return () => undefined
    return startProbing(activeHealth, this.#deps.clock, probe, !target.unhealthy, {
      probed: (isGood) => {
        this.#deps.counts[isGood ? 'goodProbes' : 'badProbes']++
      },
      settled: (isHealthy, reason) => {
        target.unhealthy = !isHealthy
        if (isHealthy) this.outliers?.pardon(target)
        else target.reason = reason
        this.#healthChanged(target)
      },
    })
  }

  #part({ target, connection, stopProbing }: Member): void {
    stopProbing()
    this.outliers?.forget(target)
    connection.release()
    target.draining = true
    target.reason = null
    target.since = this.#deps.clock.wallMs()
    this.#leaving = [...this.draining, target]
  }

  #healthChanged(target: Target): void {
    const { clock } = this.#deps
    target.since = clock.wallMs()
    if (!target.isOut) {
      target.reason = null
      if (this.#settings.slowStartMs > 0) target.rampSinceMs = clock.nowMs()
    }
    this.#ramp()
  }

  /** Gives each target its share of now; as long as one has not its full share, again in a moment. */
  #ramp(): void {
    const { clock } = this.#deps
    const { slowStartMs } = this.#settings
    const nowMs = clock.nowMs()
    let isRamping = false
    for (const { target } of this.#members) {
      const risen = target.rampSinceMs === null ? 1 : (nowMs - target.rampSinceMs) / slowStartMs
      if (risen >= 1) target.rampSinceMs = null
      else isRamping ||= target.isUsable
      target.share = target.weight * Math.min(1, Math.max(rampFrom, risen))
    }
    this.#callOffRamp?.()
    this.#callOffRamp = isRamping ? clock.after(slowStartMs / rampSteps, () => this.#ramp()) : null
    this.#balance()
  }

  /** Targets of our own region as long as one of them is well, else all others. */
  #balance(): void {
    const { region, clock } = this.#deps
    const usable = this.targets.filter((target) => target.isUsable)
    const near = region === null ? [] : usable.filter(({ facts }) => facts.region === region)
    this.#usable = near.length > 0 ? near : usable
    this.#pick = createPick(this.#settings.balancing, this.#usable, clock)
  }
}

function keyOf({ url, hostName, region }: Omit<DiscoveredTarget, 'weight'>): string {
  return JSON.stringify([url, hostName, region])
}
