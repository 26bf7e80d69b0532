// Says in the log once that something outside is away and once that it is back, however many requests noticed.

export interface OutageLog {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
}

export class Outage {
  readonly #log: OutageLog
  readonly #about: object
  readonly #messages: { readonly away: string; readonly back: string }
  #isAway = false

  constructor(log: OutageLog, about: object, messages: { readonly away: string; readonly back: string }) {
    this.#log = log
    this.#about = about
    this.#messages = messages
  }

  failed(reason: string): void {
    if (!this.#isAway) this.#log.warn({ ...this.#about, reason }, this.#messages.away)
    this.#isAway = true
  }

  worked(): void {
    if (this.#isAway) this.#log.info(this.#about, this.#messages.back)
    this.#isAway = false
  }
}
