// One upstream while the gateway runs: who its targets are, how a request is put to one, and what is told of it.
import { canonicalJson } from '@gatewright/shared/canonical'
import type { UpstreamState } from '@gatewright/shared/model/upstream-state'
import type { UpstreamDocument } from '@gatewright/shared/snapshot'
import { type AttemptRules, Attempts } from './attempts.ts'
import { Breaker } from './breaker.ts'
import { Budget } from './budget.ts'
import type { Caller, CallPlan, Upstream, UpstreamTimeouts } from './call.ts'
import type { DiscoverySource, DiscoveryState } from './discovery/hub.ts'
import { isRepeatable } from './repeatable.ts'
import type { Target } from './target.ts'
import { TargetSet, type TargetSetDeps } from './target-set.ts'
import { WatchedCall } from './watched-call.ts'

export interface ServiceDeps extends TargetSetDeps {
  readonly discovery: DiscoverySource
}

export class Service implements Upstream {
  readonly document: UpstreamDocument
  readonly id: string
  readonly name: string
  readonly hostHeader: UpstreamDocument['hostHeader']
  readonly timeouts: UpstreamTimeouts
  readonly plan: CallPlan | null
  readonly targets: TargetSet
  readonly breaker: Breaker | null
  readonly #stopDiscovery: () => void
  /** null: nothing is discovered. */
  #discovered: DiscoveryState | null = null

  /** `before`: what serves the same upstream with other settings; what it knows of targets that stay is taken over. */
  constructor(document: UpstreamDocument, tenantId: string, deps: ServiceDeps, before: Service | null) {
    this.id = document.id
    this.name = document.name
    this.hostHeader = document.hostHeader
    this.timeouts = {
      connectMs: document.connectTimeoutMs,
      firstByteMs: document.firstByteTimeoutMs,
      idleMs: document.idleTimeoutMs,
      totalMs: document.totalTimeoutMs,
    }
    this.document = document
    const { circuitBreaker } = document
    const sameBreaker = isSame(before, document, 'circuitBreaker') ? before.breaker : null
    this.breaker = sameBreaker ?? (circuitBreaker && new Breaker(circuitBreaker, deps.clock))
    this.targets = new TargetSet(document, deps)
    this.plan = this.#createPlan(deps)
    const named = document.targets.map((target) => ({ ...target, hostName: null }))
    this.targets.replace('settings', named, true, before?.targets ?? null)
    if (document.discovery === null) {
      this.#stopDiscovery = () => undefined
      return
    }
    // Until the registry is heard, what it said last is better than nobody.
    const last = isSame(before, document, 'discovery') ? before.#discovered : null
    this.#discovered = last ?? { targets: [], updatedAt: null, error: null }
    this.targets.replace('discovery', this.#discovered.targets, true, before?.targets ?? null)
    this.#stopDiscovery = deps.discovery.subscribe(tenantId, document.discovery, (state) =>
      this.#discover(state),
    )
  }

  pick(caller: Caller): Target | null {
    return this.targets.pick(caller)
  }

  state(): UpstreamState {
    return {
      name: this.name,
      breaker: this.breaker?.state ?? null,
      discovery: this.#discovered && {
        updatedAt: this.#discovered.updatedAt,
        error: this.#discovered.error,
      },
      targets: this.targets.states(),
    }
  }

  /** No request can come any more. */
  close(): void {
    this.#stopDiscovery()
    this.targets.close()
  }

  #discover(state: DiscoveryState): void {
    const before = this.#discovered
    // A registry that was never read has not said yet that nobody is there.
    if (before !== null && state.updatedAt === null) {
      this.#discovered = { ...before, error: state.error }
      return
    }
    this.#discovered = state
    if (before?.targets === state.targets) return
    this.targets.replace('discovery', state.targets, before?.updatedAt === null, null)
  }

  #createPlan({ clock, counts }: ServiceDeps): CallPlan | null {
    const { retries, hedging, balancing } = this.document
    const { outliers } = this.targets
    const breaker = this.breaker
    const timed = balancing.algorithm === 'peak-ewma'
    const rules: AttemptRules = {
      clock,
      breaker,
      outliers,
      timed,
      retries: retries && { settings: retries, budget: new Budget(retries.budgetPercent, clock) },
      hedging: hedging && { settings: hedging, budget: new Budget(hedging.budgetPercent, clock) },
      other: (caller, tried) => this.targets.pickOther(caller, tried),
      counts,
    }
    const admit = () => breaker?.admit() ?? 0
    if (rules.retries !== null || rules.hedging !== null) {
      return {
        admit,
        start(request, target) {
          rules.retries?.budget.request()
          rules.hedging?.budget.request()
          return isRepeatable(request)
            ? new Attempts(rules, request).start(target)
            : new WatchedCall(rules, target, request, request).start()
        },
      }
    }
    if (breaker === null && outliers === null && !timed) return null
    return { admit, start: (request, target) => new WatchedCall(rules, target, request, request).start() }
  }
}

function isSame(
  before: Service | null,
  document: UpstreamDocument,
  setting: 'circuitBreaker' | 'discovery',
): before is Service {
  return before !== null && canonicalJson(before.document[setting]) === canonicalJson(document[setting])
}
