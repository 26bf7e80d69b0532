// Who is next where a few can be served at once: tenants take turns, so that one with many wishes does not hold up the others.

interface Limits {
  /** Served at once. */
  readonly threads: number
  readonly waiting: number
  readonly waitingOfTenant: number
}

interface Waiter {
  readonly tenantId: string
  readonly start: () => void
}

export class TenantTurns {
  readonly #limits: Limits
  readonly #waiting: Waiter[] = []
  readonly #running = new Map<string, number>()
  /** When tenants that wait or run had their last turn, counted in turns. */
  readonly #servedAt = new Map<string, number>()
  #turns = 0
  #busy = 0

  constructor(limits: Limits) {
    this.#limits = limits
  }

  /** Resolves when it is the caller's turn, who then calls `end`; null when too many wait already. */
  take(tenantId: string): Promise<void> | null {
    if (this.#busy < this.#limits.threads) {
      this.#begin(tenantId)
      return Promise.resolve()
    }
    const own = this.#waiting.filter((waiter) => waiter.tenantId === tenantId).length
    if (this.#waiting.length >= this.#limits.waiting || own >= this.#limits.waitingOfTenant) return null
    return new Promise((start) => this.#waiting.push({ tenantId, start }))
  }

  end(tenantId: string): void {
    this.#busy--
    const left = (this.#running.get(tenantId) ?? 1) - 1
    if (left > 0) this.#running.set(tenantId, left)
    else this.#running.delete(tenantId)
    const next = this.#next()
    if (next) {
      this.#waiting.splice(this.#waiting.indexOf(next), 1)
      this.#begin(next.tenantId)
      next.start()
    }
    if (!this.#running.has(tenantId) && !this.#waiting.some((waiter) => waiter.tenantId === tenantId)) {
      this.#servedAt.delete(tenantId)
    }
  }

  #begin(tenantId: string): void {
    this.#busy++
    this.#running.set(tenantId, (this.#running.get(tenantId) ?? 0) + 1)
    this.#servedAt.set(tenantId, ++this.#turns)
  }

  /** The one whose tenant has the least running; among those, whose last turn is longest ago; among those, who came first. */
  #next(): Waiter | undefined {
    let best: Waiter | undefined
    for (const waiter of this.#waiting) {
      if (best === undefined || this.#compare(waiter.tenantId, best.tenantId) < 0) best = waiter
    }
    return best
  }

  #compare(a: string, b: string): number {
    const running = (this.#running.get(a) ?? 0) - (this.#running.get(b) ?? 0)
    return running || (this.#servedAt.get(a) ?? 0) - (this.#servedAt.get(b) ?? 0)
  }
}
