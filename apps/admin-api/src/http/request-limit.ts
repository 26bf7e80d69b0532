// How often one person may ask: counted in this process for itself, so no store stands between a request and its answer.
import { Inject, Injectable } from '@nestjs/common'
import { ENV } from '../app.tokens.ts'
import type { Env } from '../env.ts'
import { Clock } from '../infra/clock.ts'
import { refuse } from '../refusal.ts'

const windowSeconds = 60

/** Field values of the IETF draft `RateLimit header fields for HTTP`, as gateways send them too. */
export interface LimitFields {
  readonly 'ratelimit-policy': string
  readonly ratelimit: string
}

@Injectable()
export class RequestLimit {
  readonly #most: number
  /** Requests of the current window, by person. Made anew with each window, so it holds who asked in the last minute. */
  #counts = new Map<string, number>()
  #window = 0

  constructor(
    @Inject(ENV) env: Env,
    private readonly clock: Clock,
  ) {
    this.#most = env.REQUESTS_PER_MINUTE
  }

  /** Counts one request of a person and tells where they stand; `announce` gets it before a refusal too. */
  take(userId: string, announce: (fields: LimitFields) => void): void {
    const seconds = this.clock.now().getTime() / 1000
    const window = Math.floor(seconds / windowSeconds)
    if (window !== this.#window) {
      this.#window = window
      this.#counts = new Map()
    }
    const count = (this.#counts.get(userId) ?? 0) + 1
    this.#counts.set(userId, count)
    const resetSeconds = Math.ceil((window + 1) * windowSeconds - seconds)
    announce({
      'ratelimit-policy': `"person";q=${this.#most};w=${windowSeconds}`,
      ratelimit: `"person";r=${Math.max(0, this.#most - count)};t=${resetSeconds}`,
    })
    if (count <= this.#most) return
    refuse('rate_limited', `You may send ${this.#most} requests a minute, your access tokens included`, {
      retryAfterSeconds: resetSeconds,
    })
  }
}
