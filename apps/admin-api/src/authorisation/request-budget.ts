// How often one client and one address may ask an authorisation server: counted in this process for itself, as the admin API counts people.
import { Inject, Injectable } from '@nestjs/common'
import { ENV } from '../app.tokens.ts'
import type { Env } from '../env.ts'
import { Clock } from '../infra/clock.ts'

const windowSeconds = 60

/** Bounds memory; whoever comes when so many others came in one minute is told to come back. */
const askersMax = 100_000

@Injectable()
export class RequestBudget {
  readonly #most: number
  #counts = new Map<string, number>()
  #window = 0

  constructor(
    @Inject(ENV) env: Env,
    private readonly clock: Clock,
  ) {
    this.#most = env.TOKEN_REQUESTS_PER_MINUTE
  }

  /** Counts one request; answers how many seconds its asker has to wait, or null when it may go on. `share` times the usual number may pass. */
  take(asker: string, share = 1): number | null {
    const seconds = this.clock.now().getTime() / 1000
    const window = Math.floor(seconds / windowSeconds)
    if (window !== this.#window) {
      this.#window = window
      this.#counts = new Map()
    }
    const count = (this.#counts.get(asker) ?? 0) + 1
    const isRoom = count > 1 || this.#counts.size < askersMax
    if (isRoom) this.#counts.set(asker, count)
    return isRoom && count <= this.#most * share ? null : Math.ceil((window + 1) * windowSeconds - seconds)
  }
}
